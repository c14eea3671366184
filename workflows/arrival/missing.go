package arrival

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/resend"
)

// The working time in which the manager should see to a missing delivery, and somebody to an answer that only a person
// understands.
const (
	seeToWithin  = 2 * time.Hour
	answerWithin = 4 * time.Hour
)

// makeGood apologises, alerts the manager, and has the delivery sent again.
func (a *arrival) makeGood(ctx workflow.Context, inbound uuid.UUID) error {
	a.out.Status = Missing
	if err := a.close(ctx, "Apologise", Apology); err != nil {
		return err
	}
	alert, err := process.Do(ctx, "Alert the manager", tasks.OpenForContact, a.request(tasks.DeliveryMissing, tasks.Manager, inbound, seeToWithin))
	if err != nil {
		return err
	}
	if err := a.tell(ctx, "Tell the manager", notify.DeliveryMissing, alert); err != nil {
		return err
	}
	return process.Launch(ctx, "Have it sent again", resend.Process, resend.Input{OrderID: a.in.OrderID, ContactID: a.in.ContactID})
}

// clarify asks one plain question, once; then a person takes over.
func (a *arrival) clarify(ctx workflow.Context, inbound uuid.UUID) (phase, error) {
	if !process.DecideIf(ctx, "Were they asked to clarify?", a.clarified) {
		a.clarified = true
		return a.say(ctx, "Ask for a yes or no", Clarify)
	}
	a.out.Status = HandedOver
	task, err := process.Do(ctx, "Have somebody answer", tasks.OpenForContact, a.request(tasks.DeliveryUnclear, tasks.Owner, inbound, answerWithin))
	if err != nil {
		return over, err
	}
	if err := a.tell(ctx, "Tell whoever answers", notify.DeliveryUnclear, task); err != nil {
		return over, err
	}
	return over, a.close(ctx, "Tell them that somebody will answer", Somebody)
}

func (a *arrival) request(kind string, whose tasks.Recipient, inbound uuid.UUID, within time.Duration) tasks.ContactRequest {
	return tasks.ContactRequest{Kind: kind, For: whose, ContactID: a.in.ContactID, Within: within, OrderID: a.in.OrderID, InboundID: inbound}
}

func (a *arrival) tell(ctx workflow.Context, label string, t notify.Template, task tasks.Opened) error {
	return work.Tell(ctx, label, "Notify them", notify.Message{Template: t, UserID: task.AssigneeID, TaskID: task.TaskID})
}
