package survey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
)

// callWithin is the working time in which somebody should have called a dissatisfied person back.
const callWithin = 4 * time.Hour

// answer acts on what the person said.
func (t *talk) answer(ctx workflow.Context, reply surveying.Reply) error {
	t.out.Word = reply.Word
	switch process.Decide(ctx, "What follows the answer?", reply.Then, surveys.Thank, surveys.Promote, surveys.CallBack, surveys.Nothing) {
	case surveys.Promote:
		t.end(AnsweredPromoter, "")
		return t.say(ctx, "Thank the promoter", reply.Template)
	case surveys.CallBack:
		t.end(AnsweredDetractor, "")
		if _, err := process.Do(ctx, "Have somebody call them back", tasks.OpenForContact, tasks.ContactRequest{
			Kind: tasks.CallBack, For: tasks.Owner, ContactID: t.in.ContactID, InvitationID: t.invitation.InvitationID, Within: callWithin,
		}); err != nil {
			return err
		}
		return t.say(ctx, "Tell them that somebody will call", reply.Template)
	case surveys.Thank:
		t.end(Answered, "")
		return t.say(ctx, "Thank them", reply.Template)
	}
	t.end(Answered, "")
	return nil
}

// say writes a letter whose fate does not change how the process ends.
func (t *talk) say(ctx workflow.Context, step, template string) error {
	_, _, err := t.write(ctx, step, template)
	return err
}

// write sends a message about the invitation.
func (t *talk) write(ctx workflow.Context, step, template string, interrupts ...process.Case) (messages.Receipt, string, error) {
	m := messages.Message{Template: template, ContactID: t.in.ContactID, InvitationID: t.invitation.InvitationID}
	if t.out.Status == "" { // an invitation or a reminder is worth nothing once the form has closed
		m.ExpiresAt = t.invitation.ExpiresAt
	}
	return journey.Try(ctx, step, m, interrupts...)
}
