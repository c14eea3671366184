package handoff_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/handoff"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, handoff.Process)
}

var (
	lead, task, boss = uuid.New(), uuid.New(), uuid.New()
	reps             = []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}

	// monday is ten o'clock on a working day.
	monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

// scene is a run whose activities answer as the tests say.
type scene struct {
	*processtest.Env
	terms     records.Terms
	outcome   string
	passed    *processtest.Calls[records.Passing]
	sent      *processtest.Calls[notify.Message]
	opened    *processtest.Calls[tasks.Request]
	withdrawn *processtest.Calls[tasks.Withdrawal]
}

// newScene lets free representatives stand by, and begins at an instant.
func newScene(t *testing.T, at time.Time, free int) *scene {
	t.Helper()
	env := processtest.New(t, handoff.Process)
	env.SetStartTime(at)
	week := tasks.StandardWeek()
	s := &scene{Env: env, terms: records.Terms{
		Standing: records.Fresh, AssigneeID: reps[0], Calendar: week, Acknowledge: 15 * time.Minute, FirstContact: time.Hour,
		Grace: 18 * time.Hour, Reassignments: 2,
	}}
	processtest.Stub(env, records.ReadTerms, func(records.Handover) (records.Terms, error) { return s.terms, nil })
	s.passed = processtest.Stub(env, records.PassOn, func(p records.Passing) (records.Passed, error) {
		if len(p.Tried) > free {
			return records.Passed{}, nil
		}
		return records.Passed{Found: true, AssigneeID: reps[len(p.Tried)], Calendar: week}, nil
	})
	processtest.Stub(env, records.Judge, func(records.Handover) (records.Judged, error) {
		switch s.outcome {
		case "no-budget":
			return records.Judged{Verdict: records.Recycled, Reason: s.outcome}, nil
		case "spam":
			return records.Judged{Verdict: records.Rejected, Reason: s.outcome}, nil
		}
		return records.Judged{Verdict: records.Accepted}, nil
	})
	s.opened = processtest.Stub(env, tasks.Open, func(r tasks.Request) (tasks.Opened, error) {
		return tasks.Opened{TaskID: uuid.New(), AssigneeID: boss}, nil
	})
	s.withdrawn = processtest.Stub(env, tasks.Withdraw, processtest.Returns[tasks.Withdrawal](struct{}{}))
	s.sent = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	return s
}

func (s *scene) hear(after time.Duration, fact process.Signal[handoff.Move]) {
	s.After(after, func() { processtest.Signal(s.Env, fact, "", handoff.Move{TaskID: task}) })
}

func (s *scene) end(t *testing.T) handoff.Outcome {
	t.Helper()
	s.Run(handoff.Process, handoff.Input{LeadID: lead, TaskID: task})
	require.NoError(t, s.GetWorkflowError())
	var out handoff.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	return out
}

func (s *scene) told(template notify.Template) (users []uuid.UUID) {
	for _, m := range s.sent.Args() {
		if m.Template == template && !slices.Contains(users, m.UserID) {
			users = append(users, m.UserID)
		}
	}
	return users
}

func TestTakenUpInTime(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]handoff.Outcome{
		"":          {Status: handoff.Contacted},
		"no-budget": {Status: handoff.Recycled, Reason: "no-budget"},
		"spam":      {Status: handoff.Rejected, Reason: "spam"},
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, monday, 3)
			s.outcome = outcome
			s.After(time.Minute, func() {
				processtest.Signal(s.Env, handoff.Acknowledged, "", handoff.Move{TaskID: uuid.New()}) // another task of the lead
				require.Equal(t, "The representative acknowledges", s.Status().Step)
			})
			s.hear(14*time.Minute, handoff.Acknowledged)
			s.hear(70*time.Minute, handoff.Completed)
			require.Equal(t, want, s.end(t))
			require.Zero(t, s.passed.Count())
			require.Zero(t, s.sent.Count())
		})
	}
}

func TestNotTakenUpGoesToTheNext(t *testing.T) {
	t.Parallel()
	s := newScene(t, monday, 3)
	s.hear(20*time.Minute, handoff.Acknowledged)
	s.hear(30*time.Minute, handoff.Completed)
	require.Equal(t, handoff.Outcome{Status: handoff.Contacted, Passed: 1}, s.end(t))
	require.Equal(t, [][]uuid.UUID{{reps[0]}}, [][]uuid.UUID{s.passed.Args()[0].Tried})
	require.Equal(t, []uuid.UUID{reps[1]}, s.told(notify.LeadReassigned))
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	t.Run("after everybody's time", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, monday, 9)
		out := s.end(t)
		require.Equal(t, handoff.Outcome{Status: handoff.Unresolved, Passed: 2, Escalated: true}, out)
		require.Equal(t, []uuid.UUID{reps[0], reps[1]}, s.passed.Args()[1].Tried, "never the same twice")
		require.Equal(t, []uuid.UUID{boss}, s.told(notify.HandoffOverdue))
		// Three times a quarter of an hour, and then two working days: Wednesday.
		require.Equal(t, monday.AddDate(0, 0, 2).Add(45*time.Minute), s.Ended().At)
	})
	t.Run("nobody else is free", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, monday, 0)
		s.hear(time.Hour, handoff.Completed)
		require.Equal(t, handoff.Outcome{Status: handoff.Contacted, Escalated: true}, s.end(t))
		require.Equal(t, 1, s.withdrawn.Count(), "the manager's task is not needed any more")
	})
	t.Run("acknowledged and forgotten", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, monday, 3)
		s.hear(time.Minute, handoff.Acknowledged)
		require.Equal(t, handoff.Outcome{Status: handoff.Unresolved, Escalated: true}, s.end(t))
		require.Equal(t, []tasks.Request{{Kind: tasks.Overdue, For: tasks.Manager, LeadID: lead, Within: time.Hour}}, s.opened.Args())
	})
	t.Run("the manager gives it to somebody", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, monday, 0)
		s.hear(time.Hour, handoff.Reassigned)
		s.After(time.Hour-time.Second, func() { s.terms.AssigneeID = reps[3] })
		s.hear(70*time.Minute, handoff.Acknowledged)
		s.hear(80*time.Minute, handoff.Completed)
		require.Equal(t, handoff.Outcome{Status: handoff.Contacted, Escalated: true}, s.end(t))
		require.Equal(t, 1, s.opened.Count())
	})
	t.Run("from the manager's queue", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, monday, 3)
		s.terms.Queued = true
		require.Equal(t, handoff.Unresolved, s.end(t).Status)
		require.Zero(t, s.passed.Count(), "a queue is not passed on")
	})
}

