package process_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

func TestDrain(t *testing.T) {
	t.Parallel()
	var before, drained, again int
	p := define("drains", func(ctx workflow.Context, in order) (outcome, error) {
		before = payment.Drain(ctx)
		if err := process.Sleep(ctx, "Wait", process.For(time.Hour)); err != nil {
			return outcome{}, err
		}
		drained, again = payment.Drain(ctx), payment.Drain(ctx)
		_, heard := payment.Await(ctx, "Money comes in", process.For(time.Hour))
		require.True(t, heard, "what comes later is not lost")
		return ended("done")
	})
	env := processtest.New(t, p)
	for i := range 3 {
		env.After(time.Duration(i+1)*time.Minute, func() { processtest.Signal(env, payment, "", paid{}) })
	}
	env.After(90*time.Minute, func() { processtest.Signal(env, payment, "", paid{}) })
	env.Run(p, order{ID: "o1"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []int{0, 3, 0}, []int{before, drained, again})
	require.Empty(t, env.Ended().Unread)
}
