package dealing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// room is a database with an owner, their manager, a person and a lead of theirs.
type room struct {
	t                             *testing.T
	pool                          *pgxpool.Pool
	deals                         *dealing.Dealing
	owner, manager, contact, lead uuid.UUID
}

func setup(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, pool: dbtest.New(t), owner: uuid.New(), manager: uuid.New(), contact: uuid.New(), lead: uuid.New()}
	r.deals = dealing.New(r.pool, clock.Clock{}, nil)
	dbtest.Exec(t, r.pool, `insert into users (id, display_name, email, role, team, created_at) values ($1, 'Boss', 'boss@example.com', 'manager', 'sales', now())`, r.manager)
	dbtest.Exec(t, r.pool, `insert into users (id, display_name, email, role, team, manager_id, created_at)
		values ($1, 'Rep', 'rep@example.com', 'representative', 'sales', $2, now())`, r.owner, r.manager)
	dbtest.Exec(t, r.pool, `insert into contacts (id, email, company, created_at, updated_at) values ($1, 'ada@example.org', 'Example Ltd', now(), now())`, r.contact)
	dbtest.Exec(t, r.pool, `insert into leads (id, status, submission, source, channel, contact_id, assignee_id, tier, score, quality, submitted_at)
		values ($1, 'captured', '{}', 'referral', 'form', $2, $3, 'hot', 85, 'accepted', now())`, r.lead, r.contact, r.owner)
	return r
}

// key is the context of one step.
func key(format string, args ...any) context.Context {
	return process.WithKey(context.Background(), "deal:1/e/"+fmt.Sprintf(format, args...))
}

// step is the context of a step of its own.
func step() context.Context { return key("%s", uuid.NewString()) }

func (r *room) open(o dealing.Opening) (dealing.Opened, error) {
	return r.openWith(step(), o)
}

func (r *room) openWith(ctx context.Context, o dealing.Opening) (out dealing.Opened, err error) {
	o.Pipeline = deals.StandardName
	o.By = audit.Record{ActorKind: audit.Key, ActorID: "test"}
	err = db.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		out, err = dealing.Open(ctx, tx, time.Now(), o)
		return err
	})
	return out, err
}

// deal opens one of the contact.
func (r *room) deal() uuid.UUID {
	r.t.Helper()
	out, err := r.open(dealing.Opening{ContactID: r.contact, OwnerID: r.owner, Amount: euros(100_000)})
	require.NoError(r.t, err)
	require.Equal(r.t, dealing.DealOpened, out.Result)
	return out.DealID
}

func euros(minor int64) *money.Amount { return &money.Amount{Minor: minor, Currency: "EUR"} }

// finish completes the open tasks of a deal.
func (r *room) finish(deal uuid.UUID) {
	dbtest.Exec(r.t, r.pool, `update tasks set state = 'completed' where deal_id = $1::uuid and state = 'open'`, deal.String())
}

// advance takes a deal to a stage, meeting whatever is asked for.
func (r *room) advance(deal uuid.UUID, stages ...string) {
	r.t.Helper()
	_, err := r.deals.Amend(step(), dealing.Amending{DealID: deal, Attributes: deals.Attributes{"need": "fleet", "budget_confirmed": true, "decision_maker": "known"}})
	require.NoError(r.t, err)
	for range 2 {
		_, err = r.deals.Log(step(), dealing.Logging{DealID: deal, Kind: "call"})
		require.NoError(r.t, err)
	}
	for _, stage := range stages {
		r.finish(deal)
		v, err := r.deals.Move(step(), dealing.Moving{DealID: deal, To: stage})
		require.NoError(r.t, err)
		require.True(r.t, v.Accepted, "%+v", v)
	}
}

var wholeWay = []string{"needs-analysis", "proposal", "negotiation", "closing"}

func (r *room) look(deal uuid.UUID) dealing.Verdict {
	r.t.Helper()
	v, err := r.deals.Look(context.Background(), deal)
	require.NoError(r.t, err)
	return v
}

// events are the types of those that tell of a deal, in order.
func (r *room) events(deal uuid.UUID) []string {
	return dbtest.One[[]string](r.t, r.pool, `select coalesce(array_agg(type order by seq), '{}') from events where subject = $1 and type like 'deal.%'`, deal.String())
}

// taskKinds are the deal's tasks, by kind and state.
func (r *room) taskKinds(deal uuid.UUID) map[string]string {
	r.t.Helper()
	raw := dbtest.One[[]byte](r.t, r.pool, `select coalesce(jsonb_object_agg(kind, state), '{}') from tasks where deal_id = $1::uuid`, deal.String())
	var out map[string]string
	require.NoError(r.t, json.Unmarshal(raw, &out))
	return out
}

// later is the room when some time has passed.
func (r *room) later(by time.Duration) *dealing.Dealing {
	now := time.Now()
	return dealing.New(r.pool, clock.Clock{Origin: now, Business: now.Add(by)}, nil)
}

func dollars(minor int64) *money.Amount { return &money.Amount{Minor: minor, Currency: "USD"} }

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}
