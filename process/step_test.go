package process_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

func TestKeysNameTheBusinessStep(t *testing.T) {
	t.Parallel()
	p := define("keys", func(ctx workflow.Context, in order) (outcome, error) {
		for range 2 {
			if _, err := process.Do(ctx, "Write it down!", write, in.ID); err != nil {
				return outcome{}, err
			}
		}
		err := process.Parallel(ctx, "Tell", process.Branch{Name: "A", Run: func(ctx workflow.Context) error {
			_, err := process.Do(ctx, "Write it down!", write, in.ID)
			return err
		}})
		if err != nil {
			return outcome{}, err
		}
		_, err = process.Do(ctx, "Call", call, in.ID)
		return outcome{"done"}, err
	})
	env := processtest.New(t, p)
	fails := 2
	writes := processtest.Stub(env, write, processtest.Returns[string](1))
	calls := processtest.Stub(env, call, func(string) (int, error) {
		if fails--; fails >= 0 {
			return 0, process.Unavailable("down")
		}
		return 1, nil
	})
	env.Run(p, order{ID: "o1"})
	require.NoError(t, env.GetWorkflowError())
	run := "default-test-workflow-id/" + processtest.Entry + "/"
	require.Equal(t, []string{run + "write-it-down.1", run + "write-it-down.2", run + "tell-a-write-it-down.1"}, writes.Keys())
	require.Equal(t, []string{run + "call.1", run + "call.1", run + "call.1"}, calls.Keys(), "a retry is the same effect")
}

func TestKeysCountOnWhenTheRunContinues(t *testing.T) {
	t.Parallel()
	p := define("counts-on", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Write", write, in.ID); err != nil {
			return outcome{}, err
		}
		if in.Round < 2 {
			return outcome{}, process.Continue(order{ID: in.ID, Round: in.Round + 1})
		}
		return ended("done")
	})
	in, envelope := order{ID: "o1"}, process.Envelope{Entry: processtest.Entry}
	var keys []string
	for range 3 {
		env := processtest.New(t, p)
		writes := processtest.Stub(env, write, processtest.Returns[string](1))
		env.RunWith(p, in, envelope)
		keys = append(keys, writes.Keys()...)
		if in.Round == 2 {
			require.Equal(t, []string{"Write = done", "Write = done", "Write = done"}, results(env.Ended().Trail), "the trail goes along")
			break
		}
		require.Empty(t, env.Closed(), "a run that continues has not ended")
		in, envelope = continued(t, env)
	}
	run := "default-test-workflow-id/" + processtest.Entry + "/"
	require.Equal(t, []string{run + "write.1", run + "write.2", run + "write.3"}, keys)
}

