package work_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
)

// A small process that has somebody check a thing, and does not need it any more once the thing is sold.

type thing struct{ ID uuid.UUID }

type fate struct{ Name string }

func (f fate) Ending() string { return f.Name }

var (
	sold  = process.NewSignal[work.Move]("sold", "the thing was sold")
	check = tasks.Brief{Kind: "check", Title: "Check it", For: tasks.Manager, Outcomes: []string{"good", "bad"}}

	parent = process.New("thing", func(ctx workflow.Context, in thing) (fate, error) {
		var s work.Move
		done, heard, err := work.DoUnless(ctx, "Check the thing", check, sold.Into(&s))
		switch {
		case err != nil:
			return fate{}, err
		case heard != "":
			return fate{heard}, nil
		case done.Status != work.Completed:
			return fate{"unknown"}, nil
		}
		return fate{process.Decide(ctx, "Is it good?", done.Outcome, "good", "bad")}, nil
	}, process.Owner("sales"), process.Purpose("A thing is checked."), process.Receives(sold), process.Ends("good", "bad", "unknown", "sold"),
		process.OneRunPer(func(in thing) string { return in.ID.String() }))
)

// The outcomes of the brief are those that a process is explored with.
func TestAParentIsExploredWithTheOutcomesOfItsBrief(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, parent)
	require.Empty(t, r.Limits)
	ways := ""
	for _, p := range r.Paths {
		ways += p.String() + "\n"
	}
	for _, end := range []string{"completed: good", "completed: bad", "cancelled", "unattended", "sold"} {
		require.Contains(t, ways, "Check the thing = "+end)
	}
}

func TestDoUnless(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*scene, *processtest.Calls[tasks.Brief]) {
		s := newScene(t, parent)
		return s, processtest.Stub(s.Env, tasks.Give, processtest.Returns[tasks.Brief](tasks.Opened{TaskID: task, AssigneeID: ann}))
	}
	t.Run("done", func(t *testing.T) {
		t.Parallel()
		s, given := start(t)
		s.After(time.Hour, func() {
			s.plan = tasks.Plan{State: tasks.Completed, Outcome: "bad"}
			require.NoError(t, s.SignalWorkflowByID("task:"+task.String(), work.Moved.Name(), process.Delivery{}))
		})
		s.Run(parent, thing{ID: uuid.New()})
		require.Equal(t, "bad", s.Ended().Outcome)
		require.True(t, given.Args()[0].Tended, "no second run is started for it")
		require.Zero(t, s.off.Count())
	})
	t.Run("not needed any more", func(t *testing.T) {
		t.Parallel()
		s, _ := start(t)
		s.After(time.Hour, func() { processtest.Signal(s.Env, sold, "", work.Move{}) })
		s.Run(parent, thing{ID: uuid.New()})
		require.Equal(t, "sold", s.Ended().Outcome)
		require.Contains(t, s.off.Args(), tasks.Named{TaskID: task})
		require.Equal(t, process.Cancelled, s.Closed()[0].State, "the task's own run has ended before")
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		s, _ := start(t)
		s.After(time.Hour, s.CancelWorkflow)
		s.Run(parent, thing{ID: uuid.New()})
		require.Equal(t, process.Cancelled, s.Ended().State)
		require.Contains(t, s.off.Args(), tasks.Named{TaskID: task})
	})
	t.Run("cancelled before the task's own run began", func(t *testing.T) {
		t.Parallel()
		s, _ := start(t)
		processtest.Stub(s.Env, tasks.Give, func(tasks.Brief) (tasks.Opened, error) {
			s.CancelWorkflow()
			return tasks.Opened{TaskID: task}, nil
		})
		s.Run(parent, thing{ID: uuid.New()})
		require.Equal(t, process.Cancelled, s.Ended().State)
		require.Equal(t, []tasks.Named{{TaskID: task}}, s.off.Args())
	})
}
