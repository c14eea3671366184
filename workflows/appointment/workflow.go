package appointment

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/appointing"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

// appointment is one run: what was looked at last, and what the people know of it.
type appointment struct {
	id     uuid.UUID
	stands appointing.Standing
	know   SoFar
	out    Outcome
}

// run looks at the appointment, does the one thing that is next, and looks again.
func run(ctx workflow.Context, in Input) (Outcome, error) {
	a := &appointment{id: in.AppointmentID, know: in.SoFar}
	for {
		var err error
		if a.stands, err = process.Do(ctx, "See how the appointment stands", appointing.Look, appointing.Named{AppointmentID: a.id}); err != nil {
			return a.out, err
		}
		over, err := a.follow(ctx)
		if over || err != nil {
			return a.out, err
		}
		if process.ShouldContinue(ctx) {
			return a.out, process.Continue(Input{AppointmentID: a.id, SoFar: a.know})
		}
	}
}

// follow does what follows from how the appointment stands. over says that there is nothing more to come.
func (a *appointment) follow(ctx workflow.Context) (over bool, err error) {
	switch process.Decide(ctx, "How does it stand?", a.stands.State,
		appointments.Booked, appointments.Held, appointments.NoShowed, appointments.Unreachable, appointments.Cancelled) {
	case appointments.Held:
		return true, a.held(ctx)
	case appointments.NoShowed:
		return true, a.noShow(ctx)
	case appointments.Unreachable:
		a.out.Status = Unreachable
		return true, nil
	case appointments.Cancelled:
		return true, a.cancelled(ctx)
	}
	return a.goOn(ctx)
}

// goOn does what is next while the appointment stands.
func (a *appointment) goOn(ctx workflow.Context) (over bool, err error) {
	now := process.Now(ctx)
	switch process.Decide(ctx, "What is next?", a.next(now), toTell, toRemind, toWait, toSettle) {
	case toTell:
		return false, a.tell(ctx)
	case toRemind:
		return false, a.remind(ctx)
	case toSettle:
		return a.settle(ctx)
	}
	until, what := a.wake(now)
	var e journey.Engagement
	switch process.AwaitAny(ctx, what, process.Until(until), Changed.Into(new(Nothing)), journey.Reacts(&e, journey.Bounced)) {
	case journey.Engaged.Name():
		return false, a.bounced(ctx)
	case "":
		return false, temporal.NewCanceledError()
	}
	return false, nil
}

// What is next.
const (
	toTell   = "tell them"
	toRemind = "remind them"
	toWait   = "wait"
	toSettle = "learn how it went"
)

func (a *appointment) next(now time.Time) string {
	s := a.stands
	switch {
	case !now.Before(s.Start):
		return toSettle
	case !a.know.Told || a.know.Version != s.Sequence:
		return toTell
	case a.toBeReminded() && !now.Before(s.RemindAt):
		return toRemind
	}
	return toWait
}

func (a *appointment) toBeReminded() bool { return !a.know.Reminded && !a.stands.RemindAt.IsZero() }

// wake is when something is next by the clock. Before anybody's reminder could be due, the run looks once more where the
// person is.
func (a *appointment) wake(now time.Time) (until time.Time, what string) {
	s := a.stands
	switch {
	case a.toBeReminded() && now.Before(s.LookAt) && s.LookAt.Before(s.RemindAt):
		return s.LookAt, "The time comes to see where they are"
	case a.toBeReminded():
		return s.RemindAt, "The time of the reminder comes"
	}
	return s.Start, "The appointment begins"
}

// tell confirms the appointment, or tells that it was moved. Whoever cannot be reached by a message is called.
func (a *appointment) tell(ctx workflow.Context) error {
	step, template, word := "Confirm it", Confirmed, notify.AppointmentBooked
	if a.know.Told {
		step, template, word = "Tell them that it was moved", Moved, notify.AppointmentMoved
	}
	s := a.stands
	receipt, heard, err := a.say(ctx, step, template, Changed.Into(new(Nothing)))
	if err != nil || heard != "" || receipt.Reason == messages.Overtaken {
		return err
	}
	before := a.know.Giver
	a.know.Told, a.know.Version, a.know.Giver, a.know.Reminded = true, s.Sequence, s.UserID, false
	if err := a.tellGivers(ctx, word, before); err != nil {
		return err
	}
	if process.DecideIf(ctx, "Did it leave?", receipt.Left()) {
		a.know.Reached = true
		return nil
	}
	return a.call(ctx)
}

// call has somebody call whom no message reaches, once.
func (a *appointment) call(ctx workflow.Context) error {
	if process.DecideIf(ctx, "Is somebody calling them already?", a.know.Called) {
		return nil
	}
	a.know.Called = true
	return a.giveTask(ctx, "Have somebody call them", callTask("appointment-unreached", "Call a customer who cannot be reached about an appointment"))
}

// bounced notes that what was sent did not arrive.
func (a *appointment) bounced(ctx workflow.Context) error {
	a.know.Reached = false
	return a.call(ctx)
}

// remind reminds them, once for each time that was agreed.
func (a *appointment) remind(ctx workflow.Context) error {
	receipt, heard, err := a.say(ctx, "Remind them", Reminder, Changed.Into(new(Nothing)))
	if err != nil || heard != "" || receipt.Reason == messages.Overtaken {
		return err
	}
	a.know.Reminded = true
	a.know.Reached = a.know.Reached || receipt.Left()
	return nil
}

// say sends a message about the appointment as it was looked at: should it have changed, nothing leaves. It is worth
// nothing once the appointment has begun.
func (a *appointment) say(ctx workflow.Context, step, template string, interrupts ...process.Case) (messages.Receipt, string, error) {
	m := messages.Message{Template: template, ContactID: a.stands.ContactID, AppointmentID: a.id, Fence: a.stands.Fence}
	if a.stands.State == appointments.Booked {
		m.ExpiresAt = a.stands.Start
	}
	return journey.Try(ctx, step, m, interrupts...)
}

// tellGivers tells who gives it, and who gives it no more.
func (a *appointment) tellGivers(ctx workflow.Context, word notify.Template, before uuid.UUID) error {
	if before != uuid.Nil && before != a.know.Giver {
		if err := a.tellUser(ctx, "Tell who gives it no more", notify.AppointmentCancelled, before); err != nil {
			return err
		}
	}
	return a.tellUser(ctx, "Tell who gives it", word, a.know.Giver)
}

func (a *appointment) tellUser(ctx workflow.Context, label string, word notify.Template, user uuid.UUID) error {
	return work.Tell(ctx, label, "Notify them", notify.Message{Template: word, UserID: user, AppointmentID: a.id})
}
