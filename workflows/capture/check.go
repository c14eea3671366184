package capture

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

const (
	// amendments is how often a submission may be put right before it is given up.
	amendments = 5
	// remindAfter and giveUpAfter count from the request for missing or malformed data.
	remindAfter = 3 * 24 * time.Hour
	giveUpAfter = 14 * 24 * time.Hour
	// workingHours is what the person who is reminded has for it.
	workingHours = 4 * time.Hour
)

// check goes on as soon as somebody can be reached, and otherwise waits for the submission to be put right. It returns
// an ending, or "" when the lead may be captured.
func check(ctx workflow.Context, lead records.Lead) (ending string, err error) {
	for range amendments {
		found, err := process.Do(ctx, "Check the submission", records.Check, lead)
		if err != nil {
			return "", err
		}
		switch process.Decide(ctx, "Can somebody be reached?", found.Verdict,
			records.Complete, records.Usable, records.Missing, records.Malformed, records.Settled) {
		case records.Complete, records.Usable:
			return "", nil
		case records.Settled:
			return Settled, nil
		}
		amended, err := awaitAmendment(ctx, lead)
		if err != nil {
			return "", err
		}
		if !amended {
			_, err := process.Do(ctx, "Give the request up", records.Dismiss, records.Dismissal{LeadID: lead.LeadID})
			return Incomplete, err
		}
	}
	_, err = process.Do(ctx, "Give the lead up", records.Dismiss, records.Dismissal{LeadID: lead.LeadID, Status: Rejected})
	return Rejected, err
}

// awaitAmendment waits for an answer to the open request. Somebody of ours gets a task when none came for days.
func awaitAmendment(ctx workflow.Context, lead records.Lead) (bool, error) {
	deadline := process.Now(ctx).Add(giveUpAfter)
	var amendment Amendment
	switch process.AwaitAny(ctx, "The submission is put right", process.For(remindAfter), Amended.Into(&amendment)) {
	case Amended.Name():
		return true, nil
	case "":
		return false, temporal.NewCanceledError()
	}
	task, err := process.Do(ctx, "Ask somebody to complete the lead", tasks.Open, tasks.Request{
		Kind: tasks.LeadData, For: tasks.Owner, LeadID: lead.LeadID, Within: workingHours,
	})
	if err != nil {
		return false, err
	}
	if err := tell(ctx, notify.Message{Template: notify.DataRequest, UserID: task.AssigneeID, LeadID: lead.LeadID, TaskID: task.TaskID}); err != nil {
		return false, err
	}
	switch process.AwaitAny(ctx, "The submission is put right after all", process.Until(deadline), Amended.Into(&amendment)) {
	case Amended.Name():
		_, err := process.Do(ctx, "Take the task back", tasks.Withdraw, tasks.Withdrawal{Kind: tasks.LeadData, LeadID: lead.LeadID})
		return true, err
	case "":
		return false, temporal.NewCanceledError()
	}
	return false, nil
}

// tell sends one e-mail to a user, if there is one. A failed message does not stop the process.
func tell(ctx workflow.Context, m notify.Message) error {
	if m.UserID == uuid.Nil {
		return nil
	}
	m.Channel = notify.Email
	_, err := process.Do(ctx, "Tell them about the task", notify.Send, m)
	return work.OnlyCancellation(err)
}
