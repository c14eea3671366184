package process_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

func TestUpdatesAcceptAndRefuse(t *testing.T) {
	t.Parallel()
	p := define("decides", func(ctx workflow.Context, in order) (outcome, error) {
		got := 0
		answers, err := decide.Handle(ctx,
			func(n int) error {
				if n < 0 {
					return process.Refused("negative", "a verdict is not negative")
				}
				return nil
			},
			func(ctx workflow.Context, n int) (string, error) {
				if n == 99 {
					return "", process.Refused("too-much", "beyond the limit")
				}
				_, err := process.Do(ctx, "Write the verdict", write, in.ID)
				got = n
				return "noted", err
			})
		if err != nil {
			return outcome{}, err
		}
		if process.AwaitAny(ctx, "Manager decides", process.For(24*time.Hour), answers.Next()) != decide.Name() {
			return ended("nobody")
		}
		return ended(map[int]string{1: "yes"}[got])
	}, process.Answers(decide))
	env := processtest.New(t, p)
	writes := processtest.Stub(env, write, processtest.Returns[string](1))
	var said []string
	ask := func(n int, want string) func() {
		return func() {
			processtest.Ask(env, decide, n, func(res string, err error) {
				if err != nil {
					res = process.Code(err)
				}
				said = append(said, res)
				require.Equal(t, want, res)
			})
		}
	}
	env.After(time.Hour, ask(-1, "negative"))
	env.After(2*time.Hour, ask(99, "too-much"))
	env.After(3*time.Hour, ask(1, "noted"))
	env.Run(p, order{ID: "o1"})
	require.Equal(t, []string{"negative", "too-much", "noted"}, said)
	require.Equal(t, "yes", env.Ended().Outcome, "a refused request does not end the wait")
	require.Equal(t, 1, writes.Count())
}

func TestARunEndsAfterItsUpdatesAreAnswered(t *testing.T) {
	t.Parallel()
	p := define("answers-first", func(ctx workflow.Context, in order) (outcome, error) {
		_, err := decide.Handle(ctx, nil, func(ctx workflow.Context, n int) (string, error) {
			return "late", process.Sleep(ctx, "Think it over", process.For(10*time.Hour))
		})
		if err != nil {
			return outcome{}, err
		}
		nudge.Await(ctx, "Somebody asks", process.Forever())
		return ended("done")
	}, process.Answers(decide))
	env := processtest.New(t, p)
	answered := ""
	env.After(time.Hour, func() {
		processtest.Ask(env, decide, 1, func(res string, err error) {
			require.NoError(t, err)
			answered = res
		})
	})
	env.After(2*time.Hour, func() { processtest.Signal(env, nudge, "", struct{}{}) })
	began := env.Now()
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "late", answered)
	require.GreaterOrEqual(t, env.Ended().At.Sub(began), 11*time.Hour)
}

