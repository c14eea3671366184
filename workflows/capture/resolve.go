package capture

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
)

// comparisons bounds how many similar contacts are put before a person for one lead, one after the other.
const comparisons = 3

// A merge review escalates when nobody decided within two working days, and is settled as two people after five.
const (
	decideWithin = 2
	settleWithin = 3 // after the escalation
)

// resolve finds or creates the contact. Somebody similar is put before a person, who decides.
func resolve(ctx workflow.Context, lead records.Lead) (records.Resolution, error) {
	found, err := process.Do(ctx, "Find or create the contact", records.Resolve, lead)
	for asked := 0; err == nil && isSimilar(ctx, found); asked++ {
		var decision string
		if asked < comparisons {
			if decision, err = review(ctx, lead, found); err != nil {
				break
			}
		}
		if decision == "" {
			return process.Do(ctx, "Keep them apart", records.KeepApart, lead)
		}
		found, err = process.Do(ctx, "Carry out the decision", records.Settle,
			records.Settlement{LeadID: lead.LeadID, ReviewID: found.ReviewID, Decision: decision})
	}
	return found, err
}

func isSimilar(ctx workflow.Context, found records.Resolution) bool {
	return process.Decide(ctx, "Is the person known?", found.Verdict,
		records.Created, records.Known, records.Repeated, records.InReview) == records.InReview
}

// review waits for the decision of a person; "" when nobody decided, not even after the escalation.
func review(ctx workflow.Context, lead records.Lead, found records.Resolution) (string, error) {
	for _, stage := range []struct {
		step, wait string
		asked      tasks.Recipient
		days       int
	}{
		{"Ask for a merge review", "Merge review", tasks.Owner, decideWithin},
		{"Escalate the merge review", "Merge review by the manager", tasks.Manager, settleWithin},
	} {
		task, err := process.Do(ctx, stage.step, tasks.Open, tasks.Request{
			Kind: tasks.MergeReview, For: stage.asked, LeadID: lead.LeadID, ReviewID: found.ReviewID, Days: stage.days,
		})
		if err != nil {
			return "", err
		}
		reader := task.AssigneeID
		if found.Bulk {
			reader = uuid.Nil // the task list is enough
		}
		if err := tell(ctx, notify.Message{Template: notify.MergeReview, UserID: reader, LeadID: lead.LeadID, TaskID: task.TaskID}); err != nil {
			return "", err
		}
		decision, err := awaitDecision(ctx, stage.wait, process.Until(task.DueAt), found.ReviewID)
		if err != nil || decision != "" {
			return decision, err
		}
	}
	return "", nil
}

// awaitDecision passes over decisions about an earlier review, and over such as are neither merge nor separate.
func awaitDecision(ctx workflow.Context, wait string, limit process.Limit, reviewID uuid.UUID) (string, error) {
	for {
		var d Decision
		switch process.AwaitAny(ctx, wait, limit, MergeDecided.Into(&d)) {
		case MergeDecided.Name():
			if decides(d.Decision) && (d.ReviewID == reviewID || d.ReviewID == uuid.Nil) {
				return d.Decision, nil
			}
		case process.TimedOut:
			return "", nil
		default:
			return "", temporal.NewCanceledError()
		}
	}
}
