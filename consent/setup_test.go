package consent_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is a database with people in it.
type house struct {
	t      testing.TB
	pool   *pgxpool.Pool
	people int
}

func setup(t testing.TB) *house {
	t.Helper()
	return &house{t: t, pool: dbtest.New(t)}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

func list(h *house, sql string, args ...any) []string {
	h.t.Helper()
	rows, err := h.pool.Query(context.Background(), sql, args...)
	require.NoError(h.t, err, sql)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err, sql)
	return out
}

// person has decided nothing yet, and has an address of each channel.
func (h *house) person() (id uuid.UUID, email, phone string) {
	h.t.Helper()
	h.people++
	id, email, phone = uuid.New(), fmt.Sprintf("ada%d@example.com", h.people), fmt.Sprintf("+4915112345%03d", h.people)
	h.exec(`insert into contacts (id, email, phone, country, created_at, updated_at) values ($1, $2, $3, 'DE', $4, $4)`, id, email, phone, noon)
	h.exec(`insert into contact_identities (kind, value, contact_id) values ('email', $2, $1), ('phone', $3, $1)`, id, email, phone)
	return id, email, phone
}

func by(source string) consent.By {
	return consent.By{Source: source, Actor: audit.Record{ActorKind: audit.System, ActorID: "test"}}
}

func (h *house) in(now time.Time, source string, c events.Choice) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error { return consent.OptIn(context.Background(), tx, now, c, by(source)) }))
}

func (h *house) out(now time.Time, source string, c events.Choice) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error { return consent.OptOut(context.Background(), tx, now, c, by(source)) }))
}

func (h *house) suppress(s consent.Suppression, source string) error {
	return db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error { return consent.Suppress(context.Background(), tx, noon, s, by(source)) })
}

// history is what somebody said about a purpose, in its order.
func (h *house) history(contact uuid.UUID, purpose string) []string {
	h.t.Helper()
	return list(h, `select source || case when granted then ' +' else ' -' end from consents where contact_id = $1 and purpose = $2 order by at`, contact, purpose)
}

// standing is what an address is kept from being used for.
func (h *house) standing(address string) []string {
	h.t.Helper()
	return list(h, `select reason || '/' || scope from suppressions where address = $1 and lifted_at is null order by 1`, address)
}

// told are the events about somebody, in the order of their acceptance.
func (h *house) told(contact uuid.UUID) []string {
	h.t.Helper()
	return list(h, `select type from events where subject = $1 order by seq`, contact.String())
}
