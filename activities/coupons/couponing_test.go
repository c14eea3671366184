package couponing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	couponing "github.com/perdura/perdura/activities/coupons"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at is the implementation at a business time that stands still.
func at(pool *pgxpool.Pool, now time.Time) *couponing.Couponing {
	return couponing.New(pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9})
}

func step(t *testing.T, key string) context.Context { return process.WithKey(t.Context(), key) }

func TestAStepIssuesOneCoupon(t *testing.T) {
	t.Parallel()
	pool, who := dbtest.New(t), uuid.New()
	_, err := pool.Exec(t.Context(), `insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, who, noon)
	require.NoError(t, err)
	ask := couponing.Request{ContactID: who, Offer: "welcome-back", Percent: 15, ValidFor: 30 * 24 * time.Hour}

	first, err := at(pool, noon).Issue(step(t, "retention:1/entry/Coupon"), ask)
	require.NoError(t, err)
	require.Equal(t, noon.AddDate(0, 0, 30), first.ExpiresAt)
	again, err := at(pool, noon.Add(time.Hour)).Issue(step(t, "retention:1/entry/Coupon"), ask)
	require.NoError(t, err)
	require.Equal(t, first, again, "the try that comes second finds the coupon of the first")
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from audit_logs where action = 'coupon.issue' and actor_kind = 'process' and resource_id = $1`, first.CouponID.String()))

	next, err := at(pool, noon).Issue(step(t, "retention:2/entry/Coupon"), ask)
	require.NoError(t, err)
	require.NotEqual(t, first.CouponID, next.CouponID)

	_, err = at(pool, noon).Issue(step(t, "retention:3/entry/Coupon"), couponing.Request{ContactID: uuid.New(), Offer: "x", Percent: 1, ValidFor: time.Hour})
	require.Error(t, err, "nobody is given nothing")
}

func TestACouponEndsUnlessItWasUsed(t *testing.T) {
	t.Parallel()
	pool, who := dbtest.New(t), uuid.New()
	_, err := pool.Exec(t.Context(), `insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, who, noon)
	require.NoError(t, err)
	give := func(key string) couponing.Ending {
		issued, err := at(pool, noon).Issue(step(t, key), couponing.Request{ContactID: who, Offer: "sorry", AmountMinor: 500, Currency: "EUR", ValidFor: 48 * time.Hour})
		require.NoError(t, err)
		return couponing.Ending{CouponID: issued.CouponID}
	}
	open, used := give("a/b/c"), give("a/b/d")
	_, err = pool.Exec(t.Context(), `update coupons set redeemed_at = $2, redeemed_by = 'order-1' where id = $1`, used.CouponID, noon)
	require.NoError(t, err)
	later := at(pool, noon.Add(24*time.Hour))
	for range 2 {
		for _, e := range []couponing.Ending{open, used, {CouponID: uuid.New()}} {
			_, err := later.End(step(t, "a/b/e"), e)
			require.NoError(t, err)
		}
	}
	const ends = `select expires_at = $2 from coupons where id = $1`
	require.True(t, dbtest.One[bool](t, pool, ends, open.CouponID, noon.Add(24*time.Hour)))
	require.True(t, dbtest.One[bool](t, pool, ends, used.CouponID, noon.Add(48*time.Hour)))
	require.Equal(t, 1, dbtest.One[int](t, pool, `select count(*) from audit_logs where action = 'coupon.end'`))
}
