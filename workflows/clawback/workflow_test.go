package clawback_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/clawback"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, clawback.Process)
}

func TestARefundIsClawedBack(t *testing.T) {
	t.Parallel()
	env := processtest.New(t, clawback.Process)
	calls := processtest.Stub(env, commissioning.ClawBack, processtest.Returns[commissioning.Refund](
		commissioning.Clawed{Verdict: commissioning.ClawedBack, TotalMinor: 10, Currency: "EUR"}))
	in := clawback.Input{DealID: uuid.New(), AmountMinor: 100}
	env.Run(clawback.Process, in)
	require.NoError(t, env.GetWorkflowError())
	var out clawback.Outcome
	require.NoError(t, env.GetWorkflowResult(&out))
	require.Equal(t, clawback.Outcome{Status: commissioning.ClawedBack, TotalMinor: 10, Currency: "EUR"}, out)
	require.Equal(t, []commissioning.Refund{{DealID: in.DealID, AmountMinor: 100}}, calls.Args())
}

func TestWhatStartsIt(t *testing.T) {
	t.Parallel()
	for minor, started := range map[int64]int{100: 1, 0: 0, -5: 0} {
		data, err := json.Marshal(events.Refund{DealID: uuid.New(), AmountMinor: minor})
		require.NoError(t, err)
		actions, err := clawback.Process.On(events.DealRefunded.Name(), data)
		require.NoError(t, err)
		require.Len(t, actions, started)
	}
}
