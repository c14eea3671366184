package process_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// waits awaits a payment or a nudge once, within the limit, and ends with what came.
func waits(limit func(workflow.Context) process.Limit) *process.Process[order, outcome] {
	return define("waits", func(ctx workflow.Context, in order) (outcome, error) {
		var p paid
		got := process.AwaitAny(ctx, "Something comes", limit(ctx), payment.Into(&p), nudge.Into(new(struct{})))
		if got == "" {
			return outcome{}, ctx.Err()
		}
		return ended(got)
	})
}

func within(l process.Limit) func(workflow.Context) process.Limit {
	return func(workflow.Context) process.Limit { return l }
}

func TestAwaitAny(t *testing.T) {
	t.Parallel()
	soon := func(ctx workflow.Context) process.Limit { return process.Until(process.Now(ctx).Add(90 * time.Minute)) }
	past := func(ctx workflow.Context) process.Limit { return process.Until(process.Now(ctx).Add(-time.Minute)) }
	for _, tc := range []struct {
		name  string
		limit func(workflow.Context) process.Limit
		after func(*processtest.Env)
		want  string
		took  time.Duration
	}{
		{"the first that comes", within(process.For(48 * time.Hour)), func(e *processtest.Env) {
			e.After(time.Hour, func() { processtest.Signal(e, nudge, "", struct{}{}) })
			e.After(2*time.Hour, func() { processtest.Signal(e, payment, "", paid{1}) })
		}, "nudge", time.Hour},
		{"the earlier in the list when both are there", within(process.Forever()), func(e *processtest.Env) {
			e.After(time.Hour, func() {
				e.SignalWorkflowSkippingWorkflowTask(nudge.Name(), nil)
				processtest.Signal(e, payment, "", paid{1})
			})
		}, "payment", time.Hour},
		{"the limit", within(process.For(48 * time.Hour)), nil, process.TimedOut, 48 * time.Hour},
		{"an instant", soon, nil, process.TimedOut, 90 * time.Minute},
		{"an instant that has passed", past, nil, process.TimedOut, 0},
		{"a duration of nothing is no wait for ever", within(process.For(0)), nil, process.TimedOut, 0},
		{"a negative duration neither", within(process.For(-time.Hour)), nil, process.TimedOut, 0},
		{"a signal beats a limit that has passed", past, func(e *processtest.Env) {
			e.After(0, func() { processtest.Signal(e, payment, "", paid{1}) })
		}, "payment", 0},
	} {
		env := processtest.New(t, waits(tc.limit))
		if tc.after != nil {
			tc.after(env)
		}
		began := env.Now()
		env.Run(waits(tc.limit), order{ID: "o1"})
		require.Equal(t, tc.want, env.Ended().Outcome, tc.name)
		require.InDelta(t, tc.took, env.Ended().At.Sub(began), float64(5*time.Second), tc.name)
		require.Equal(t, []string{"Something comes = " + tc.want}, results(env.Ended().Trail), tc.name)
	}
}

func TestAWaitIsCancelled(t *testing.T) {
	t.Parallel()
	for _, limit := range []process.Limit{process.Forever(), process.For(48 * time.Hour)} {
		env := processtest.New(t, waits(within(limit)))
		env.After(time.Hour, env.CancelWorkflow)
		env.Run(waits(within(limit)), order{ID: "o1"})
		require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
		require.Equal(t, process.Cancelled, env.Ended().State)
		require.Empty(t, env.Ended().Outcome)
	}
}

