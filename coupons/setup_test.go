package coupons_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/coupons"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is a database with one person in it.
type house struct {
	t    testing.TB
	pool *pgxpool.Pool
	ada  uuid.UUID
}

func setup(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t)}
	h.ada = h.person()
	return h
}

func (h *house) person() uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, id, noon)
	return id
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func (h *house) count(sql string, args ...any) int {
	h.t.Helper()
	return dbtest.One[int](h.t, h.pool, sql, args...)
}

var tenth = coupons.Offer{Name: "welcome-back", Percent: 10}

// issue gives Ada a coupon for a month.
func (h *house) issue(key string) query.Coupon {
	h.t.Helper()
	coupon, err := coupons.Issue(context.Background(), h.pool, noon, key, h.ada, tenth, noon.AddDate(0, 1, 0))
	require.NoError(h.t, err)
	return coupon
}

// redeem uses a code at a business time, in a transaction of its own.
func (h *house) redeem(now time.Time, r coupons.Redemption) (coupon query.Coupon, err error) {
	r.By = audit.Record{ActorKind: audit.Key, ActorID: "shop"}
	err = db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
		coupon, err = coupons.Redeem(context.Background(), tx, now, r)
		return err
	})
	return coupon, err
}
