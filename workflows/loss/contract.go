// Package loss sees to it that a lost deal is not the end of the customer: the lead gets another chance, by the reason for
// which the deal was lost.
package loss

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/losing"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the deal and the reason, a code of the pipeline.
type Input struct {
	DealID uuid.UUID `json:"deal_id"`
	Reason string    `json:"reason"`
}

// Outcome says what becomes of the lead: see activities/losing.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process follows the loss of a deal.
var Process = process.New("deal-loss", run,
	process.Owner("sales-operations"),
	process.Purpose("Whoever did not buy this time is asked again, when their reason may have passed."),
	process.OneRunPer(func(in Input) string { return in.DealID.String() }),
	process.Given("a lost deal", Input{DealID: uuid.Max, Reason: "price"}),
	process.StartsOn(events.DealLost, func(e events.DealLoss) (Input, bool) {
		return Input{DealID: e.DealID, Reason: e.Reason}, e.DealID != uuid.Nil
	}),
	process.Ends(losing.Recycled, losing.Nurtured, losing.NoLead, losing.NotLost),
	process.Returns(Outcome{Status: losing.Recycled}, Outcome{Status: losing.Nurtured}, Outcome{Status: losing.NoLead}, Outcome{Status: losing.NotLost}),
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	chance, err := process.Do(ctx, "Give the lead another chance", losing.Reengage, losing.Loss{DealID: in.DealID, Reason: in.Reason})
	if err != nil {
		return Outcome{}, err
	}
	verdict := process.Decide(ctx, "What becomes of the lead?", chance.Verdict, losing.Recycled, losing.Nurtured, losing.NoLead, losing.NotLost)
	return Outcome{Status: verdict, Reason: in.Reason}, nil
}
