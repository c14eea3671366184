package work_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
)

// A task may change hands for ever, so paths are cut where they repeat, and nowhere else.
func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, work.Process, explore.Paths(10_000))
	require.Len(t, r.Limits, 1)
	require.Contains(t, r.Limits[0], "repeat without end")
}

var (
	task, ann, ben, boss, chief = uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()

	monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
)

const due = 16 * time.Hour

// scene is a task whose reminder comes after 8 hours, which is due after 16, and whose ladder has two rungs of 4 hours.
type scene struct {
	*processtest.Env
	plan  tasks.Plan // how it stands; Next and What follow from the watch
	gone  time.Duration
	sent  *processtest.Calls[notify.Message]
	notes *processtest.Calls[tasks.Note]
	off   *processtest.Calls[tasks.Named]
}

func newScene(t *testing.T, defs ...process.Definition) *scene {
	t.Helper()
	s := &scene{Env: processtest.New(t, append(defs, work.Process)...), plan: tasks.Plan{State: tasks.OpenState, AssigneeID: ann}}
	s.SetStartTime(monday)
	processtest.Stub(s.Env, tasks.Look, s.look)
	processtest.Stub(s.Env, tasks.Climb, func(r tasks.Rung) (tasks.Raised, error) {
		return tasks.Raised{ManagerID: []uuid.UUID{boss, chief, uuid.Nil}[r.Rung-1]}, nil
	})
	s.sent = processtest.Stub(s.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	s.notes = processtest.Stub(s.Env, tasks.NoteTold, processtest.Returns[tasks.Note](struct{}{}))
	s.off = processtest.Stub(s.Env, tasks.CallOff, processtest.Returns[tasks.Named](struct{}{}))
	return s
}

func (s *scene) look(w tasks.Watch) (tasks.Plan, error) {
	p := s.plan
	if p.State != tasks.OpenState {
		return p, nil
	}
	p.Next, p.What = monday.Add(due), tasks.Late
	switch {
	case p.AssigneeID == uuid.Nil:
		p.What = tasks.GiveUp
	case p.AssigneeID != w.Told || w.Since.Before(monday.Add(due/2)) && w.Rung == 0:
		p.Next, p.What = monday.Add(due/2), tasks.Remind
	case w.Rung > 2 || w.Top:
		p.Next, p.What = w.Since.Add(4*time.Hour), tasks.GiveUp
	case w.Rung > 0:
		p.Next, p.What = w.Since.Add(4*time.Hour), tasks.Escalate
	}
	if s.gone > 0 && monday.Add(s.gone).After(s.Now()) && monday.Add(s.gone).Before(p.Next) {
		p.Next, p.What = monday.Add(s.gone), tasks.LookAgain
	}
	return p, nil
}

// becomes lets the task stand otherwise after a while, and tells the run.
func (s *scene) becomes(after time.Duration, p tasks.Plan) {
	s.After(after, func() {
		s.plan = p
		processtest.Signal(s.Env, work.Moved, "", work.Move{})
	})
}

func (s *scene) end(t *testing.T) work.Done {
	t.Helper()
	s.Run(work.Process, work.Input{TaskID: task})
	require.NoError(t, s.GetWorkflowError())
	var done work.Done
	require.NoError(t, s.GetWorkflowResult(&done))
	return done
}

type told struct {
	What notify.Template
	Who  uuid.UUID
}

func (s *scene) told() (list []told) {
	for _, m := range s.sent.Args() {
		list = append(list, told{m.Template, m.UserID})
	}
	return list
}

func TestDoneInTime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.becomes(time.Hour, s.plan) // acknowledged: nothing is told twice
	s.After(2*time.Hour, func() { require.Equal(t, "The task is done", s.Status().Step) })
	s.becomes(9*time.Hour, tasks.Plan{State: tasks.Completed, Outcome: "sold"})
	require.Equal(t, work.Done{Status: work.Completed, TaskID: task, Outcome: "sold"}, s.end(t))
	require.Equal(t, []told{{notify.TaskGiven, ann}, {notify.TaskDue, ann}}, s.told())
	require.Equal(t, []tasks.Note{{TaskID: task, UserID: ann, Kind: "given"}, {TaskID: task, UserID: ann, Kind: "reminded"}}, s.notes.Args())
	require.Zero(t, s.off.Count())
}

