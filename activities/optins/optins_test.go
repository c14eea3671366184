package optins_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// noon is a business time with all the precision that PostgreSQL keeps.
var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func contact(t *testing.T, pool *pgxpool.Pool) uuid.UUID {
	t.Helper()
	id := uuid.New()
	_, err := pool.Exec(t.Context(), `insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', $2, $2)`, id, noon)
	require.NoError(t, err)
	return id
}

func ask(ctx context.Context, pool *pgxpool.Pool, now time.Time, contact uuid.UUID, purpose string) (row query.OptIn, err error) {
	err = db.InTx(ctx, pool, func(tx pgx.Tx) error {
		row, err = optins.Ask(ctx, tx, now, optins.Asking{ID: uuid.New(), ContactID: contact, Purpose: purpose, Source: "form"},
			audit.Record{ActorKind: audit.System, ActorID: "test"})
		return err
	})
	return row, err
}

func confirm(ctx context.Context, pool *pgxpool.Pool, now time.Time, id uuid.UUID) error {
	return db.InTx(ctx, pool, func(tx pgx.Tx) error { return optins.Confirm(ctx, tx, now, id) })
}

func TestAskingTwiceAsksOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	who := contact(t, pool)
	var group sync.WaitGroup
	ids := make([]uuid.UUID, 8)
	for i := range ids {
		group.Go(func() {
			if row, err := ask(context.Background(), pool, noon, who, "email_marketing"); err == nil {
				ids[i] = row.ID
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.NotEqual(t, uuid.Nil, ids[0])
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type = 'opt-in.asked' and subject = $1`, ids[0].String()))

	other, err := ask(t.Context(), pool, noon, who, "sms_marketing")
	require.NoError(t, err)
	require.NotEqual(t, ids[0], other.ID, "another purpose is another question")

	later, err := ask(t.Context(), pool, noon.AddDate(0, 0, 7), who, "email_marketing")
	require.NoError(t, err)
	require.NotEqual(t, ids[0], later.ID, "one that has expired is asked anew")
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from opt_ins where id = $1 and state = 'expired'`, ids[0]))

	_, err = ask(t.Context(), pool, noon, uuid.New(), "email_marketing")
	require.ErrorIs(t, err, optins.ErrContact)
}

func TestAJoinedContactIsAskedAsTheOther(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	joined, stays := contact(t, pool), contact(t, pool)
	_, err := pool.Exec(t.Context(), `update contacts set merged_into = $2 where id = $1`, joined, stays)
	require.NoError(t, err)
	row, err := ask(t.Context(), pool, noon, joined, "email_marketing")
	require.NoError(t, err)
	require.Equal(t, stays, row.ContactID)
}

func TestThePolicyInForceWhenAskingCounts(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	row, err := ask(t.Context(), pool, noon, contact(t, pool), "email_marketing")
	require.NoError(t, err)
	require.Equal(t, noon.AddDate(0, 0, 7), row.ExpiresAt)
	require.Nil(t, row.RemindAt, "the standard policy reminds nobody")

	_, err = pool.Exec(t.Context(), `insert into definitions (kind, name, version, body, author, created_at)
		values ('opt-in-policy', 'default', 1, '{"valid_days": 3, "remind_after_days": 2}', 'test', $1)`, noon)
	require.NoError(t, err)
	next, err := ask(t.Context(), pool, noon, contact(t, pool), "email_marketing")
	require.NoError(t, err)

	activities := optins.New(pool, clock.Clock{})
	before, err := activities.Read(t.Context(), optins.Ref{OptInID: row.ID})
	require.NoError(t, err)
	require.Equal(t, optins.Terms{Until: noon.AddDate(0, 0, 7)}, before)
	after, err := activities.Read(t.Context(), optins.Ref{OptInID: next.ID})
	require.NoError(t, err)
	require.Equal(t, optins.Terms{Until: noon.AddDate(0, 0, 3), RemindAt: noon.AddDate(0, 0, 2)}, after)

	_, err = activities.Read(t.Context(), optins.Ref{OptInID: uuid.New()})
	require.True(t, process.IsType(err, process.TypeNotFound))
}

// Many clicks at once make one consent, one proof and one event.
func TestConfirmingAtOnceConfirmsOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	who := contact(t, pool)
	row, err := ask(t.Context(), pool, noon, who, "email_marketing")
	require.NoError(t, err)
	message := uuid.New()
	_, err = pool.Exec(t.Context(), `insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, about, created_at)
		values ($1, 'k', 'opt-in', 'r', 's', $2, 'email', 'confirm-opt-in', 'ada@example.com', 'sent', 'smtp', jsonb_build_object('opt_in_id', $3::uuid), $4)`, message, who, row.ID, noon)
	require.NoError(t, err)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = confirm(context.Background(), pool, noon.Add(time.Hour), row.ID) })
	}
	// Somebody asks again at the same time: neither waits for the other for ever.
	group.Go(func() { _, _ = ask(context.Background(), pool, noon.Add(time.Hour), who, "email_marketing") })
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from consents where contact_id = $1 and purpose = 'email_marketing' and granted and source = 'opt-in'`, who))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type = 'opt-in.confirmed' and subject = $1`, row.ID.String()))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from events where type = 'contact.opted-in'`))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from opt_ins where id = $1 and state = 'confirmed' and message_id = $2 and confirmed_at = $3`,
		row.ID, message, noon.Add(time.Hour)), "the proof")
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from audit_logs where action = 'contact.opt-in' and reason like '%' || $1 || '%' || $2 || '%'`, row.ID.String(), message.String()))
}

func TestTooLateIsTooLate(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	who := contact(t, pool)
	row, err := ask(t.Context(), pool, noon, who, "email_marketing")
	require.NoError(t, err)
	require.ErrorIs(t, confirm(t.Context(), pool, noon.AddDate(0, 0, 7), row.ID), optins.ErrExpired)
	require.ErrorIs(t, confirm(t.Context(), pool, noon, uuid.New()), optins.ErrUnknown)
	require.Zero(t, dbtest.One[int](t, pool, `select count(*) from consents`))

	activities := optins.New(pool, clock.Clock{})
	closed, err := activities.Close(t.Context(), optins.Ref{OptInID: row.ID})
	require.NoError(t, err)
	require.False(t, closed.Confirmed)
	require.ErrorIs(t, confirm(t.Context(), pool, noon, row.ID), optins.ErrExpired, "a closed one stays closed")
	records := dbtest.One[int](t, pool, `select count(*) from audit_logs`)
	_, err = activities.Close(t.Context(), optins.Ref{OptInID: row.ID})
	require.NoError(t, err)
	require.Equal(t, records, dbtest.One[int](t, pool, `select count(*) from audit_logs`), "closing again changes nothing")
}

func TestCloseTellsWhoWasFaster(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	row, err := ask(t.Context(), pool, noon, contact(t, pool), "email_marketing")
	require.NoError(t, err)
	require.NoError(t, confirm(t.Context(), pool, noon, row.ID))
	closed, err := optins.New(pool, clock.Clock{}).Close(t.Context(), optins.Ref{OptInID: row.ID})
	require.NoError(t, err)
	require.True(t, closed.Confirmed)
}

func TestPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"valid_days": 7}`:                          "",
		`{"valid_days": 7, "remind_after_days": 2}`:  "",
		`{"valid_days": 0}`:                          "valid_days",
		`{"valid_days": 31}`:                         "valid_days",
		`{"valid_days": 7, "remind_after_days": 7}`:  "remind_after_days",
		`{"valid_days": 7, "remind_after_days": -1}`: "remind_after_days",
	} {
		var fields []string
		for _, p := range optins.Policies.Check([]byte(body)) {
			fields = append(fields, p.Field)
		}
		require.Equal(t, field, strings.Join(fields, " "), body)
	}
}
