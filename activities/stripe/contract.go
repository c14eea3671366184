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

// Gap is a time in which events may have been missed.
type Gap struct {
	Since time.Time `json:"since"`
}

// Filled counts the invoices that were read, those of which something had been missed, and those that could not be booked.
type Filled struct {
	Read    int `json:"read"`
	Changed int `json:"changed"`
	Waiting int `json:"waiting"`
}

// Backfill pulls all invoices that were made since a moment.
var Backfill = process.NewActivity[Gap, Filled]("billing.backfill", process.Provider, process.Yields("filled", Filled{Read: 1}))

// MarkUncollectible tells Stripe that an invoice is given up, once under its key.
var MarkUncollectible = process.NewActivity[Invoice, struct{}]("billing.mark-uncollectible", process.Provider, process.Yields("marked", struct{}{}))
