// Package capture takes in a lead from any channel: checked, compared with everybody known, scored, given to somebody
// who is told at once.
package capture

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the lead, which stands in the leads table with status received.
type Input struct {
	LeadID uuid.UUID `json:"lead_id"`
}

// Endings of the process.
const (
	Captured   = "captured"   // somebody has the lead and a task
	Merged     = "merged"     // the person asked again: joined to the lead being worked on
	Incomplete = "incomplete" // nobody completed or corrected the submission in time
	Rejected   = "rejected"   // amended time and again, and still nobody can be reached
	Settled    = "settled"    // it had been captured, merged or rejected before
)

// Outcome says how it ended and, by id, what came of it. Ids that do not apply are zero.
type Outcome struct {
	Status      string    `json:"status"`
	ContactID   uuid.UUID `json:"contact_id,omitzero"`
	AssigneeID  uuid.UUID `json:"assignee_id,omitzero"`
	TaskID      uuid.UUID `json:"task_id,omitzero"`
	DuplicateOf uuid.UUID `json:"duplicate_of,omitzero"`
	Tier        string    `json:"tier,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Amendment tells that the submission was changed.
type Amendment struct{}

// Amended is heard when somebody answered a completion or correction request.
var Amended = process.NewSignal[Amendment]("amended", "missing or malformed fields of the lead were put right")

// Decision is what a person said about a near-duplicate. ReviewID may be zero for the one that is open.
type Decision struct {
	ReviewID uuid.UUID `json:"review_id,omitzero"`
	Decision string    `json:"decision"` // merge or separate
}

// MergeDecided is heard when a person compared the lead with the contact that it resembles.
var MergeDecided = process.NewSignal("merge-decided", "a person decided whether the lead is an existing contact",
	process.Named[Decision]{Name: records.Merge, Value: Decision{uuid.Max, records.Merge}},
	process.Named[Decision]{Name: records.Separate, Value: Decision{uuid.Max, records.Separate}})

// Process is lead capture.
var Process = process.New("lead-capture", run,
	process.Owner("sales-operations"),
	process.Purpose("Turn every lead, from any channel, into one contact with an owner and a next step."),
	process.OneRunPer(func(in Input) string { return in.LeadID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a lead", Input{LeadID: uuid.Max}),
	process.StartsOn(events.LeadSubmitted, func(e events.Lead) (Input, bool) {
		return Input{LeadID: e.LeadID}, e.LeadID != uuid.Nil
	}),
	process.SignalsOn(events.LeadAmended, Amended, func(e events.Lead) (string, Amendment, bool) {
		return e.LeadID.String(), Amendment{}, e.LeadID != uuid.Nil
	}),
	process.SignalsOn(events.MergeDecided, MergeDecided, func(e events.MergeDecision) (string, Decision, bool) {
		return e.LeadID.String(), Decision{e.ReviewID, e.Decision}, decides(e.Decision)
	}),
	// Finishing the review task with its answer decides as well.
	process.SignalsOn(events.TaskCompleted, MergeDecided, func(e events.TaskMoved) (string, Decision, bool) {
		return e.LeadID.String(), Decision{Decision: e.Outcome}, e.Kind == tasks.MergeReview && decides(e.Outcome)
	}),
	process.Receives(Amended, MergeDecided),
	process.Ends(Captured, Merged, Incomplete, Rejected, Settled),
	process.Returns(
		Outcome{Status: Captured, ContactID: uuid.Max, AssigneeID: uuid.Max, TaskID: uuid.Max, Tier: "hot"},
		Outcome{Status: Merged, ContactID: uuid.Max, DuplicateOf: uuid.Max},
		Outcome{Status: Incomplete}, Outcome{Status: Rejected}, Outcome{Status: Settled}),
)

func decides(decision string) bool { return decision == records.Merge || decision == records.Separate }
