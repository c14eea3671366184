package process_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// stopper ends the child of child_test.go, which would wait for a day.
var stopper = process.NewSignal[string]("stop", "the child is not wanted any more")

var follower = define("parent", func(ctx workflow.Context, in order) (outcome, error) {
	var why string
	out, heard, err := process.FollowUnless(ctx, "Have it done", child, order{ID: "c1", Round: in.Round}, stopper.Into(&why))
	if heard != "" {
		return ended(heard + " " + why)
	}
	return outcome{"child " + out.Name}, err
}, process.Receives(stopper))

func TestFollowUnless(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	start := func(t *testing.T) *processtest.Env {
		env := processtest.New(t, follower, child)
		env.SetStartTime(began)
		return env
	}
	t.Run("nothing comes", func(t *testing.T) {
		t.Parallel()
		env := start(t)
		env.After(time.Hour, func() {
			require.Equal(t, "Have it done", env.Status().Step)
			require.Equal(t, "child or stop", env.Status().WaitingFor)
		})
		env.Run(follower, order{ID: "o1"})
		require.Equal(t, "child waited", env.Ended().Outcome)
		require.Equal(t, []string{"Have it done = done"}, results(env.Ended().Trail))
		require.WithinDuration(t, began.Add(24*time.Hour), env.Ended().At, time.Minute)
	})
	t.Run("the case comes", func(t *testing.T) {
		t.Parallel()
		env := start(t)
		env.After(time.Hour, func() { env.SignalWorkflow("stop", process.Delivery{Data: []byte(`7`)}) }) // nothing to read in it
		env.After(2*time.Hour, func() { processtest.Signal(env, stopper, "", "enough") })
		env.Run(follower, order{ID: "o1"})
		require.Equal(t, "stop enough", env.Ended().Outcome)
		require.WithinDuration(t, began.Add(2*time.Hour), env.Ended().At, time.Minute)
		require.Equal(t, process.Cancelled, env.Closed()[0].State, "the child has ended before the parent goes on")
		require.Equal(t, "Have it done = stop", results(env.Ended().Trail)[1])
	})
	t.Run("the case is there already", func(t *testing.T) {
		t.Parallel()
		env := start(t)
		env.After(0, func() { processtest.Signal(env, stopper, "", "early") })
		env.Run(follower, order{ID: "o1"})
		require.Equal(t, "stop early", env.Ended().Outcome)
	})
	t.Run("the case comes with the end", func(t *testing.T) {
		t.Parallel()
		over := false
		task := define("child", func(ctx workflow.Context, _ order) (outcome, error) {
			defer func() { over = true }()
			return outcome{"done"}, process.Sleep(ctx, "Work", process.For(time.Hour))
		})
		parent := define("parent", func(ctx workflow.Context, _ order) (outcome, error) {
			var why string
			out, heard, err := process.FollowUnless(ctx, "Have it done", task, order{ID: "c1"}, stopper.Pick(&why, func(string) bool { return over }))
			return outcome{out.Name + heard}, err
		}, process.Receives(stopper))
		env := processtest.New(t, parent, task)
		env.After(time.Minute, func() { processtest.Signal(env, stopper, "", "late") })
		env.Run(parent, order{ID: "o1"})
		require.Equal(t, "done", env.Ended().Outcome)
	})
	t.Run("the child fails", func(t *testing.T) {
		t.Parallel()
		env := start(t)
		env.Run(follower, order{ID: "o1", Round: 13})
		require.Equal(t, "unlucky", process.Code(env.GetWorkflowError()))
	})
	t.Run("the run is cancelled", func(t *testing.T) {
		t.Parallel()
		env := start(t)
		env.After(time.Hour, env.CancelWorkflow)
		env.Run(follower, order{ID: "o1"})
		require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
		require.Len(t, env.Closed(), 2)
		require.Equal(t, process.Cancelled, env.Closed()[0].State)
	})
}
