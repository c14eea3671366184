package losing_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/losing"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/nurture"
	"github.com/perdura/perdura/workflows/recycling"
)

// deal writes a deal, with a lead or without.
func deal(t *testing.T, pool *pgxpool.Pool, state string, withLead bool) (id, contact, lead uuid.UUID) {
	t.Helper()
	id, contact, lead = uuid.New(), uuid.New(), uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, contact)
	dbtest.Exec(t, pool, `insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 's', 'form', $2, now())`, lead, contact)
	dbtest.Exec(t, pool, `insert into sales_pipeline (id, key, name, contact_id, lead_id, pipeline, pipeline_version, stage, state, currency, probability,
		stage_since, touched_at, closed_at, created_at) values ($1::uuid, $1, 'Deal', $2, $3, 'standard', 0, 'closing', $4, 'EUR', 0, now(), now(), now(), now())`,
		id.String(), contact, uuid.NullUUID{UUID: lead, Valid: withLead}, state)
	return id, contact, lead
}

func TestALostDealsLeadIsHandedBack(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	l := losing.New(pool, clock.Clock{}, nil)
	for reason, want := range map[string]struct {
		verdict, event string
		starts         process.Definition
	}{
		"price":   {losing.Recycled, events.QualityJudged.Name(), recycling.Process},
		"not-now": {losing.Nurtured, events.NurtureDue.Name(), nurture.Process},
	} {
		id, contact, lead := deal(t, pool, "lost", true)
		ctx := process.WithKey(context.Background(), "deal-loss:"+id.String()+"/entry/chance.1")
		for range 2 {
			got, err := l.Reengage(ctx, losing.Loss{DealID: id, Reason: reason})
			require.NoError(t, err)
			require.Equal(t, losing.Chance{Verdict: want.verdict}, got)
		}
		require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from audit_logs where action = 'lead.hand-back' and resource_id = $1`, lead.String()))
		data := dbtest.One[[]byte](t, pool, `select data from events where type = $1 and data ->> 'lead_id' = $2`, want.event, lead.String())
		actions, err := want.starts.On(want.event, json.RawMessage(data))
		require.NoError(t, err)
		require.Len(t, actions, 1, "it starts %s", want.starts.Describe().Name)
		require.Equal(t, contact.String(), actions[0].Subject)
	}
}

func TestNothingIsHandedBack(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	l := losing.New(pool, clock.Clock{}, nil)
	for want, make := range map[string]func() (uuid.UUID, uuid.UUID, uuid.UUID){
		losing.NoLead:  func() (uuid.UUID, uuid.UUID, uuid.UUID) { return deal(t, pool, "lost", false) },
		losing.NotLost: func() (uuid.UUID, uuid.UUID, uuid.UUID) { return deal(t, pool, "open", true) },
	} {
		id, _, _ := make()
		got, err := l.Reengage(process.WithKey(context.Background(), want), losing.Loss{DealID: id, Reason: "price"})
		require.NoError(t, err)
		require.Equal(t, want, got.Verdict)
	}
	_, err := l.Reengage(process.WithKey(context.Background(), "x"), losing.Loss{DealID: uuid.New()})
	require.True(t, process.IsType(err, process.TypeNotFound))
	require.Zero(t, dbtest.One[int](t, pool, `select count(*) from events`))
}
