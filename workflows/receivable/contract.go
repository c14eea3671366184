// Package receivable waits for an invoice to be paid, and says so when its day has passed without that.
package receivable

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names an invoice by our own id.
type Input struct {
	InvoiceID uuid.UUID `json:"invoice_id"`
}

// Endings of the process.
const (
	Paid    = "paid"
	Overdue = "overdue" // the due day and the grace have passed: it is to be collected
	Void    = "void"    // nothing is owed by it any more, without a payment
)

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// News is empty: the books say what has changed.
type News struct{}

// Changed says that something is different with the invoice: paid, taken back, or due on another day.
var Changed = process.NewSignal[News]("changed", "what is owed by the invoice, or until when, has changed")

const name = "receivable"

// Process waits for an invoice to be paid.
var Process = process.New(name, run,
	process.Owner("billing"),
	process.Purpose("An invoice that is not paid in time is noticed on the day, and never before it."),
	process.OneRunPer(func(in Input) string { return in.InvoiceID.String() }),
	process.Given("an invoice", Input{InvoiceID: uuid.Max}),
	process.StartsOn(events.InvoiceBooked, func(e events.InvoiceRef) (Input, bool) {
		return Input{InvoiceID: e.InvoiceID}, e.InvoiceID != uuid.Nil
	}),
	process.SignalsOn(events.InvoiceBooked, Changed, func(e events.InvoiceRef) (string, News, bool) {
		return e.InvoiceID.String(), News{}, e.InvoiceID != uuid.Nil
	}),
	process.SignalsOn(events.InvoiceChanged, Changed, func(e events.InvoiceRef) (string, News, bool) {
		return e.InvoiceID.String(), News{}, e.InvoiceID != uuid.Nil
	}),
	process.Receives(Changed),
	process.Ends(Paid, Overdue, Void),
	process.Returns(Outcome{Paid}, Outcome{Overdue}, Outcome{Void}),
)
