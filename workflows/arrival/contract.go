// Package arrival asks a customer whether a delivery arrived, understands the answer in their own words, and sees to it
// that what did not arrive is sent again.
package arrival

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input says what should arrive, when and where.
type Input struct {
	OrderID   string    `json:"order_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
	// ArrivesOn is the day of arrival, as YYYY-MM-DD, where the customer is.
	ArrivesOn string `json:"arrives_on" jsonschema:"format=date"`
	// Product is the shop's own id of what arrives; empty when it does not matter.
	Product string `json:"product,omitempty" jsonschema:"maxLength=200"`
	// SoFar is what a long run hands to the one that continues it.
	SoFar SoFar `json:"so_far,omitzero"`
}

// SoFar is how far the asking has come. Listening says that an answer is awaited; otherwise the day is.
type SoFar struct {
	Listening bool          `json:"listening,omitempty"`
	Plan      arrivals.Plan `json:"plan,omitzero"`
	Asked     []uuid.UUID   `json:"asked,omitempty"`
	Read      uuid.UUID     `json:"read,omitzero"`
	Reminded  bool          `json:"reminded,omitempty"`
	Clarified bool          `json:"clarified,omitempty"`
}

// Endings of the process.
const (
	Arrived     = "arrived"     // the customer has it
	Missing     = "missing"     // it did not arrive: the manager knows, and it is sent again
	HandedOver  = "handed-over" // a person reads what the customer wrote
	Silent      = "silent"      // no answer
	Unreachable = "unreachable" // no message comes through
	OptedOut    = "opted-out"   // the customer does not want to be asked
	Cancelled   = "cancelled"   // nobody waits for the order any more
)

// Outcome says how it ended. Reason is the policy gate's or the mailbox's word.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// The templates that the process speaks with.
const (
	Question = "arrival-question"
	Reminder = "arrival-reminder"
	Clarify  = "arrival-clarify"
	Thanks   = "arrival-thanks"
	Apology  = "arrival-apology"
	Somebody = "arrival-somebody"
)

// Another is the payload of Moved.
type Another struct {
	ArrivesOn string `json:"arrives_on"`
}

// Nothing is the payload of a signal that says all by its name.
type Nothing struct{}

// The facts that the process hears.
var (
	Moved  = process.NewSignal("moved", "it comes on another day", process.Named[Another]{Name: "moved", Value: Another{ArrivesOn: "2026-01-06"}})
	Revoke = process.NewSignal[Nothing]("order-cancelled", "the order was cancelled")
)

const name = "service-arrival"

// Process asks whether a delivery arrived.
var Process = process.New(name, run,
	process.Owner("customer-service"),
	process.Purpose("A delivery that failed is found before the customer complains, and sent again."),
	process.OneRunPer(func(in Input) string { return in.OrderID }),
	process.Given("an order", Input{OrderID: "order", ContactID: uuid.Max, ArrivesOn: "2026-01-05"}),
	process.StartsOn(events.DeliveryDue, func(e events.Delivery) (Input, bool) {
		return Input{OrderID: e.OrderID, ContactID: e.ContactID, ArrivesOn: e.ArrivesOn, Product: e.Product}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.DeliveryMoved, Moved, func(e events.Delivery) (string, Another, bool) {
		return e.OrderID, Another{ArrivesOn: e.ArrivesOn}, true
	}),
	process.SignalsOn(events.OrderCancelled, Revoke, func(e events.Order) (string, Nothing, bool) { return e.OrderID, Nothing{}, true }),
	process.Receives(Moved, Revoke),
	journey.Hears(name),
	process.Ends(Arrived, Missing, HandedOver, Silent, Unreachable, OptedOut, Cancelled),
	process.Returns(Outcome{Status: Arrived}, Outcome{Status: Missing}, Outcome{Status: Silent}),
)
