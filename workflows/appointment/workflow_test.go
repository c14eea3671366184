package appointment_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/appointing"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/appointment"
	"github.com/perdura/perdura/workflows/survey"
)

// The run looks again after everything that it does, so the combinations have no end: every option is taken, and some
// thousand ways of them are run.
func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, appointment.Process, explore.Paths(4_000), explore.Visits(12))
}

const day = 24 * time.Hour

var (
	monday = time.Date(2026, 6, 8, 8, 0, 0, 0, time.UTC)
	in     = appointment.Input{AppointmentID: uuid.New()}
	giver  = uuid.New()
	person = uuid.New()
)

// scene is a run about an appointment on Thursday at ten, of which people are reminded a day before.
type scene struct {
	*processtest.Env
	stands appointing.Standing
	said   *processtest.Calls[messages.Message]
	house  *processtest.Calls[notify.Message]
	given  *processtest.Calls[tasks.Brief]
	off    *processtest.Calls[tasks.Named]
	left   []letter
	refuse bool
	// overtake changes the appointment while the first reminder is under way.
	overtake func()
	// works says how the task about the outcome ends; nil leaves it undone.
	works *work.Done
	// feedback is how the survey ends.
	feedback string
}

type letter struct {
	template string
	after    time.Duration
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{feedback: survey.Silent}
	// Children that end as the scene says stand in for the real ones.
	task := process.New("task", func(ctx workflow.Context, in work.Input) (work.Done, error) {
		if s.works == nil {
			return work.Done{}, process.Sleep(ctx, "Nobody does it", process.For(30*day))
		}
		return *s.works, process.Sleep(ctx, "Somebody does it", process.For(90*time.Minute))
	}, process.OneRunPer(func(in work.Input) string { return in.TaskID.String() }), process.Ends("completed", "cancelled", "unattended"))
	asked := process.New("survey", func(workflow.Context, survey.Input) (survey.Outcome, error) {
		return survey.Outcome{Status: s.feedback}, nil
	}, process.OneRunPer(func(in survey.Input) string { return in.InvitationID().String() }),
		process.Ends(survey.Silent, survey.AnsweredPromoter, survey.Answered))
	s.Env = processtest.New(t, appointment.Process, task, asked)
	s.SetStartTime(monday)
	s.stands = appointing.Standing{
		State: appointments.Booked, ContactID: person, UserID: giver, Start: monday.Add(3*day + 2*time.Hour), RemindAt: monday.Add(2*day + 2*time.Hour),
		LookAt: monday.Add(day), SettleBy: monday.Add(3*day + 7*time.Hour), Fence: fence.Token{Kind: "appointment", ID: in.AppointmentID, Version: 1},
	}
	processtest.Stub(s.Env, appointing.Look, func(appointing.Named) (appointing.Standing, error) { return s.stands, nil })
	processtest.Stub(s.Env, appointing.Settle, func(v appointing.Verdict) (appointing.Standing, error) {
		if s.stands.State == appointments.Booked {
			s.stands.State = v.State
		}
		return s.stands, nil
	})
	s.said = processtest.Stub(s.Env, messages.Send, func(m messages.Message) (messages.Receipt, error) {
		if m.Template == appointment.Reminder && s.overtake != nil {
			s.overtake()
			s.overtake = nil
		}
		if m.Fence != s.stands.Fence {
			return messages.Receipt{State: messages.Refused, Reason: messages.Overtaken}, nil
		}
		if s.refuse {
			return messages.Receipt{State: messages.Refused, Reason: "no-address"}, nil
		}
		s.left = append(s.left, letter{m.Template, s.Now().Sub(monday).Round(time.Minute)})
		return messages.Receipt{MessageID: uuid.New(), State: messages.Sent}, nil
	})
	s.house = processtest.Stub(s.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	s.given = processtest.Stub(s.Env, tasks.Give, func(tasks.Brief) (tasks.Opened, error) {
		return tasks.Opened{TaskID: uuid.New(), AssigneeID: giver}, nil
	})
	s.off = processtest.Stub(s.Env, tasks.CallOff, processtest.Returns[tasks.Named](struct{}{}))
	return s
}

// changes changes the appointment so long after the start, and tells the run.
func (s *scene) changes(after time.Duration, change func(*appointing.Standing)) {
	s.After(after, func() {
		change(&s.stands)
		s.stands.Fence.Version++
		processtest.Signal(s.Env, appointment.Changed, "", appointment.Nothing{})
	})
}

func (s *scene) end(t *testing.T) appointment.Outcome {
	t.Helper()
	s.Run(appointment.Process, in)
	require.NoError(t, s.GetWorkflowError())
	var out appointment.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func (s *scene) kinds() []string {
	var list []string
	for _, b := range s.given.Args() {
		list = append(list, b.Kind)
	}
	return list
}

var (
	confirmed = letter{appointment.Confirmed, 0}
	reminded  = letter{appointment.Reminder, 2*day + 2*time.Hour}
)

func moveTo(start time.Duration) func(*appointing.Standing) {
	return func(s *appointing.Standing) {
		s.Sequence++
		s.Start, s.RemindAt, s.SettleBy = monday.Add(start), monday.Add(start-day), monday.Add(start+5*time.Hour)
	}
}

func cancel(s *appointing.Standing) { s.State, s.Sequence = appointments.Cancelled, s.Sequence+1 }

func TestWhoGetsWhatWhen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		status  string
		left    []letter
		kinds   []string
	}{
		"kept, and nobody says so": {func(*scene) {}, appointment.Held, []letter{confirmed, reminded}, []string{"appointment-outcome"}},
		"the giver says that it was held": {func(s *scene) { s.works = &work.Done{Status: work.Completed, Outcome: "held"} },
			appointment.Held, []letter{confirmed, reminded}, []string{"appointment-outcome"}},
		"they did not come": {func(s *scene) {
			s.works, s.stands.NoShow, s.stands.Call = &work.Done{Status: work.Completed, Outcome: "no-show"}, "missed", true
		}, appointment.NoShow, []letter{confirmed, reminded, {"missed", 3*day + 3*time.Hour + 30*time.Minute}}, []string{"appointment-outcome", "appointment-missed"}},
		"somebody says over the API that they did not come": {func(s *scene) {
			s.changes(3*day+3*time.Hour, func(s *appointing.Standing) { s.State = appointments.NoShowed })
		}, appointment.NoShow, []letter{confirmed, reminded}, []string{"appointment-outcome"}},
		"moved before the reminder": {func(s *scene) { s.changes(day, moveTo(5*day)) }, appointment.Held,
			[]letter{confirmed, {appointment.Moved, day}, {appointment.Reminder, 4 * day}}, []string{"appointment-outcome"}},
		"moved after the reminder": {func(s *scene) { s.changes(2*day+5*time.Hour, moveTo(6*day)) }, appointment.Held,
			[]letter{confirmed, reminded, {appointment.Moved, 2*day + 5*time.Hour}, {appointment.Reminder, 5 * day}}, []string{"appointment-outcome"}},
		"moved twice": {func(s *scene) { s.changes(day, moveTo(5*day)); s.changes(2*day, moveTo(4*day)) }, appointment.Held,
			[]letter{confirmed, {appointment.Moved, day}, {appointment.Moved, 2 * day}, {appointment.Reminder, 3 * day}}, []string{"appointment-outcome"}},
		"cancelled before the reminder": {func(s *scene) { s.changes(day, cancel) }, appointment.Cancelled, []letter{confirmed, {appointment.Withdrawn, day}}, nil},
		"cancelled after it": {func(s *scene) { s.changes(3*day, cancel) }, appointment.Cancelled,
			[]letter{confirmed, reminded, {appointment.Withdrawn, 3 * day}}, nil},
		"cancelled before anybody was told": {func(s *scene) { cancel(&s.stands) }, appointment.Cancelled, nil, nil},
		"booked at short notice": {func(s *scene) { s.stands.RemindAt, s.stands.LookAt = time.Time{}, time.Time{} }, appointment.Held,
			[]letter{confirmed}, []string{"appointment-outcome"}},
		"they travelled west": {func(s *scene) {
			s.changes(day, func(s *appointing.Standing) { s.RemindAt = s.RemindAt.Add(6 * time.Hour) })
		}, appointment.Held, []letter{confirmed, {appointment.Reminder, 2*day + 8*time.Hour}}, []string{"appointment-outcome"}},
		"they travelled, and nobody told": {func(s *scene) {
			s.After(time.Hour, func() { s.stands.RemindAt = s.stands.RemindAt.Add(-9 * time.Hour) })
		}, appointment.Held, []letter{confirmed, {appointment.Reminder, 2*day - 7*time.Hour}}, []string{"appointment-outcome"}},
		"they cannot be reached": {func(s *scene) { s.refuse = true }, appointment.Unreachable, nil, []string{"appointment-unreached", "appointment-outcome"}},
		"their mailbox does not exist": {func(s *scene) {
			for _, after := range []time.Duration{time.Hour, 2*day + 3*time.Hour} {
				s.After(after, func() {
					processtest.Signal(s.Env, journey.Engaged, "", journey.Engagement{MessageID: uuid.New(), Kind: journey.Bounced})
				})
			}
		}, appointment.Unreachable, []letter{confirmed, reminded}, []string{"appointment-unreached", "appointment-outcome"}},
		"they cannot be reached, and came": {func(s *scene) {
			s.refuse, s.works = true, &work.Done{Status: work.Completed, Outcome: "held"}
		}, appointment.Held, nil, []string{"appointment-unreached", "appointment-outcome"}},
		"a promoter": {func(s *scene) {
			s.stands.Survey, s.stands.Upsell, s.feedback = "service", "More", survey.AnsweredPromoter
		},
			appointment.Held, []letter{confirmed, reminded}, []string{"appointment-outcome", "upsell"}},
		"content": {func(s *scene) { s.stands.Survey, s.stands.Upsell, s.feedback = "service", "More", survey.Answered },
			appointment.Held, []letter{confirmed, reminded}, []string{"appointment-outcome"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.happens(s)
			require.Equal(t, test.status, s.end(t).Status)
			require.Equal(t, test.left, s.left)
			require.Equal(t, test.kinds, s.kinds())
			for _, m := range s.said.Args() {
				require.Equal(t, in.AppointmentID, m.AppointmentID)
				require.NotZero(t, m.Fence)
			}
		})
	}
}