func TestErrorsAndRetries(t *testing.T) {
	t.Parallel()
	secret := "ada@example.com"
	for _, tc := range []struct {
		name     string
		err      error
		tries    int // until it succeeds or is given up
		code     string
		says     string
		provider bool
	}{
		{name: "invalid ends at once", err: process.Invalid("bad-number", "not a number"), tries: 1, code: "bad-number", says: "not a number"},
		{name: "not found ends at once", err: process.NotFound("contact", "c1"), tries: 1, code: "not-found", says: "contact c1 does not exist"},
		{name: "refused ends at once", err: process.Refused("no-consent", "no consent"), tries: 1, code: "no-consent", says: "no consent", provider: true},
		{name: "unavailable is tried again", err: process.Unavailable("down"), tries: 3},
		{name: "unavailable provider is tried again", err: process.Unavailable("down"), tries: 3, provider: true},
		{name: "rate limited is tried again", err: process.RateLimited("slow down", time.Hour), tries: 3, provider: true},
		{name: "unknown is tried again", err: errors.New(secret), tries: 3},
		{name: "wrapped refusal keeps its class and loses its wrapping", err: fmt.Errorf("mail %s: %w", secret, process.Refused("bounced", "hard bounce")),
			tries: 1, code: "bounced", says: "hard bounce", provider: true},
	} {
		p := define("retries", func(ctx workflow.Context, in order) (outcome, error) {
			act := write
			if tc.provider {
				act = call
			}
			_, err := process.Do(ctx, "Step", act, in.ID)
			return outcome{"done"}, err
		})
		env := processtest.New(t, p)
		tries := 0
		answer := func(string) (int, error) {
			if tries++; tries < 3 {
				return 0, tc.err
			}
			return 1, nil
		}
		processtest.Stub(env, write, answer)
		processtest.Stub(env, call, answer)
		env.Run(p, order{ID: "o1"})
		require.Equal(t, tc.tries, tries, tc.name)
		err := env.GetWorkflowError()
		require.Equal(t, tc.code, process.Code(err), tc.name)
		require.Equal(t, tc.code, env.Ended().Outcome[:len(tc.code)], tc.name)
		if tc.code == "" {
			require.NoError(t, err, tc.name)
			continue
		}
		require.Equal(t, process.Failed, env.Ended().State)
		require.Equal(t, []string{"Step = refused: " + tc.code}, results(env.Ended().Trail), tc.name)
		require.ErrorContains(t, err, tc.says, tc.name)
		require.NotContains(t, err.Error(), secret, tc.name)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	var took time.Duration
	p := define("rate-limited", func(ctx workflow.Context, in order) (outcome, error) {
		began := process.Now(ctx)
		_, err := process.Do(ctx, "Call", call, in.ID)
		took = process.Now(ctx).Sub(began)
		return outcome{"done"}, err
	})
	env := processtest.New(t, p)
	first := true
	processtest.Stub(env, call, func(string) (int, error) {
		if first {
			first = false
			return 0, process.RateLimited("slow down", 37*time.Minute)
		}
		return 1, nil
	})
	env.Run(p, order{ID: "o1"})
	require.NoError(t, env.GetWorkflowError())
	require.InDelta(t, 37*time.Minute, took, float64(time.Second))
}

// TestAStepOutlastsPostgreSQL lets the database be away far longer than one try may take: forty tries are three minutes.
func TestAStepOutlastsPostgreSQL(t *testing.T) {
	t.Parallel()
	var took time.Duration
	p := define("outlasts", func(ctx workflow.Context, in order) (outcome, error) {
		began := process.Now(ctx)
		_, err := process.Do(ctx, "Write", write, in.ID)
		took = process.Now(ctx).Sub(began)
		return outcome{"done"}, err
	})
	env := processtest.New(t, p)
	env.SetTestTimeout(time.Minute)
	tries := 0
	writes := processtest.Stub(env, write, func(string) (int, error) {
		if tries++; tries <= 40 {
			return 0, fmt.Errorf("connect: %w", &pgconn.PgError{Code: "57P03"})
		}
		return 1, nil
	})
	env.Run(p, order{ID: "o1"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "done", env.Ended().Outcome)
	require.Equal(t, 41, writes.Count())
	require.Greater(t, took, 2*time.Minute, "it has waited between the tries")
	keys := writes.Keys()
	require.Equal(t, keys[0], keys[40], "a late try is the same effect")
}

func TestAProviderThatStaysDownFailsTheStep(t *testing.T) {
	t.Parallel()
	p := define("down", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Call", call, in.ID); process.IsType(err, process.TypeUnavailable) {
			return ended("gave up")
		}
		return ended("done")
	})
	env := processtest.New(t, p)
	calls := processtest.Stub(env, call, func(string) (int, error) { return 0, process.Unavailable("down") })
	env.Run(p, order{ID: "o1"})
	require.Equal(t, "gave up", env.Ended().Outcome)
	require.Equal(t, 10, calls.Count(), "the test environment gives up after ten tries, a server after a day")
}

