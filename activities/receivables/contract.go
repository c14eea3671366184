// Package receivables knows when an invoice is overdue, and tells it.
package receivables

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Invoice names one by our own id.
type Invoice struct {
	InvoiceID uuid.UUID `json:"invoice_id"`
}

// How an invoice may stand.
const (
	Open = "open"
	Paid = "paid" // or credited whole
	Void = "void" // taken back, given up, or unknown: nothing is to be waited for
)

// Standing is how an invoice stands. OverdueAt is when the due day and the grace have ended where the customer lives.
type Standing struct {
	Stands    string    `json:"stands"`
	OverdueAt time.Time `json:"overdue_at,omitzero"`
}

// far is later than any time at which a process is explored.
var far = time.Date(2090, 1, 5, 0, 0, 0, 0, time.UTC)

// Look reads how an invoice stands.
var Look = process.NewActivity[Invoice, Standing]("receivables.look", process.Database,
	process.Yields("something is left to pay", Standing{Stands: Open, OverdueAt: far}),
	process.Yields("it is paid", Standing{Stands: Paid}),
	process.Yields("nothing is owed by it", Standing{Stands: Void}))

// Passed names an invoice whose day passed at an instant.
type Passed struct {
	InvoiceID uuid.UUID `json:"invoice_id"`
	At        time.Time `json:"at"`
}

// Told says whether it was told. It is not when the invoice was paid, taken back, or got a later day meanwhile.
type Told struct {
	Told bool `json:"told"`
}

// Tell tells events.InvoiceOverdue, once under its key.
var Tell = process.NewActivity[Passed, Told]("receivables.tell-overdue", process.Database,
	process.Yields("told", Told{Told: true}), process.Yields("something has changed", Told{}))