func TestParallelJoinsErrors(t *testing.T) {
	t.Parallel()
	p := define("parallel", func(ctx workflow.Context, in order) (outcome, error) {
		order := []string{}
		branch := func(name string, wait time.Duration, err error) process.Branch {
			return process.Branch{Name: name, Run: func(ctx workflow.Context) error {
				if wait > 0 {
					if sleepErr := process.Sleep(ctx, "Wait", process.For(wait)); sleepErr != nil {
						return sleepErr
					}
				}
				order = append(order, name)
				return err
			}}
		}
		err := process.Parallel(ctx, "All", branch("slow", 3*time.Hour, nil), branch("bad", time.Hour, process.Refused("no", "no")),
			branch("worse", 2*time.Hour, process.NotFound("thing", "t1")), branch("quick", 0, nil))
		require.Equal(t, []string{"quick", "bad", "worse", "slow"}, order, "all are seen through")
		require.ErrorContains(t, err, "no")
		require.ErrorContains(t, err, "thing t1 does not exist")
		require.NoError(t, process.Parallel(ctx, "None"))
		return outcome{}, err
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.Equal(t, process.Failed, env.Ended().State)
	require.Equal(t, "no", env.Ended().Outcome, "the first branch that failed says why")
}

func TestCancellingReachesEveryBranch(t *testing.T) {
	t.Parallel()
	p := define("cancelled-branches", func(ctx workflow.Context, in order) (outcome, error) {
		undone := 0
		branch := func(name string) process.Branch {
			return process.Branch{Name: name, Run: func(ctx workflow.Context) error {
				err := process.Sleep(ctx, "Wait", process.For(100*time.Hour))
				if err != nil {
					undone++
					_, undoErr := process.Undo(ctx, "Undo", write, name)
					return errors.Join(err, undoErr)
				}
				return nil
			}}
		}
		err := process.Parallel(ctx, "All", branch("A"), branch("B"))
		require.Equal(t, 2, undone)
		return outcome{"done"}, err
	})
	env := processtest.New(t, p)
	writes := processtest.Stub(env, write, processtest.Returns[string](1))
	env.After(time.Hour, env.CancelWorkflow)
	env.Run(p, order{ID: "o1"})
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
	require.ElementsMatch(t, []string{"A", "B"}, writes.Args())
	require.Equal(t, process.Cancelled, env.Ended().State)
}

func TestShouldContinueFollowsTemporal(t *testing.T) {
	t.Parallel()
	p := define("grows", func(ctx workflow.Context, in order) (outcome, error) {
		if process.ShouldContinue(ctx) {
			return outcome{}, process.Continue(order{ID: in.ID, Round: 1})
		}
		return ended("short")
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "short", env.Ended().Outcome)
	env = processtest.New(t, p)
	env.SetContinueAsNewSuggested(true)
	env.Run(p, order{ID: "o1"})
	in, _ := continued(t, env)
	require.Equal(t, order{ID: "o1", Round: 1}, in)
}

// A run that finds a backlog takes its steps in one workflow task, in which Temporal suggests nothing.
func TestARunOfManyStepsShouldContinue(t *testing.T) {
	t.Parallel()
	p := define("works-off", func(ctx workflow.Context, in order) (outcome, error) {
		for n := 0; n < 2000; n++ {
			if process.ShouldContinue(ctx) {
				return outcome{}, process.Continue(order{ID: in.ID, Round: n})
			}
			if _, err := process.Do(ctx, "Write", write, "x"); err != nil {
				return outcome{}, err
			}
		}
		return ended("done")
	})
	env := processtest.New(t, p)
	processtest.Stub(env, write, processtest.Returns[string](1))
	env.Run(p, order{ID: "o1"})
	in, envelope := continued(t, env)
	require.Equal(t, 1500, in.Round)

	env = processtest.New(t, p)
	processtest.Stub(env, write, processtest.Returns[string](1))
	env.RunWith(p, in, envelope)
	in, _ = continued(t, env)
	require.Equal(t, 1500, in.Round, "those of the run before do not count")
}

func TestALongRunKeepsABoundedTrail(t *testing.T) {
	t.Parallel()
	p := define("long", func(ctx workflow.Context, in order) (outcome, error) {
		for range 500 {
			process.Decide(ctx, "Again?", "yes", "yes", "no")
		}
		process.Decide(ctx, "Last?", "yes", "yes", "no")
		return ended("done")
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.Len(t, env.Ended().Trail, 200)
	require.Equal(t, "Last?", env.Ended().Trail[199].Step)
}

func TestAContextFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	env := processtest.New(t)
	env.RegisterWorkflow(noProcess)
	env.ExecuteWorkflow(noProcess)
	require.ErrorContains(t, env.GetWorkflowError(), "this context does not come from a process")
}

func noProcess(ctx workflow.Context) error {
	process.Decide(ctx, "Which?", "a", "a")
	return nil
}