// The event of a change may come late: the fence keeps what was decided before from leaving, and the run looks again.
func TestNothingLeavesAboutWhatHasChanged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	// Committed while the reminder is under way, and told an hour later.
	s.overtake = func() { moveTo(5 * day)(&s.stands); s.stands.Fence.Version++ }
	s.After(2*day+3*time.Hour, func() { processtest.Signal(s.Env, appointment.Changed, "", appointment.Nothing{}) })
	require.Equal(t, appointment.Held, s.end(t).Status)
	require.Equal(t, []letter{confirmed, {appointment.Moved, 2*day + 2*time.Hour}, {appointment.Reminder, 4 * day}}, s.left)
}

// By the clock where the person is, to the minute, whichever way the clocks change in between, and wherever they go.
func TestRemindersByTheClockOfThePerson(t *testing.T) {
	t.Parallel()
	sameHour, evening := appointments.Remind{DaysBefore: 1}, appointments.Remind{DaysBefore: 1, At: "18:00"}
	for name, test := range map[string]struct {
		remind                  appointments.Remind
		zone, start, goes, want string
	}{
		"over the spring":                {sameHour, "Europe/Berlin", "2026-03-29T10:00:00+02:00", "", "2026-03-28T10:00:00+01:00"},
		"in the hour that is skipped":    {sameHour, "Europe/Berlin", "2026-03-30T02:30:00+02:00", "", "2026-03-29T03:00:00+02:00"},
		"over the autumn":                {sameHour, "Europe/Berlin", "2026-10-25T10:00:00+01:00", "", "2026-10-24T10:00:00+02:00"},
		"in the hour that comes twice":   {sameHour, "Europe/Berlin", "2026-10-26T02:30:00+01:00", "", "2026-10-25T02:30:00+02:00"},
		"on the 29th of February":        {sameHour, "Europe/Berlin", "2028-03-01T09:00:00+01:00", "", "2028-02-29T09:00:00+01:00"},
		"they go west":                   {evening, "Europe/Berlin", "2026-06-10T16:00:00+02:00", "America/New_York", "2026-06-09T18:00:00-04:00"},
		"they go east":                   {evening, "Europe/Berlin", "2026-06-10T11:00:00+02:00", "Asia/Tokyo", "2026-06-09T18:00:00+09:00"},
		"they go where clocks have gone": {sameHour, "America/New_York", "2026-10-26T09:00:00-04:00", "Europe/Berlin", "2026-10-25T14:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instant := func(text string) time.Time {
				at, err := time.Parse(time.RFC3339, text)
				require.NoError(t, err)
				return at.UTC()
			}
			typ, start := appointments.Type{Remind: test.remind}, instant(test.start)
			s := newScene(t)
			s.SetStartTime(start.Add(-5 * day))
			plan := func(name string) func(*appointing.Standing) {
				zone, err := time.LoadLocation(name)
				require.NoError(t, err)
				return func(s *appointing.Standing) {
					s.Start, s.SettleBy = start, start.Add(time.Hour)
					s.RemindAt, s.LookAt = typ.RemindAt(start, zone), typ.FirstReminder(start)
				}
			}
			plan(test.zone)(&s.stands)
			if test.goes != "" {
				s.changes(2*day+17*time.Minute, plan(test.goes))
			}
			require.Equal(t, appointment.Held, s.end(t).Status)
			require.Len(t, s.left, 2)
			require.Equal(t, instant(test.want), monday.Add(s.left[1].after))
		})
	}
}

func TestWhoGivesItHearsOfIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	other := uuid.New()
	s.changes(day, func(st *appointing.Standing) { moveTo(5 * day)(st); st.UserID = other })
	s.changes(2*day, cancel)
	s.end(t)
	told := map[string]int{}
	for _, m := range s.house.Args() {
		who := map[uuid.UUID]string{giver: "first", other: "second"}[m.UserID]
		told[who+" "+string(m.Template)+" by "+string(m.Channel)]++
	}
	require.Equal(t, map[string]int{
		"first appointment-booked by email": 1, "first appointment-booked by webhook": 1, "first appointment-cancelled by email": 1, "first appointment-cancelled by webhook": 1,
		"second appointment-moved by email": 1, "second appointment-moved by webhook": 1, "second appointment-cancelled by email": 1, "second appointment-cancelled by webhook": 1,
	}, told)
}

func TestSilenceIsAwaitedUntilTheLimit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.end(t)
	require.Equal(t, 3*day+7*time.Hour, s.Ended().At.Sub(monday).Round(time.Minute))
	require.Equal(t, 1, s.off.Count(), "nobody needs the answer any more")
	brief := s.given.Args()[0]
	require.Equal(t, []string{"held", "no-show"}, brief.Outcomes)
	require.Equal(t, giver, brief.UserID)
	require.Equal(t, in.AppointmentID.String(), brief.Context["appointment_id"])
}

// An appointment that changes without end goes on as a new run, which tells nobody twice.
func TestEndlessChangesGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Run(appointment.Process, in)
	whole := s.left

	s = newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.Run(appointment.Process, in)
	first := s.left
	next, envelope := processtest.Continued[appointment.Input](s.Env)
	require.Equal(t, appointment.SoFar{Told: true, Giver: giver, Reached: true}, next.SoFar)

	s = newScene(t)
	s.RunWith(appointment.Process, next, envelope)
	require.Equal(t, appointment.Held, s.Ended().Outcome)
	require.Equal(t, whole, append(first, s.left...))
}
