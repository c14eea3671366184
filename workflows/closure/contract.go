// Package closure closes deals: the price is approved where it has to be, the contract written and signed, the deal won,
// its commissions booked and the customer's onboarding begun. What fails on the way, or is cancelled, is undone.
package closure

import (
	"math"

	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the deal.
type Input struct {
	DealID uuid.UUID `json:"deal_id"`
}

// Endings of the process.
const (
	Won  = "won"
	Lost = "lost" // the customer declined; Reason says why
	Back = "back" // the deal returned to the pipeline, and its owner was told why
	Gone = "gone" // somebody took the deal out of closing meanwhile
)

// Outcome says how it ended. Reason is a code.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// The reasons of Back that are none of another part.
const (
	PriceRejected  = "price-rejected"
	PriceUndecided = "price-undecided"
	PriceWithdrawn = "price-withdrawn"
	Unsigned       = "unsigned" // with the ending of the signature behind it: unsigned-expired
	ChangedTooOft  = "changed-too-often"
	Failed         = "failed"
)

// The kinds of the tasks that the closing leaves to the owner of the deal.
const (
	Onboarding = "onboarding" // make the new customer at home
	Mending    = "deal-back"  // see why the deal could not be closed, by the reason in the task's context
)

// Change is something that makes a contract wrong: other terms, or the loss of the deal.
type Change struct {
	Revision int  `json:"revision,omitempty"`
	Lost     bool `json:"lost,omitempty"`
}

// Changed tells the run that what it closes on does not hold any more.
var Changed = process.NewSignal("changed", "the terms of the deal were changed, or it was lost",
	process.Named[Change]{Name: "other terms", Value: Change{Revision: math.MaxInt32}},
	process.Named[Change]{Name: "lost meanwhile", Value: Change{Lost: true}})

// Process closes a deal. Every closing is a run of its own: whoever closes a deal again that has just come back must not
// join the run that gave it back and is about to end.
var Process = process.New("deal-closure", run,
	process.Owner("sales-operations"),
	process.Purpose("A deal is won on terms that were approved and signed, or it is known why not; nothing half-done is left behind."),
	process.OneRunPer(func(in Input) string { return in.DealID.String() }),
	process.Reenters(process.Many),
	process.Given("a deal", Input{DealID: uuid.Max}),
	process.StartsOn(events.DealClosing, func(e events.Deal) (Input, bool) { return Input{DealID: e.DealID}, e.DealID != uuid.Nil }),
	process.SignalsOn(events.DealAmended, Changed, func(e events.Deal) (string, Change, bool) {
		return e.DealID.String(), Change{Revision: e.Revision}, e.DealID != uuid.Nil
	}),
	process.SignalsOn(events.DealLost, Changed, func(e events.DealLoss) (string, Change, bool) {
		return e.DealID.String(), Change{Lost: true}, e.DealID != uuid.Nil
	}),
	process.Receives(Changed),
	process.Ends(Won, Lost, Back, Gone),
	process.Returns(Outcome{Status: Won}, Outcome{Status: Lost, Reason: "price"}, Outcome{Status: Back, Reason: PriceRejected}, Outcome{Status: Gone}),
)
