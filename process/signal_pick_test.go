package process_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// What a wait does not want stays for a later one, in order, and what cannot be read is noted and gone.
func TestAWaitPicksWhatItWants(t *testing.T) {
	t.Parallel()
	var got []int
	p := define("picks", func(ctx workflow.Context, in order) (outcome, error) {
		for _, least := range []int{100, 0, 0} {
			var m paid
			process.AwaitAny(ctx, "Money comes in", process.For(24*time.Hour), payment.Pick(&m, func(p paid) bool { return p.Amount >= least }))
			got = append(got, m.Amount)
		}
		return ended("done")
	})
	env := processtest.New(t, p)
	env.After(time.Hour, func() {
		processtest.Signal(env, payment, "e1", paid{10})
		env.SignalWorkflow(payment.Name(), process.Delivery{EventID: "e2", Data: json.RawMessage(`[1]`)})
		processtest.Signal(env, payment, "e3", paid{20})
	})
	env.After(2*time.Hour, func() { require.Equal(t, process.Waiting, env.Status().State, "small money does not end the wait") })
	env.After(3*time.Hour, func() { processtest.Signal(env, payment, "e4", paid{100}) })
	env.Run(p, order{ID: "o1"})
	require.Equal(t, []int{100, 10, 20}, got)
	require.Empty(t, env.Ended().Unread)
	require.Contains(t, results(env.Ended().Trail), "Money comes in = signal payment: the payload is not a process_test.paid")
}
