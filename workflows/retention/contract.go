// Package retention wins sleepy customers back: it asks why we have not heard from them, answers what they say, and
// gives the silent a reason to come back.
package retention

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the customer.
type Input struct {
	ContactID uuid.UUID `json:"contact_id"`
}

// Endings of the process.
const (
	WonBack     = "won-back" // they bought again, or used the coupon
	Answered    = "answered" // they said why, and were answered
	Lapsed      = "lapsed"   // neither a word nor a purchase
	OptedOut    = "opted-out"
	Unreachable = "unreachable" // no message comes through, or may be sent
	Resting     = "resting"     // the last round was not long enough ago
)

// Outcome says how it ended. Word is what they answered, in the words of the survey's branches.
type Outcome struct {
	Status   string    `json:"status"`
	Word     string    `json:"word,omitempty"`
	CouponID uuid.UUID `json:"coupon_id,omitzero"`
	Reason   string    `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Bought, Redeemed and Left are the facts that the process hears.
var (
	Bought   = process.NewSignal[events.Contact]("bought", "the customer bought again")
	Redeemed = process.NewSignal("redeemed", "the customer used a coupon",
		process.Named[events.Redemption]{Name: "redeemed", Value: events.Redemption{CouponID: uuid.Max, ContactID: uuid.Max}})
	Left = process.NewSignal[events.Choice]("opted-out", "the customer does not want to be written to")
)

const name = "retention"

// topic is that of the letters and the coupon: who leaves another topic has not left this process.
const topic = "offers"

// Process is the retention of sleepy customers.
var Process = process.New(name, run,
	process.Owner("marketing"),
	process.Purpose("Customers from whom nothing was heard are asked why, answered, and won back."),
	process.OneRunPer(func(in Input) string { return in.ContactID.String() }),
	process.Reenters(process.AfterExit),
	process.Given("a customer", Input{ContactID: uuid.Max}),
	process.StartsOn(events.CustomerAsleep, func(e events.Contact) (Input, bool) {
		return Input{ContactID: e.ContactID}, e.ContactID != uuid.Nil
	}),
	process.Receives(Bought, Redeemed, Left),
	process.SignalsOn(events.ContactConverted, Bought, func(e events.Contact) (string, events.Contact, bool) {
		return e.ContactID.String(), e, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.CouponRedeemed, Redeemed, func(e events.Redemption) (string, events.Redemption, bool) {
		return e.ContactID.String(), e, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.ContactOptedOut, Left, func(e events.Choice) (string, events.Choice, bool) {
		return e.ContactID.String(), e, e.ContactID != uuid.Nil && (e.Topic == "" || e.Topic == topic)
	}),
	journey.Hears(name),
	process.Ends(WonBack, Answered, Lapsed, OptedOut, Unreachable, Resting),
	process.Returns(Outcome{Status: WonBack}, Outcome{Status: Answered}, Outcome{Status: Lapsed}, Outcome{Status: OptedOut},
		Outcome{Status: Unreachable}, Outcome{Status: Resting}),
)
