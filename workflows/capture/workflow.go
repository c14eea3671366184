package capture

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process"
)

// run takes the lead in. A run that is cancelled half-way leaves no open requests, reviews or tasks behind.
func run(ctx workflow.Context, in Input) (Outcome, error) {
	out, err := capture(ctx, records.Lead{LeadID: in.LeadID})
	if temporal.IsCanceledError(err) {
		if _, undone := process.Undo(ctx, "Withdraw the lead", records.Dismiss, records.Dismissal{LeadID: in.LeadID, Status: Rejected}); undone != nil {
			return out, undone
		}
	}
	return out, err
}

func capture(ctx workflow.Context, lead records.Lead) (Outcome, error) {
	ended, err := check(ctx, lead)
	if err != nil || ended != "" {
		return Outcome{Status: ended}, err
	}
	found, err := resolve(ctx, lead)
	if err != nil {
		return Outcome{}, err
	}
	if process.DecideIf(ctx, "Is a lead of this person being worked on?", found.Verdict == records.Repeated) {
		return join(ctx, lead, found)
	}
	return handOver(ctx, lead, found)
}

// join adds the lead to the one that is being worked on; whoever has that one hears of it.
func join(ctx workflow.Context, lead records.Lead, found records.Resolution) (Outcome, error) {
	out := Outcome{Status: Merged, ContactID: found.ContactID, DuplicateOf: found.DuplicateOf}
	first, err := process.Do(ctx, "Note that they asked again", records.Renew, lead)
	if err != nil {
		return out, err
	}
	out.AssigneeID, out.TaskID = first.AssigneeID, first.TaskID
	return out, announce(ctx, askedAgain(first))
}

// handOver scores the lead, gives it to somebody and tells them.
func handOver(ctx workflow.Context, lead records.Lead, found records.Resolution) (Outcome, error) {
	out := Outcome{Status: Captured, ContactID: found.ContactID}
	scored, err := process.Do(ctx, "Score the lead", records.Score, lead)
	if err != nil {
		return out, err
	}
	out.Tier = scored.Tier
	assigned, err := process.Do(ctx, "Assign a representative", records.Assign, lead)
	if err != nil {
		return out, err
	}
	process.Decide(ctx, "Who has the lead?", assigned.Queue,
		records.WithOwner, records.WithRepresentative, records.WithManager, records.WithNobody)
	out.AssigneeID = assigned.AssigneeID
	task, err := process.Do(ctx, "Create the follow-up task", records.FollowUp, lead)
	if err != nil {
		return out, err
	}
	out.TaskID = task.TaskID
	if err := announce(ctx, newLead(lead, assigned, task)); err != nil {
		return out, err
	}
	if process.DecideIf(ctx, "Write to the person at once?", task.Greet) {
		return out, greet(ctx, lead, found)
	}
	return out, nil
}