// A lead that is given from one to the next without end goes on as a new run, which knows what was before.
func TestEndlessReassignmentsGoOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t, monday, 9)
	s.SetContinueAsNewSuggested(true)
	s.hear(20*time.Minute, handoff.Reassigned)
	s.Run(handoff.Process, handoff.Input{LeadID: lead, TaskID: task})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	require.Empty(t, s.Closed(), "a run that goes on has not ended")
	var in handoff.Input
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	require.Equal(t, handoff.Input{LeadID: lead, TaskID: task, SoFar: handoff.SoFar{Tried: reps[:1], Passed: 1}}, in)

	next := newScene(t, monday, 9)
	next.RunWith(handoff.Process, in, envelope)
	var out handoff.Outcome
	require.NoError(t, next.GetWorkflowResult(&out))
	require.Equal(t, handoff.Outcome{Status: handoff.Unresolved, Passed: 2, Escalated: true}, out, "one more, then the manager")
	require.Contains(t, next.passed.Args()[0].Tried, reps[0], "who had it before does not get it again")

	escalated := newScene(t, monday, 9)
	in.SoFar.Passed, in.SoFar.Escalated = 2, true
	escalated.RunWith(handoff.Process, in, envelope)
	require.Zero(t, escalated.opened.Count(), "the manager is called once")
}

// A person asks again in the moment between the finished task and the verdict: the next task is seen through as well.
func TestAskedAgainBeforeTheVerdict(t *testing.T) {
	t.Parallel()
	s := newScene(t, monday, 0)
	second := uuid.New()
	judged := processtest.Stub(s.Env, records.Judge, func(h records.Handover) (records.Judged, error) {
		if h.TaskID == task {
			return records.Judged{Verdict: records.Recycled, Reason: "no-budget", NextTaskID: second}, nil
		}
		return records.Judged{Verdict: records.Accepted}, nil
	})
	s.hear(time.Hour, handoff.Completed) // after the manager was called
	s.After(time.Hour, func() { processtest.Signal(s.Env, handoff.Acknowledged, "", handoff.Move{TaskID: second}) })
	s.After(90*time.Minute, func() { processtest.Signal(s.Env, handoff.Completed, "", handoff.Move{TaskID: second}) })
	require.Equal(t, handoff.Outcome{Status: handoff.Contacted}, s.end(t))
	require.Equal(t, []records.Handover{{LeadID: lead, TaskID: task}, {LeadID: lead, TaskID: second}}, judged.Args())
	require.Equal(t, 1, s.withdrawn.Count())
}

// The clock runs in the working hours of whoever has the lead.
func TestTheClockRunsInWorkingHours(t *testing.T) {
	t.Parallel()
	friday := time.Date(2026, 1, 9, 17, 55, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		week  calendar.Definition
		until time.Time
	}{
		"UTC":      {tasks.StandardWeek(), time.Date(2026, 1, 12, 9, 10, 0, 0, time.UTC)},
		"New York": {calendar.Definition{Zone: "America/New_York", Week: tasks.StandardWeek().Week}, friday.Add(15 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, friday, 0)
			s.terms.Calendar = test.week
			s.After(time.Minute, func() { require.Equal(t, test.until, s.Status().Until.UTC()) })
			s.end(t)
			i := slices.IndexFunc(s.Ended().Trail, func(v process.Visit) bool { return v.Result == process.TimedOut })
			require.Equal(t, test.until, s.Ended().Trail[i].At.UTC())
		})
	}
}

func TestWhereTheTaskStandsAlready(t *testing.T) {
	t.Parallel()
	for standing, want := range map[string]string{records.Done: handoff.Contacted, records.Gone: handoff.Withdrawn} {
		s := newScene(t, monday, 3)
		s.terms.Standing = standing
		require.Equal(t, want, s.end(t).Status)
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	of := func(kind string) []byte {
		return []byte(`{"lead_id":"` + lead.String() + `","task_id":"` + task.String() + `","kind":"` + kind + `"}`)
	}
	for event, signal := range map[string]string{
		events.TaskAcknowledged.Name(): "acknowledged", events.TaskStarted.Name(): "acknowledged",
		events.TaskCompleted.Name(): "completed", events.TaskReassigned.Name(): "reassigned",
	} {
		actions, err := handoff.Process.On(event, of(tasks.FollowUp))
		require.NoError(t, err)
		require.Len(t, actions, 1, event)
		require.Equal(t, signal, actions[0].Signal)
		require.Equal(t, lead.String(), actions[0].Subject)
		actions, err = handoff.Process.On(event, of(tasks.MergeReview))
		require.NoError(t, err)
		require.Empty(t, actions)
	}
	actions, err := handoff.Process.On(events.LeadAssigned.Name(), of(""))
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Empty(t, actions[0].Signal)
}