func TestSleepTellsOfCancellation(t *testing.T) {
	t.Parallel()
	p := define("sleeps", func(ctx workflow.Context, in order) (outcome, error) {
		return outcome{"rested"}, process.Sleep(ctx, "Let a week pass", process.For(7*24*time.Hour))
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "rested", env.Ended().Outcome)

	env = processtest.New(t, p)
	env.After(time.Hour, env.CancelWorkflow)
	env.Run(p, order{ID: "o1"})
	require.Equal(t, process.Cancelled, env.Ended().State)
}

// TestTheSandboxClock lets an hour of business time pass in a second of the engine's.
func TestTheSandboxClock(t *testing.T) {
	t.Parallel()
	p := waits(within(process.For(time.Hour)))
	env := processtest.New(t, p)
	var timers []time.Duration
	env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { timers = append(timers, d) })
	began := env.Now()
	business := time.Date(2031, 5, 5, 9, 0, 0, 0, time.UTC)
	fast, err := clock.New(began, business, 3600)
	require.NoError(t, err)
	env.RunWith(p, order{ID: "o1"}, process.Envelope{Entry: processtest.Entry, Clock: fast})
	require.Equal(t, []time.Duration{time.Second}, timers)
	require.Equal(t, process.TimedOut, env.Ended().Outcome)
	require.InDelta(t, time.Hour, env.Ended().At.Sub(business), float64(10*time.Minute), "the journal has business time")
}

func TestStatusSaysWhatARunDoes(t *testing.T) {
	t.Parallel()
	p := define("says", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Write", write, in.ID); err != nil {
			return outcome{}, err
		}
		process.Decide(ctx, "Is it much?", "yes", "yes", "no")
		payment.Await(ctx, "Money comes in", process.For(24*time.Hour))
		return outcome{"done"}, process.Parallel(ctx, "Both",
			process.Branch{Name: "A", Run: func(ctx workflow.Context) error {
				nudge.Await(ctx, "Somebody asks", process.For(10*time.Hour))
				return nil
			}},
			process.Branch{Name: "B", Run: func(ctx workflow.Context) error {
				return process.Sleep(ctx, "Time passes", process.For(20*time.Hour))
			}})
	})
	env := processtest.New(t, p)
	processtest.Stub(env, write, processtest.Returns[string](1))
	began := env.Now().UTC()
	near := func(want time.Time, got *time.Time) {
		require.NotNil(t, got)
		require.WithinDuration(t, want, *got, 5*time.Second)
	}
	env.After(time.Hour, func() {
		s := env.Status()
		require.Equal(t, process.Waiting, s.State)
		require.Equal(t, "Money comes in", s.Step)
		require.Equal(t, "payment", s.WaitingFor)
		near(began, s.Since)
		near(began.Add(24*time.Hour), s.Until)
		require.Equal(t, []string{"Write = done", "Is it much? = yes"}, results(s.Trail))
	})
	env.After(2*time.Hour, func() { processtest.Signal(env, payment, "", paid{1}) })
	env.After(3*time.Hour, func() {
		s := env.Status()
		require.Equal(t, process.Waiting, s.State)
		require.Contains(t, []string{"Somebody asks", "Time passes"}, s.Step)
		near(began.Add(2*time.Hour), s.Since)
	})
	env.After(13*time.Hour, func() { // branch A has timed out, B has not
		s := env.Status()
		require.Equal(t, "Time passes", s.Step)
		require.Equal(t, "the time to come", s.WaitingFor)
		near(began.Add(22*time.Hour), s.Until)
		require.Equal(t, "Both/A: Somebody asks = timed out", results(s.Trail)[3])
	})
	env.Run(p, order{ID: "o1"})
	s := env.Status()
	require.Nil(t, s.Until)
	require.Equal(t, "Both/B: Time passes = timed out", results(s.Trail)[4])
	require.Equal(t, process.Completed, env.Ended().State)
}

func TestAnAnswerThatIsNoOptionPanics(t *testing.T) {
	t.Parallel()
	p := define("no-option", func(ctx workflow.Context, in order) (outcome, error) {
		require.PanicsWithValue(t, `process no-option: the answer to "Which?" is "c", which is none of ["a" "b"]`, func() {
			process.Decide(ctx, "Which?", "c", "a", "b")
		})
		return ended("done")
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "done", env.Ended().Outcome)
}
