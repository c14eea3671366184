// Package collection collects what a customer owes: all overdue invoices together, in one run, by a dunning plan. Whatever
// changes what they owe, or how they stand to it, makes the run look anew at once, and no reminder leaves that was
// decided before.
package collection

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the customer. Invoice is the one that was overdue when the run began, File what a long run hands to the one
// that continues it.
type Input struct {
	ContactID uuid.UUID       `json:"contact_id"`
	InvoiceID uuid.UUID       `json:"invoice_id,omitzero"`
	File      collecting.File `json:"file,omitzero"`
}

// Endings of the process.
const (
	Settled     = "settled"     // all was paid
	WrittenOff  = "written-off" // it was given up, with approval
	HandedOver  = "handed-over" // an agency collects it
	Bankrupt    = "bankrupt"    // nobody may collect from them
	Unreachable = "unreachable" // no message and no call reaches them
	Cancelled   = "cancelled"   // nothing is due any more, without a payment
)

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// News is what happened to the account: the type of the event.
type News struct {
	What string `json:"what,omitempty"`
}

// Visit is empty: the payment page was opened.
type Visit struct{}

// The facts that the process hears.
var (
	Changed = process.NewSignal[News]("changed", "what the customer owes, or how they stand to it, has changed")
	Visited = process.NewSignal[Visit]("page-opened", "the customer opened the payment page")
)

const name = "collection"

// Process collects what one customer owes.
var Process = process.New(name, run,
	process.Owner("collections"),
	process.Purpose("What is owed comes in, in a tone that keeps the customer; nobody is reminded of what was paid."),
	process.OneRunPer(func(in Input) string { return in.ContactID.String() }),
	process.Given("a customer", Input{ContactID: uuid.Max}),
	process.StartsOn(events.InvoiceOverdue, func(e events.InvoiceRef) (Input, bool) {
		return Input{ContactID: e.ContactID, InvoiceID: e.InvoiceID}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.InvoiceOverdue, Changed, func(e events.InvoiceRef) (string, News, bool) {
		return e.ContactID.String(), News{What: events.InvoiceOverdue.Name()}, e.ContactID != uuid.Nil
	}),
	process.StartsOn(events.AccountChanged, func(e events.Account) (Input, bool) {
		return Input{ContactID: e.ContactID}, e.ContactID != uuid.Nil && owesAgain[e.What]
	}),
	process.SignalsOn(events.AccountChanged, Changed, func(e events.Account) (string, News, bool) {
		return e.ContactID.String(), News{What: e.What}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.PaymentPageOpened, Visited, func(e events.PageVisit) (string, Visit, bool) {
		return e.ContactID.String(), Visit{}, e.ContactID != uuid.Nil
	}),
	process.Receives(Changed, Visited),
	journey.Hears(name),
	process.Ends(Settled, WrittenOff, HandedOver, Bankrupt, Unreachable, Cancelled),
	process.Returns(Outcome{Settled}, Outcome{WrittenOff}, Outcome{HandedOver}, Outcome{Bankrupt}, Outcome{Unreachable}, Outcome{Cancelled}),
)

// owesAgain are changes after which somebody may owe anew whose run has ended.
var owesAgain = map[string]bool{
	events.PaymentRefunded.Name(): true, events.DisputeSettled.Name(): true, events.DebtorSolvent.Name(): true,
}
