// Package dealentry makes a deal of a lead that sales has accepted.
package dealentry

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the lead.
type Input struct {
	LeadID uuid.UUID `json:"lead_id"`
}

// Outcome says how it ended, in the results of dealing.OpenForLead, and names the deal.
type Outcome struct {
	Status string    `json:"status"`
	DealID uuid.UUID `json:"deal_id,omitzero"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process is the way of a lead into the pipeline. It follows the verdict of sales, also of leads that nurturing made ready:
// those are given back to sales first.
var Process = process.New("deal-entry", run,
	process.Owner("sales-management"),
	process.Purpose("A lead that sales accepts becomes a deal at once, with its first activities."),
	process.OneRunPer(func(in Input) string { return in.LeadID.String() }),
	process.Reenters(process.OneAtATime),
	process.Pinned(),
	process.Given("a lead", Input{LeadID: uuid.Max}),
	process.StartsOn(events.QualityJudged, func(e events.Judgement) (Input, bool) {
		return Input{LeadID: e.LeadID}, e.Verdict == records.Accepted && e.LeadID != uuid.Nil
	}),
	process.Ends(dealing.DealOpened, dealing.DealThere, dealing.NotWanted),
	process.Returns(Outcome{Status: dealing.DealOpened, DealID: uuid.Max}, Outcome{Status: dealing.DealThere, DealID: uuid.Max},
		Outcome{Status: dealing.NotWanted}),
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	opened, err := process.Do(ctx, "Open the deal", dealing.OpenForLead, in.LeadID)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{
		Status: process.Decide(ctx, "Did a deal begin?", opened.Result, dealing.DealOpened, dealing.DealThere, dealing.NotWanted),
		DealID: opened.DealID,
	}, nil
}
