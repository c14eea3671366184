package dormancy_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/dormancy"
	"github.com/perdura/perdura/workflows/retention"
)

// The watch goes on for ever, so its search is cut: where full batches follow each other without end, and nowhere else.
func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, dormancy.Process)
	require.Len(t, r.Limits, 1)
	require.Contains(t, r.Limits[0], "1 of 7 paths were cut because they repeat without end")
}

var (
	noon    = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	morning = time.Date(2026, 1, 6, 8, 0, 0, 0, time.UTC)
)

// newScene is a watch that begins at noon and finds what the test says, look by look; the last for all that follow.
func newScene(t *testing.T, found ...retaining.Found) (*processtest.Env, *processtest.Calls[struct{}]) {
	t.Helper()
	env := processtest.New(t, dormancy.Process)
	env.SetStartTime(noon)
	var looks *processtest.Calls[struct{}]
	looks = processtest.Stub(env, retaining.FindSleepy, func(struct{}) (retaining.Found, error) {
		return found[min(looks.Count(), len(found))-1], nil
	})
	return env, looks
}

// goesOn checks that the run goes on as a new one, and returns what that one is given.
func goesOn(t *testing.T, env *processtest.Env) process.Envelope {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	require.Empty(t, env.Closed(), "a watch that goes on has not ended")
	var in dormancy.Input
	var envelope process.Envelope
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	return envelope
}

func TestTheWatchTakesBatchesUntilNobodyIsLeft(t *testing.T) {
	t.Parallel()
	more, all := retaining.Found{Verdict: retaining.More, Woken: 200, Next: morning}, retaining.Found{Verdict: retaining.ThatsAll, Woken: 17, Next: morning}
	env, looks := newScene(t, more, more, all)
	env.After(time.Minute, func() {
		require.Equal(t, 3, looks.Count(), "all batches are taken at once")
		status := env.Status()
		require.Equal(t, "Wait for the next morning", status.Step)
		require.Equal(t, morning, status.Until.UTC())
	})
	env.Run(dormancy.Process, dormancy.Input{})
	require.Equal(t, 3, looks.Count())
	require.WithinDuration(t, morning, env.Now(), time.Second, "and then nothing until the next morning")

	// The new run looks again, under keys of its own: a repeat of an old key would find nothing new.
	envelope := goesOn(t, env)
	require.Equal(t, processtest.Entry, envelope.Entry)
	next, again := newScene(t, retaining.Found{Verdict: retaining.Off})
	next.RunWith(dormancy.Process, dormancy.Input{}, envelope)
	require.Equal(t, 1, again.Count())
	require.NotContains(t, looks.Keys(), again.Keys()[0])
}

func TestAWatchThatIsSwitchedOffEnds(t *testing.T) {
	t.Parallel()
	env, looks := newScene(t, retaining.Found{Verdict: retaining.Off})
	env.Run(dormancy.Process, dormancy.Input{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, dormancy.SwitchedOff, env.Ended().Outcome)
	require.Equal(t, 1, looks.Count())
}

// However many fall asleep, the history stays short: the run goes on as a new one, without waiting for a morning.
func TestAVeryFullMorningGoesOnAsANewRun(t *testing.T) {
	t.Parallel()
	env, looks := newScene(t, retaining.Found{Verdict: retaining.More, Woken: 200, Next: morning})
	env.Run(dormancy.Process, dormancy.Input{})
	goesOn(t, env)
	require.Equal(t, 500, looks.Count())
	require.WithinDuration(t, noon, env.Now(), time.Hour)
}

func TestACancelledWatchStops(t *testing.T) {
	t.Parallel()
	env, looks := newScene(t, retaining.Found{Verdict: retaining.ThatsAll, Next: morning})
	env.After(time.Hour, env.CancelWorkflow)
	env.Run(dormancy.Process, dormancy.Input{})
	require.Equal(t, process.Cancelled, env.Ended().State)
	require.Equal(t, 1, looks.Count())
}

func TestThereIsOneWatchAndItStands(t *testing.T) {
	t.Parallel()
	d := dormancy.Process.Describe()
	require.Equal(t, process.OneAtATime, d.Reentry)
	require.JSONEq(t, "{}", string(d.Standing), "the house starts it by itself")
	require.Equal(t, "dormancy-watch:house", d.WorkflowID("house", processtest.Entry))
}

// What the watch tells is what the retention of one customer begins with.
func TestWhoIsFoundIsWonBack(t *testing.T) {
	t.Parallel()
	customer := uuid.New()
	actions, err := retention.Process.On(events.CustomerAsleep.Name(), []byte(`{"contact_id":"`+customer.String()+`"}`))
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, customer.String(), actions[0].Subject)
}
