package dealentry_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/dealentry"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, dealentry.Process)
}

func TestALeadBecomesADeal(t *testing.T) {
	t.Parallel()
	lead, deal := uuid.New(), uuid.New()
	env := processtest.New(t, dealentry.Process)
	opened := processtest.Stub(env, dealing.OpenForLead, processtest.Returns[uuid.UUID](dealing.Opened{DealID: deal, Result: dealing.DealOpened}))
	env.Run(dealentry.Process, dealentry.Input{LeadID: lead})
	var out dealentry.Outcome
	require.NoError(t, env.GetWorkflowResult(&out))
	require.Equal(t, dealentry.Outcome{Status: dealing.DealOpened, DealID: deal}, out)
	require.Equal(t, []uuid.UUID{lead}, opened.Args())
}

func TestOnlyAcceptedLeadsEnter(t *testing.T) {
	t.Parallel()
	lead := uuid.NewString()
	for verdict, want := range map[string]int{"accepted": 1, "recycled": 0, "rejected": 0} {
		actions, err := dealentry.Process.On(events.QualityJudged.Name(), []byte(`{"lead_id":"`+lead+`","verdict":"`+verdict+`"}`))
		require.NoError(t, err)
		require.Len(t, actions, want, verdict)
	}
}
