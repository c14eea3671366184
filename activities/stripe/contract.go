// Package stripe asks Stripe about invoices when an event of its webhook may have been missed, and tells it what was given up.
package stripe

import (
	"time"

	"github.com/perdura/perdura/process"
)

// Invoice names one by Stripe's id (in_…).
type Invoice struct {
	InvoiceID string `json:"invoice_id"`
}

// Pulled says what became of it. Reason is a code; empty when it is booked as Stripe has it.
type Pulled struct {
	Changed bool   `json:"changed"`
	Reason  string `json:"reason,omitempty"`
}

// Pull reads an invoice from Stripe and books it as it is there. Errors: NotFound for one that Stripe does not know.
var Pull = process.NewActivity[Invoice, Pulled]("billing.pull", process.Provider,
	process.Yields("something had been missed", Pulled{Changed: true}), process.Yields("nothing had been missed", Pulled{}),
	process.Yields("its customer is not known", Pulled{Reason: "unknown-customer"}))

// Gap is a time in which events may have been missed, by Stripe's clock, read page by page from its end.
type Gap struct {
	Since int64 `json:"since,omitempty"` // Unix seconds; 0 for all that Stripe still has, which is 30 days
	// After is the last event of the page before; empty for the first page.
	After string `json:"after,omitempty"`
}

// How a Gap stands after a page.
const (
	More     = "more"
	ThatsAll = "thats-all"
	Off      = "off" // there is no account to ask
)

// Filled counts the events of a page, those by which something was booked, and those that cannot be booked yet.
type Filled struct {
	State   string `json:"state"`
	Read    int    `json:"read"`
	Booked  int    `json:"booked"`
	Waiting int    `json:"waiting"`
	// After names the last event of the page, and Newest is when its newest was made, in Unix seconds.
	After  string `json:"after,omitempty"`
	Newest int64  `json:"newest,omitempty"`
	// Next is when to ask again.
	Next time.Time `json:"next,omitzero"`
}

// far is later than any time at which a process is explored.
var far = time.Date(2090, 1, 5, 0, 0, 0, 0, time.UTC)

// Backfill books a page of the events of a time. Those that were booked before change nothing.
var Backfill = process.NewActivity[Gap, Filled]("billing.backfill", process.Provider,
	process.Yields("there is more", Filled{State: More, Read: 100, After: "evt_1"}),
	process.Yields("that is all", Filled{State: ThatsAll, Read: 1, Next: far}), process.Yields("no account", Filled{State: Off}))

// MarkUncollectible tells Stripe that an invoice is given up, once under its key.
var MarkUncollectible = process.NewActivity[Invoice, struct{}]("billing.mark-uncollectible", process.Provider, process.Yields("marked", struct{}{}))
