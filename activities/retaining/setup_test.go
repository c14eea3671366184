package retaining_test

import (
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
)

// noon is on a Monday.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func daysAgo(n int) time.Time { return noon.AddDate(0, 0, -n) }

// house is a database without anybody in it yet.
type house struct {
	t     testing.TB
	pool  *pgxpool.Pool
	poked atomic.Int32
}

func (h *house) Poke() { h.poked.Add(1) }

func setup(t testing.TB) *house {
	t.Helper()
	return &house{t: t, pool: dbtest.New(t)}
}

// at is the implementation at a business time that stands still.
func (h *house) at(now time.Time) *retaining.Retaining {
	return retaining.New(h.pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, h)
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

// customer became one so many days ago, and has not been heard of since.
func (h *house) customer(days int) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	h.exec(`insert into contacts (id, lifecycle, lifecycle_since, created_at, updated_at) values ($1, 'customer', $2, $3, $3)`, id, daysAgo(days), daysAgo(1000))
	return id
}

// did is an interaction so many days ago.
func (h *house) did(who uuid.UUID, kind string, days int) {
	h.t.Helper()
	h.exec(`insert into interactions (id, contact_id, kind, at) values ($1, $2, $3, $4)`, uuid.New(), who, kind, daysAgo(days))
}

// round is one that the watch found so many days ago, and that a step has begun unless key is empty.
func (h *house) round(who uuid.UUID, number, days int, key string) {
	h.t.Helper()
	h.exec(`insert into retention_rounds (contact_id, round, found_at, begun_by) values ($1, $2, $3, nullif($4, ''))`, who, number, daysAgo(days), key)
}

// define writes the next version of a definition of this package.
func (h *house) define(kind string, body any) {
	h.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(h.t, err)
	h.exec(`insert into definitions (kind, name, version, body, author, created_at)
		select $1, 'default', coalesce(max(version), 0) + 1, $2, 'test', $3 from definitions where kind = $1`, kind, raw, noon)
}