func TestTheLadder(t *testing.T) {
	t.Parallel()
	t.Run("to its end", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		require.Equal(t, work.Done{Status: work.Unattended, TaskID: task, Reason: work.TooLate}, s.end(t))
		require.Equal(t, []told{{notify.TaskGiven, ann}, {notify.TaskDue, ann}, {notify.TaskOverdue, ann},
			{notify.TaskEscalated, boss}, {notify.TaskEscalated, chief}}, s.told())
		require.Equal(t, monday.Add(due+12*time.Hour), s.Ended().At, "two rungs, and the last wait")
	})
	t.Run("done after the first rung", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.becomes(due+5*time.Hour, tasks.Plan{State: tasks.Completed})
		require.Equal(t, work.Completed, s.end(t).Status)
		require.Equal(t, told{notify.TaskEscalated, boss}, s.told()[3])
	})
	t.Run("nobody is above", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		processtest.Stub(s.Env, tasks.Climb, processtest.Returns[tasks.Rung](tasks.Raised{}))
		require.Equal(t, work.TooLate, s.end(t).Reason)
		require.Equal(t, monday.Add(due+8*time.Hour), s.Ended().At, "one rung, and the last wait")
	})
	t.Run("a mail that cannot be sent holds nothing up and is not noted", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		processtest.Stub(s.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Refused, Reason: "no-address"}))
		require.Equal(t, work.Unattended, s.end(t).Status)
		require.Zero(t, s.notes.Count())
	})
	t.Run("nobody to give it to", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.plan.AssigneeID = uuid.Nil
		require.Equal(t, work.Done{Status: work.Unattended, TaskID: task, Reason: work.Nobody}, s.end(t))
		require.Empty(t, s.told())
	})
}

func TestWhoeverGetsItIsTold(t *testing.T) {
	t.Parallel()
	t.Run("reassigned while late", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.becomes(due+time.Hour, tasks.Plan{State: tasks.OpenState, AssigneeID: ben})
		s.becomes(due+3*time.Hour, tasks.Plan{State: tasks.Completed})
		s.end(t)
		require.Contains(t, s.told(), told{notify.TaskGiven, ben})
		require.NotContains(t, s.told(), told{notify.TaskEscalated, boss}, "the ladder begins anew")
	})
	t.Run("the assignee goes away", func(t *testing.T) {
		t.Parallel()
		s := newScene(t)
		s.gone = 3 * time.Hour
		s.After(s.gone-time.Second, func() { s.plan.AssigneeID = ben }) // as the look does when the time has come
		s.becomes(4*time.Hour, tasks.Plan{State: tasks.Completed})
		s.end(t)
		require.Equal(t, []told{{notify.TaskGiven, ann}, {notify.TaskGiven, ben}}, s.told())
	})
}

func TestATaskThatWaitsTellsNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	open := s.plan
	s.plan = tasks.Plan{State: tasks.Waiting}
	s.After(3*time.Hour, func() {
		require.Equal(t, "What comes before it is done", s.Status().Step)
		require.Zero(t, s.sent.Count())
	})
	s.becomes(4*time.Hour, open)
	s.becomes(5*time.Hour, tasks.Plan{State: tasks.Cancelled})
	require.Equal(t, work.Done{Status: work.Cancelled, TaskID: task}, s.end(t))
	require.Equal(t, []told{{notify.TaskGiven, ann}}, s.told())
}

func TestCancellingTheRunCancelsTheTask(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.After(time.Hour, s.CancelWorkflow)
	s.Run(work.Process, work.Input{TaskID: task})
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []tasks.Named{{TaskID: task}}, s.off.Args())
}

// A task that changes hands without end goes on as a new run, which tells nobody twice.
func TestGoesOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.SetContinueAsNewSuggested(true)
	s.becomes(time.Hour, s.plan)
	s.Run(work.Process, work.Input{TaskID: task})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	var in work.Input
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	require.Equal(t, ann, in.Watch.Told)

	next := newScene(t)
	next.becomes(time.Hour, tasks.Plan{State: tasks.Completed})
	next.RunWith(work.Process, in, envelope)
	require.Empty(t, next.told())
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	data := []byte(`{"task_id":"` + task.String() + `","kind":"call"}`)
	for _, event := range []string{events.TaskAcknowledged.Name(), events.TaskStarted.Name(), events.TaskCompleted.Name(),
		events.TaskReassigned.Name(), events.TaskCancelled.Name(), events.TaskChanged.Name()} {
		actions, err := work.Process.On(event, data)
		require.NoError(t, err)
		require.Len(t, actions, 1, event)
		require.Equal(t, []string{task.String(), "moved"}, []string{actions[0].Subject, actions[0].Signal})
	}
	actions, err := work.Process.On(events.TaskOpened.Name(), data)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Empty(t, actions[0].Signal)
}
