package loss_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/losing"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/loss"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, loss.Process)
}

func TestALossGivesTheLeadAnotherChance(t *testing.T) {
	t.Parallel()
	deal := uuid.New()
	data, err := json.Marshal(events.DealLoss{Deal: events.Deal{DealID: deal}, Reason: "price"})
	require.NoError(t, err)
	actions, err := loss.Process.On(events.DealLost.Name(), data)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	var in loss.Input
	require.NoError(t, json.Unmarshal(actions[0].Data, &in))

	env := processtest.New(t, loss.Process)
	calls := processtest.Stub(env, losing.Reengage, processtest.Returns[losing.Loss](losing.Chance{Verdict: losing.Recycled}))
	env.Run(loss.Process, in)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, losing.Recycled, env.Ended().Outcome)
	require.Equal(t, []losing.Loss{{DealID: deal, Reason: "price"}}, calls.Args())
}
