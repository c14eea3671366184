package busyfeed_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/busy"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/busyfeed"
)

// It reads for ever, so the search is cut there.
func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, busyfeed.Process)
}

func newScene(t *testing.T, read func(n int) (busy.Reading, error)) (*processtest.Env, *processtest.Calls[busy.Feed]) {
	env := processtest.New(t, busyfeed.Process)
	env.SetStartTime(time.Date(2026, 6, 8, 8, 0, 0, 0, time.UTC))
	n := 0
	return env, processtest.Stub(env, busy.Read, func(busy.Feed) (busy.Reading, error) { n++; return read(n) })
}

func TestItReadsUntilNobodyWantsItAnyMore(t *testing.T) {
	t.Parallel()
	env, read := newScene(t, func(n int) (busy.Reading, error) {
		if n == 2 {
			return busy.Reading{}, process.Invalid("broken", "it does not matter why")
		}
		return busy.Reading{State: busy.Fresh}, nil
	})
	env.After(time.Hour+time.Minute, func() { processtest.Signal(env, busyfeed.Dropped, "", busyfeed.Nothing{}) })
	env.Run(busyfeed.Process, busyfeed.Input{FeedID: uuid.New()})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 5, read.Count(), "every quarter of an hour, a failure between them or not")
}

func TestItGoesOnAsANewRun(t *testing.T) {
	t.Parallel()
	env, read := newScene(t, func(int) (busy.Reading, error) { return busy.Reading{State: busy.Unchanged}, nil })
	env.Run(busyfeed.Process, busyfeed.Input{FeedID: uuid.New()})
	require.True(t, workflow.IsContinueAsNewError(env.GetWorkflowError()))
	require.Equal(t, 200, read.Count())
}
