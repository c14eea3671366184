// Package clawback takes commissions back when the customer of a won deal gets money back.
package clawback

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input is one refund of a deal, in the smallest unit of its currency.
type Input struct {
	DealID      uuid.UUID `json:"deal_id"`
	AmountMinor int64     `json:"amount_minor" jsonschema:"minimum=1"`
}

// Outcome says what became of it.
type Outcome struct {
	Status     string `json:"status"` // as in activities/commissioning
	TotalMinor int64  `json:"total_minor,omitempty"`
	Currency   string `json:"currency,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process claws back. Every refund is a run of its own: there may be several of one deal.
var Process = process.New("commission-claw-back", run,
	process.Owner("sales-operations"),
	process.Purpose("Nobody keeps the commission for what the customer got back."),
	process.OneRunPer(func(in Input) string { return in.DealID.String() }),
	process.Reenters(process.Many),
	process.Given("a refund", Input{DealID: uuid.Max, AmountMinor: 100}),
	process.StartsOn(events.DealRefunded, func(e events.Refund) (Input, bool) {
		return Input{DealID: e.DealID, AmountMinor: e.AmountMinor}, e.DealID != uuid.Nil && e.AmountMinor > 0
	}),
	process.Ends(commissioning.ClawedBack, commissioning.TooLate, commissioning.Nothing),
	process.Returns(Outcome{Status: commissioning.ClawedBack}, Outcome{Status: commissioning.TooLate}, Outcome{Status: commissioning.Nothing}),
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	clawed, err := process.Do(ctx, "Claw the commissions back", commissioning.ClawBack,
		commissioning.Refund{DealID: in.DealID, AmountMinor: in.AmountMinor})
	if err != nil {
		return Outcome{}, err
	}
	verdict := process.Decide(ctx, "What became of it?", clawed.Verdict, commissioning.ClawedBack, commissioning.TooLate, commissioning.Nothing)
	return Outcome{Status: verdict, TotalMinor: clawed.TotalMinor, Currency: clawed.Currency}, nil
}
