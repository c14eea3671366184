// Package resend follows a delivery that has to be made once more until it is on its way.
package resend

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the order.
type Input struct {
	OrderID   string    `json:"order_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
}

// Endings of the process.
const (
	Sent      = "sent"      // it is on its way again, and the customer knows
	NotSent   = "not-sent"  // nobody sent it, not even after the second call to the manager
	Cancelled = "cancelled" // nobody waits for the order any more
)

// Outcome says how it ended. Escalated tells whether the manager had to be called once more.
type Outcome struct {
	Status    string `json:"status"`
	Escalated bool   `json:"escalated,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Template is what the customer reads once the delivery is on its way again.
const Template = "arrival-sent-again"

// Nothing is the payload of a signal that says all by its name.
type Nothing struct{}

// The facts that the process hears.
var (
	SentAgain = process.NewSignal[Nothing]("sent-again", "the delivery is on its way once more")
	Revoke    = process.NewSignal[Nothing]("order-cancelled", "the order was cancelled")
)

func about(e events.Order) (string, Nothing, bool) { return e.OrderID, Nothing{}, true }

const name = "order-resend"

// Process has a delivery made once more.
var Process = process.New(name, run,
	process.Owner("customer-service"),
	process.Purpose("What did not reach a customer is sent again, and nobody forgets it."),
	process.OneRunPer(func(in Input) string { return in.OrderID }),
	process.Given("an order", Input{OrderID: "order", ContactID: uuid.Max}),
	process.SignalsOn(events.OrderSentAgain, SentAgain, about),
	process.SignalsOn(events.OrderCancelled, Revoke, about),
	process.Receives(SentAgain, Revoke),
	journey.Hears(name),
	process.Ends(Sent, NotSent, Cancelled),
	process.Returns(Outcome{Status: Sent}, Outcome{Status: NotSent, Escalated: true}, Outcome{Status: Cancelled}),
)
