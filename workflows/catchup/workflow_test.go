package catchup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/stripe"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/catchup"
)

// It asks for ever, so the search is cut: where full pages follow each other without end, and nowhere else.
func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, catchup.Process)
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// newScene is a run that begins at noon; Stripe answers what the test says, page by page, and the last for all that follow.
func newScene(t *testing.T, pages ...stripe.Filled) (*processtest.Env, *processtest.Calls[stripe.Gap], *[]stripe.Gap) {
	t.Helper()
	env := processtest.New(t, catchup.Process)
	env.SetStartTime(noon)
	var gaps []stripe.Gap
	calls := processtest.Stub(env, stripe.Backfill, func(g stripe.Gap) (stripe.Filled, error) {
		gaps = append(gaps, g)
		page := pages[min(len(gaps), len(pages))-1]
		if page.State == "" {
			return page, process.Refused("stripe-key", "it does not matter why")
		}
		return page, nil
	})
	return env, calls, &gaps
}

// next is what the run that goes on is given.
func next(t *testing.T, env *processtest.Env) catchup.Input {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	var in catchup.Input
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	return in
}

func TestItReadsToTheEndAndGoesOnFromThere(t *testing.T) {
	t.Parallel()
	hour := noon.Add(time.Hour)
	env, calls, gaps := newScene(t, stripe.Filled{State: stripe.More, After: "evt_9", Newest: 900}, stripe.Filled{State: stripe.More, After: "evt_5", Newest: 500},
		stripe.Filled{State: stripe.ThatsAll, After: "evt_1", Newest: 100, Next: hour})
	env.Run(catchup.Process, catchup.Input{Since: 50})
	require.Equal(t, []stripe.Gap{{Since: 50}, {Since: 50, After: "evt_9"}, {Since: 50, After: "evt_5"}}, *gaps)
	require.Len(t, calls.Keys(), 3)
	require.Equal(t, catchup.Input{Since: 900}, next(t, env))
	require.WithinDuration(t, hour, env.Now(), time.Second)
}

func TestNothingNewLeavesTheMarkWhereItWas(t *testing.T) {
	t.Parallel()
	env, _, _ := newScene(t, stripe.Filled{State: stripe.ThatsAll, Next: noon.Add(time.Hour)})
	env.Run(catchup.Process, catchup.Input{Since: 50})
	require.Equal(t, catchup.Input{Since: 50}, next(t, env))
}

// What was not read is read the next time, from the first page on: Stripe may know the last event no more by then.
func TestStripeThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	env, _, _ := newScene(t, stripe.Filled{State: stripe.More, After: "evt_9", Newest: 900}, stripe.Filled{})
	env.Run(catchup.Process, catchup.Input{Since: 50})
	require.Equal(t, catchup.Input{Since: 50}, next(t, env))
	require.WithinDuration(t, noon.Add(15*time.Minute), env.Now(), time.Minute)
}

func TestWhoAsksNeedNotWait(t *testing.T) {
	t.Parallel()
	env, _, _ := newScene(t, stripe.Filled{State: stripe.ThatsAll, Newest: 900, Next: noon.Add(time.Hour)})
	env.After(time.Minute, func() { processtest.Signal(env, catchup.Asked, "", catchup.Nothing{}) })
	env.Run(catchup.Process, catchup.Input{})
	require.Equal(t, catchup.Input{Since: 900}, next(t, env))
	require.WithinDuration(t, noon.Add(time.Minute), env.Now(), time.Second)
}

func TestAVeryLongGapGoesOnAsANewRun(t *testing.T) {
	t.Parallel()
	env, calls, _ := newScene(t, stripe.Filled{State: stripe.More, After: "evt_9", Newest: 900})
	env.Run(catchup.Process, catchup.Input{Since: 50})
	require.Equal(t, 200, calls.Count())
	require.Equal(t, catchup.Input{Since: 50, After: "evt_9", Newest: 900}, next(t, env))
	require.WithinDuration(t, noon, env.Now(), time.Hour)
}

func TestWithoutAnAccountItEnds(t *testing.T) {
	t.Parallel()
	env, _, _ := newScene(t, stripe.Filled{State: stripe.Off})
	env.Run(catchup.Process, catchup.Input{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, catchup.SwitchedOff, env.Ended().Outcome)
}

func TestACancelledRunStops(t *testing.T) {
	t.Parallel()
	env, _, _ := newScene(t, stripe.Filled{State: stripe.ThatsAll, Next: noon.Add(time.Hour)})
	env.After(time.Minute, env.CancelWorkflow)
	env.Run(catchup.Process, catchup.Input{})
	require.Equal(t, process.Cancelled, env.Ended().State)
}

func TestThereIsOneAndItStands(t *testing.T) {
	t.Parallel()
	d := catchup.Process.Describe()
	require.Equal(t, process.OneAtATime, d.Reentry)
	require.JSONEq(t, "{}", string(d.Standing), "the house starts it by itself")
	require.Equal(t, "stripe-catch-up:house", d.WorkflowID("house", processtest.Entry))
}
