package survey

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	surveying "github.com/perdura/perdura/activities/surveys"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// talk is one run: whom it asks, and the way it goes.
type talk struct {
	in         Input
	invitation surveying.Invitation
	reminders  int       // that were due
	until      time.Time // the time of the next, when the run before had begun to wait for it
	out        Outcome
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	t := &talk{in: in, invitation: in.SoFar.Invitation, reminders: in.SoFar.Reminders, until: in.SoFar.Until}
	t.out.InvitationID = t.invitation.InvitationID
	if t.until.IsZero() {
		if asked, err := t.ask(ctx); err != nil || !asked {
			return t.out, err
		}
	}
	reply, err := t.listen(ctx)
	if err != nil || !reply.Answered {
		return t.out, err
	}
	return t.out, t.answer(ctx, reply)
}

// ask invites the person; it returns false when that ends the process.
func (t *talk) ask(ctx workflow.Context) (bool, error) {
	var err error
	t.invitation, err = process.Do(ctx, "Write the invitation", surveying.Invite, surveying.Ask{
		Survey: t.in.Survey, For: t.in.For, ContactID: t.in.ContactID, Occasion: t.in.Occasion, Test: t.in.Test,
	})
	if err != nil {
		return false, err
	}
	t.out.InvitationID = t.invitation.InvitationID
	switch process.Decide(ctx, "Can they be asked?", t.invitation.Verdict,
		surveying.Invited, surveying.AskedBefore, surveying.Nobody, surveying.NoSurvey) {
	case surveying.AskedBefore, surveying.NoSurvey:
		t.end(Refused, t.invitation.Verdict)
		return false, nil
	case surveying.Nobody:
		t.end(Unreachable, t.invitation.Verdict)
		return false, nil
	}
	receipt, _, err := t.write(ctx, "Send the invitation", t.invitation.Template)
	if err != nil {
		return false, err
	}
	if !process.DecideIf(ctx, "Did the invitation leave?", receipt.Left()) {
		t.end(refusal(receipt), receipt.Reason)
		return false, nil
	}
	return true, nil
}

// refusal is the ending of a run whose invitation did not leave.
func refusal(r messages.Receipt) string {
	switch r.Reason {
	case gate.NoContact, gate.NoAddress, gate.NotConfigured:
		return Unreachable
	}
	if r.State == messages.Failed {
		return Unreachable
	}
	return Refused
}

func (t *talk) end(status, reason string) { t.out.Status, t.out.Reason = status, reason }

// listen waits for the answer until the form closes, and reminds the person in between. Without an answer, it has set
// the ending.
func (t *talk) listen(ctx workflow.Context) (surveying.Reply, error) {
	for ; t.reminders < len(t.invitation.RemindAfter); t.reminders++ {
		at := t.next(ctx)
		if !at.Before(t.invitation.ExpiresAt) {
			break
		}
		if reply, err := t.await(ctx, "Wait for the answer", at); err != nil || reply.Answered || t.out.Status != "" {
			return reply, err
		}
		if reply, err := t.remind(ctx); err != nil || reply.Answered || t.out.Status != "" {
			return reply, err
		}
	}
	reply, err := t.await(ctx, "Wait for the answer until the form closes", t.invitation.ExpiresAt)
	if err == nil && !reply.Answered && t.out.Status == "" {
		t.end(Silent, "")
	}
	return reply, err
}

// next is when the next reminder is due. The distance to the last message counts: a reminder that the policy has held back
// must not bring the next one on its heels.
func (t *talk) next(ctx workflow.Context) time.Time {
	if at := t.until; !at.IsZero() {
		t.until = time.Time{}
		return at
	}
	after := t.invitation.RemindAfter[t.reminders]
	if t.reminders > 0 {
		after -= t.invitation.RemindAfter[t.reminders-1]
	}
	return process.Now(ctx).Add(after)
}

// await waits until the person answers, does not want to or cannot be reached, or until a time; then it looks whether
// there is an answer, of which the run may not have heard yet.
func (t *talk) await(ctx workflow.Context, step string, until time.Time) (surveying.Reply, error) {
	for {
		var gone journey.Engagement
		heard := process.AwaitAny(ctx, step, process.Until(until), Replied.Into(new(events.Answered)), leaves(&gone))
		switch heard {
		case "":
			return surveying.Reply{}, temporal.NewCanceledError()
		case journey.Engaged.Name():
			t.leave(gone.Kind)
			return surveying.Reply{}, nil
		}
		reply, err := t.read(ctx)
		if err != nil || reply.Answered || heard == process.TimedOut {
			return reply, err
		}
		if process.ShouldContinue(ctx) {
			in := t.in
			in.SoFar = SoFar{Invitation: t.invitation, Reminders: t.reminders, Until: until}
			return reply, process.Continue(in)
		}
	}
}

// leaves is a case for the reactions that end the process.
func leaves(gone *journey.Engagement) process.Case {
	return journey.Reacts(gone, journey.Unsubscribed, journey.Complained, journey.Bounced)
}

func (t *talk) leave(kind journey.Kind) {
	status := OptedOut
	if kind == journey.Bounced {
		status = Unreachable
	}
	t.end(status, string(kind))
}

func (t *talk) read(ctx workflow.Context) (surveying.Reply, error) {
	return process.Do(ctx, "Look for the answer", surveying.Read, surveying.Invitee{InvitationID: t.invitation.InvitationID})
}

// remind writes again. A reminder that the policy holds back is of no importance, unless the person does not want to
// hear from us any more.
func (t *talk) remind(ctx workflow.Context) (surveying.Reply, error) {
	var gone journey.Engagement
	receipt, heard, err := t.write(ctx, "Send a reminder", t.invitation.Reminder, Replied.Into(new(events.Answered)), leaves(&gone))
	if err != nil {
		return surveying.Reply{}, err
	}
	switch heard {
	case Replied.Name():
		return t.read(ctx)
	case journey.Engaged.Name():
		t.leave(gone.Kind)
		return surveying.Reply{}, nil
	}
	if process.DecideIf(ctx, "Do they not want to be asked any more?",
		slices.Contains([]string{gate.NoConsent, gate.TopicOptOut, gate.Suppressed}, receipt.Reason)) {
		t.end(OptedOut, receipt.Reason)
	}
	return surveying.Reply{}, nil
}
