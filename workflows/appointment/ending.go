package appointment

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/appointing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/survey"
)

// callWithin is the working time in which somebody should have called.
const callWithin = 8 * time.Hour

// settle learns from the giver how it went. Silence counts as held, unless the person was never reached.
func (a *appointment) settle(ctx workflow.Context) (over bool, err error) {
	said := ""
	if process.DecideIf(ctx, "Is there time to say how it went?", process.Now(ctx).Before(a.stands.SettleBy)) {
		passing, stop := process.Passing(ctx, "The giver says how it went", process.Until(a.stands.SettleBy))
		defer stop()
		brief := a.about(tasks.Brief{
			Kind: "appointment-outcome", Title: "Say how an appointment went", For: tasks.User, UserID: a.stands.UserID, DueAt: a.stands.SettleBy,
			Outcomes: []string{appointments.Held, appointments.NoShowed},
		})
		if a.stands.UserID == uuid.Nil {
			brief.For = tasks.Owner
		}
		done, heard, err := work.DoUnless(ctx, "Learn how it went", brief, Changed.Into(new(Nothing)), passing)
		if work.OnlyCancellation(err) != nil {
			return false, err
		}
		if heard == Changed.Name() {
			return false, nil // somebody said it by another way, or it was moved: look again
		}
		said = done.Outcome
	}
	verdict := appointments.Held
	switch {
	case said == appointments.NoShowed:
		verdict = appointments.NoShowed
	case said == "" && !process.DecideIf(ctx, "Were they reached?", a.know.Reached):
		verdict = appointments.Unreachable
	}
	a.stands, err = process.Do(ctx, "Write down how it went", appointing.Settle, appointing.Verdict{AppointmentID: a.id, State: verdict})
	if err != nil || a.stands.State == appointments.Booked { // moved in the last moment
		return false, err
	}
	return a.follow(ctx)
}

// held asks how it was, and offers more to whoever would recommend us.
func (a *appointment) held(ctx workflow.Context) error {
	a.out.Status = Held
	s := a.stands
	if !process.DecideIf(ctx, "Is there a survey?", s.Survey != "") {
		return nil
	}
	answer, err := process.Follow(ctx, "Ask how it was", survey.Process,
		survey.Input{Survey: s.Survey, For: surveys.Service, ContactID: s.ContactID, Occasion: a.id.String()})
	if err != nil {
		return work.OnlyCancellation(err) // it was held all the same
	}
	a.out.Feedback = answer.Status
	if !process.DecideIf(ctx, "Is there more to offer?", answer.Status == survey.AnsweredPromoter && s.Upsell != "") {
		return nil
	}
	brief := tasks.Brief{Kind: "upsell", Title: s.Upsell, For: tasks.Owner, Within: 2 * callWithin}
	if s.UpsellTeam != "" {
		brief.For, brief.Team = tasks.Team, s.UpsellTeam
	}
	return a.giveTask(ctx, "Have somebody offer more", brief)
}

// noShow asks them to book again; after too many, a person calls.
func (a *appointment) noShow(ctx workflow.Context) error {
	a.out.Status = NoShow
	if process.DecideIf(ctx, "Is there something to say?", a.stands.NoShow != "") {
		if _, _, err := a.say(ctx, "Ask them to book again", a.stands.NoShow); err != nil {
			return err
		}
	}
	if !process.DecideIf(ctx, "Have they missed too many?", a.stands.Call) {
		return nil
	}
	return a.giveTask(ctx, "Have somebody call who did not come", callTask("appointment-missed", "Call a customer who did not come to appointments"))
}

// cancelled tells everybody who knew of it.
func (a *appointment) cancelled(ctx workflow.Context) error {
	a.out.Status = Cancelled
	if !process.DecideIf(ctx, "Were they told of it?", a.know.Told) {
		return nil
	}
	if _, _, err := a.say(ctx, "Tell them that it was cancelled", Withdrawn); err != nil {
		return err
	}
	return a.tellUser(ctx, "Tell who would have given it", notify.AppointmentCancelled, a.know.Giver)
}

func callTask(kind, title string) tasks.Brief {
	return tasks.Brief{Kind: kind, Title: title, For: tasks.Owner, Within: callWithin}
}

func (a *appointment) giveTask(ctx workflow.Context, step string, b tasks.Brief) error {
	_, err := process.Do(ctx, step, tasks.Give, a.about(b))
	return err
}

// about adds what a task is about.
func (a *appointment) about(b tasks.Brief) tasks.Brief {
	b.ContactID, b.Context = a.stands.ContactID, map[string]string{"appointment_id": a.id.String()}
	return b
}