// TestDriverTextsStayInside calls implementations with errors that quote a person.
func TestDriverTextsStayInside(t *testing.T) {
	t.Parallel()
	const secret = "ada@example.com"
	for _, tc := range []struct {
		name string
		err  error
		says string
	}{
		{"PostgreSQL", fmt.Errorf("insert: %w", &pgconn.PgError{Code: "23505", Message: "duplicate " + secret, Detail: secret}), "SQLSTATE 23505"},
		{"anything else", errors.New("no such mailbox: " + secret), "store.write failed (*errors.errorString)"},
		{"time-out", fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), "no answer in time"},
		{"stopping", fmt.Errorf("%s: %w", secret, context.Canceled), "stopping"},
		{"somebody else's application error", temporal.NewApplicationError(secret, "Other"), "store.write failed"},
		{"joined", errors.Join(errors.New(secret), errors.New(secret)), "store.write failed"},
	} {
		impl := write.Implement(func(context.Context, string) (int, error) { return 7, tc.err })
		env := processtest.New(t)
		env.Register(impl)
		env.RegisterWorkflow(callOnce)
		env.ExecuteWorkflow(callOnce)
		err := env.GetWorkflowError()
		require.ErrorContains(t, err, tc.says, tc.name)
		for e := err; e != nil; e = errors.Unwrap(e) {
			require.NotContains(t, fmt.Sprintf("%+v", e), secret, tc.name)
		}
		require.True(t, process.IsType(err, process.TypeUnavailable), tc.name)
	}
}

func callOnce(ctx workflow.Context) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
	return workflow.ExecuteLocalActivity(ctx, write.Name(), process.Call[string]{Key: "k", Arg: "a"}).Get(ctx, nil)
}

func TestAProcessCannotTellOnAPersonByFailing(t *testing.T) {
	t.Parallel()
	p := define("tells", func(workflow.Context, order) (outcome, error) {
		return outcome{}, fmt.Errorf("cannot write to %s", "ada@example.com")
	})
	env := processtest.New(t, p)
	env.Run(p, order{ID: "o1"})
	require.ErrorContains(t, env.GetWorkflowError(), "process tells failed")
	require.NotContains(t, env.GetWorkflowError().Error(), "ada@")
	require.Equal(t, process.Failed, env.Ended().State)
}

func TestUndoRunsOnACancelledRun(t *testing.T) {
	t.Parallel()
	p := define("undoes", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Reserve", write, "reserve"); err != nil {
			return outcome{}, err
		}
		payment.Await(ctx, "Money comes in", process.Forever())
		if _, err := process.Do(ctx, "Ship", write, "ship"); err != nil {
			_, undoErr := process.Undo(ctx, "Release", write, "release")
			return outcome{}, errors.Join(err, undoErr)
		}
		return ended("shipped")
	})
	env := processtest.New(t, p)
	writes := processtest.Stub(env, write, processtest.Returns[string](1))
	env.After(time.Hour, env.CancelWorkflow)
	env.Run(p, order{ID: "o1"})
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
	require.Equal(t, []string{"reserve", "release"}, writes.Args())
	require.Equal(t, process.Cancelled, env.Ended().State)
	require.Equal(t, []string{"Reserve = done", "Money comes in = cancelled", "Ship = cancelled", "Release = done"}, results(env.Ended().Trail))
}

// TestAStepThatHasBegunIsSeenThrough cancels the run in the middle of a step: what took effect is known and undone.
// The test environment cuts provider steps short whatever their options say, so they are not looked at here.
func TestAStepThatHasBegunIsSeenThrough(t *testing.T) {
	t.Parallel()
	p := define("seen-through", func(ctx workflow.Context, in order) (outcome, error) {
		if _, err := process.Do(ctx, "Reserve", write, "reserve"); err != nil {
			return outcome{}, err
		}
		if _, err := process.Do(ctx, "Ship", write, "ship"); err != nil {
			_, undoErr := process.Undo(ctx, "Release", write, "release")
			return outcome{}, errors.Join(err, undoErr)
		}
		return ended("shipped")
	})
	env := processtest.New(t, p)
	calls := processtest.Stub(env, write, func(what string) (int, error) {
		if what == "reserve" {
			env.CancelWorkflow()
		}
		return 1, nil
	})
	env.Run(p, order{ID: "o1"})
	require.Equal(t, []string{"reserve", "release"}, calls.Args())
	require.Equal(t, []string{"Reserve = done", "Ship = cancelled", "Release = done"}, results(env.Ended().Trail))
	require.Equal(t, process.Cancelled, env.Ended().State)
}
