package resend

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

// How long the delivery may take to leave, before the manager is called once more and after.
const (
	patience  = 2 * 24 * time.Hour
	callAgain = 4 * time.Hour // of working time, for the manager's second task
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	out := Outcome{}
	for {
		heard := process.AwaitAny(ctx, "The delivery is sent again", process.For(patience), SentAgain.Into(new(Nothing)), Revoke.Into(new(Nothing)))
		switch heard {
		case SentAgain.Name():
			out.Status = Sent
			// The letter's fate changes nothing: the delivery speaks for itself.
			_, _, err := journey.Try(ctx, "Tell the customer", messages.Message{Template: Template, ContactID: in.ContactID})
			return out, err
		case Revoke.Name():
			out.Status = Cancelled
			return out, nil
		case process.TimedOut:
			if process.DecideIf(ctx, "Was the manager called once more?", out.Escalated) {
				out.Status = NotSent
				return out, nil
			}
			out.Escalated = true
			if err := escalate(ctx, in); err != nil {
				return out, err
			}
		default:
			return out, temporal.NewCanceledError()
		}
	}
}

// escalate gives the manager a task of its own: the first has been left lying.
func escalate(ctx workflow.Context, in Input) error {
	task, err := process.Do(ctx, "Call the manager once more", tasks.OpenForContact, tasks.ContactRequest{
		Kind: tasks.DeliveryMissing, For: tasks.Manager, ContactID: in.ContactID, Within: callAgain, OrderID: in.OrderID,
	})
	if err != nil {
		return err
	}
	return work.Tell(ctx, "Tell the manager", "Notify them", notify.Message{Template: notify.DeliveryMissing, UserID: task.AssigneeID, TaskID: task.TaskID})
}
