package process_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

var child = define("child", func(ctx workflow.Context, in order) (outcome, error) {
	if in.Round == 13 {
		return outcome{}, process.Refused("unlucky", "thirteen")
	}
	payment.Await(ctx, "Money comes in", process.For(24*time.Hour))
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	return ended("waited")
}, process.Reenters(process.Many))

func TestFollow(t *testing.T) {
	t.Parallel()
	p := define("parent", func(ctx workflow.Context, in order) (outcome, error) {
		out, err := process.Follow(ctx, "Have it done", child, order{ID: "c-" + in.ID, Round: in.Round})
		return outcome{"child " + out.Name}, err
	})
	env := processtest.New(t, p, child)
	env.After(time.Hour, func() {
		require.Equal(t, "Have it done", env.Status().Step)
		require.Equal(t, "child", env.Status().WaitingFor)
	})
	fast, err := clock.New(env.Now(), env.Now(), 3600)
	require.NoError(t, err)
	env.RunWith(p, order{ID: "o1"}, process.Envelope{Entry: processtest.Entry, Clock: fast})
	require.Equal(t, "child waited", env.Ended().Outcome)
	require.Len(t, env.Opened(), 1)
	opened, closed := env.Opened()[0], env.Closed()[0]
	entry := process.EntryID("default-test-workflow-id/" + processtest.Entry + "/have-it-done.1")
	require.Equal(t, process.Opened{Entry: entry, Process: "child", Subject: "c-o1", Run: "child:c-o1:" + entry,
		Parent: "default-test-workflow-id"}, opened, "the same key makes the same entry, so a retry opens nothing new")
	require.Equal(t, opened.Entry, closed.Entry)
	require.Equal(t, opened.Run, closed.Run)

	env = processtest.New(t, p, child)
	env.Run(p, order{ID: "o1", Round: 13})
	require.Equal(t, "unlucky", process.Code(env.GetWorkflowError()), "the reason comes through")
	require.Equal(t, []string{"Have it done = refused: unlucky"}, results(env.Ended().Trail))
}

func TestCancellingAParentCancelsTheChildItFollows(t *testing.T) {
	t.Parallel()
	p := define("parent", func(ctx workflow.Context, in order) (outcome, error) {
		_, err := process.Follow(ctx, "Have it done", child, order{ID: "c1"})
		return outcome{"done"}, err
	})
	env := processtest.New(t, p, child)
	env.After(time.Hour, env.CancelWorkflow)
	env.Run(p, order{ID: "o1"})
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
	require.Len(t, env.Closed(), 2)
	require.Equal(t, process.Cancelled, env.Closed()[0].State, "the child's own end stands in the journal")
	require.Equal(t, "child", env.Closed()[0].Process)
}

func TestLaunchDoesNotWait(t *testing.T) {
	t.Parallel()
	p := define("parent", func(ctx workflow.Context, in order) (outcome, error) {
		return outcome{"done"}, process.Launch(ctx, "Start it", child, order{ID: "c1"})
	})
	env := processtest.New(t, p, child)
	began := env.Now()
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "done", env.Ended().Outcome)
	require.Less(t, env.Ended().At.Sub(began), time.Hour)
	require.Len(t, env.Opened(), 1)
}

func TestAChildThatAlreadyRuns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule process.Reentry
		want string
	}{{process.OneAtATime, "joined"}, {process.AfterExit, process.AlreadyRunning}, {process.OnceEver, process.AlreadyRunning}} {
		single := define("single", func(ctx workflow.Context, in order) (outcome, error) {
			return outcome{"done"}, process.Sleep(ctx, "Wait", process.For(time.Hour))
		}, process.Reenters(tc.rule))
		p := define("parent", func(ctx workflow.Context, in order) (outcome, error) {
			if err := process.Launch(ctx, "Start it", single, order{ID: "c1"}); err != nil {
				return outcome{}, err
			}
			if err := process.Launch(ctx, "Start it again", single, order{ID: "c1"}); err != nil {
				return ended(process.Code(err))
			}
			return ended("joined")
		})
		env := processtest.New(t, p, single)
		env.Run(p, order{ID: "o1"})
		require.Equal(t, tc.want, env.Ended().Outcome, tc.rule)
		require.Len(t, env.Opened(), 2)
		found := false
		for _, c := range env.Closed() {
			if c.Entry == env.Opened()[1].Entry {
				found = true
				require.Equal(t, process.AlreadyRunning, c.Outcome, "the entry that never ran does not stay open")
			}
		}
		require.True(t, found, tc.rule)
	}
}

func TestAChildWhoseParentIsCancelledBeforeItStarts(t *testing.T) {
	t.Parallel()
	p := define("parent", func(ctx workflow.Context, in order) (outcome, error) {
		_, err := process.Follow(ctx, "Have it done", child, order{ID: "c1"})
		return outcome{"done"}, err
	})
	env := processtest.New(t, p, child)
	env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
		if info.ActivityType.Name == process.OpenRun.Name() {
			env.CancelWorkflow()
		}
	})
	env.Run(p, order{ID: "o1"})
	require.Len(t, env.Opened(), 1)
	require.Len(t, env.Closed(), 2)
	require.Equal(t, env.Opened()[0].Entry, env.Closed()[0].Entry, "the entry that never ran does not stay open")
	require.Equal(t, process.Cancelled, env.Closed()[0].State)
	require.Equal(t, process.Cancelled, env.Ended().State)
}
