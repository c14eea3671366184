package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
)

func (f *fixture) move(ctx context.Context, id uuid.UUID) error {
	return db.InTx(ctx, f.pool, func(tx pgx.Tx) error {
		_, err := fence.Move(ctx, tx, "thing", id)
		return err
	})
}

func (f *fixture) fenced(t *testing.T, class string) Order {
	t.Helper()
	o := f.order(class)
	token, err := fence.Read(t.Context(), f.pool, "thing", uuid.New())
	require.NoError(t, err)
	o.Fence = token
	return o
}

func TestWhatItSpeaksOfChangedBefore(t *testing.T) {
	t.Parallel()
	for _, class := range []string{gate.Transactional, gate.Marketing} {
		f := setup(t)
		c := &carrier{name: "faithful", channel: provider.Email}
		o := f.fenced(t, class)
		require.NoError(t, f.move(t.Context(), o.Fence.ID))
		r, err := f.core(f.pool, c).Deliver(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, Refused, r.State)
		require.Equal(t, Overtaken, r.Reason)
		calls, _ := c.count()
		require.Zero(t, calls)
	}
}

// The change comes after the gate has let the message pass, while its words are being composed.
func TestItChangesAtTheLastMoment(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := &carrier{name: "faithful", channel: provider.Email}
	o := f.fenced(t, gate.Transactional)
	compose := o.Compose
	o.Compose = func(ctx context.Context, p Parcel) (Composed, error) {
		if err := f.move(ctx, o.Fence.ID); err != nil {
			return Composed{}, err
		}
		return compose(ctx, p)
	}
	for range 2 { // a repeat says the same
		r, err := f.core(f.pool, c).Deliver(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, Refused, r.State)
		require.Equal(t, Overtaken, r.Reason)
	}
	calls, _ := c.count()
	require.Zero(t, calls)
	row := f.ledger(t)
	require.Equal(t, withdrawn, row.State)
	require.Equal(t, Overtaken, row.Reason)
}

// A change that comes during the provider's call is committed only when the message has left.
func TestAChangeWaitsForTheProvider(t *testing.T) {
	t.Parallel()
	f := setup(t)
	o := f.fenced(t, gate.Transactional)
	changed := make(chan error, 1)
	c := &carrier{name: "faithful", channel: provider.Email, script: []answer{{take: true, before: func(ctx context.Context) error {
		go func() { changed <- f.move(context.WithoutCancel(ctx), o.Fence.ID) }()
		for !f.waits(ctx) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		require.Empty(t, changed, "the change waits")
		return nil
	}}}}
	core := f.core(f.pool, c)
	core.timeout = 10 * time.Second
	r, err := core.Deliver(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, Sent, r.State)
	require.NoError(t, <-changed)
	stands, err := o.Fence.Stands(t.Context(), f.pool)
	require.NoError(t, err)
	require.False(t, stands)
}

// The provider says that the person told it to stop. That ends what the message speaks of, which must not be held any more.
func TestARefusalMayChangeWhatItSpeaksOf(t *testing.T) {
	t.Parallel()
	f := setup(t)
	learner := uuid.New()
	f.exec(t, `insert into enrolments (id, course, contact_id, source, state, enrolled_at, changed_at)
		values ($1, 'slides', $2, 'api', 'active', '2026-03-02', '2026-03-02')`, learner, f.contact)
	o := f.order(gate.Transactional)
	var err error
	o.Fence, err = fence.Read(t.Context(), f.pool, enrolment.Fence, learner)
	require.NoError(t, err)
	c := &carrier{name: "bare", channel: provider.Email, script: []answer{{err: provider.Rejected{Code: "twilio-21610", OptedOut: true}}}}
	r, err := f.core(f.pool, c).Deliver(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, Failed, r.State)
	var state string
	require.NoError(t, f.pool.QueryRow(t.Context(), `select state from enrolments where id = $1`, learner).Scan(&state))
	require.Equal(t, "left", state)
	stands, err := o.Fence.Stands(t.Context(), f.pool)
	require.NoError(t, err)
	require.False(t, stands)
}

// waits reports whether somebody waits for a lock.
func (f *fixture) waits(ctx context.Context) (waits bool) {
	_ = f.pool.QueryRow(ctx, `select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`).Scan(&waits)
	return waits
}
