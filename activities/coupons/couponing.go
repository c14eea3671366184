package couponing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/coupons"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Couponing implements the contracts of this package on PostgreSQL.
type Couponing struct {
	pool  *pgxpool.Pool
	clock clock.Clock
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Couponing { return &Couponing{pool, c} }

// Activities lists what a worker registers.
func (c *Couponing) Activities() []process.Implementation {
	return []process.Implementation{Issue.Implement(c.Issue), End.Implement(c.End)}
}

// Issue implements the contract Issue.
func (c *Couponing) Issue(ctx context.Context, r Request) (Issued, error) {
	var out Issued
	err := db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		now := c.clock.Now().Truncate(time.Microsecond)
		offer := coupons.Offer{Name: r.Offer, Percent: r.Percent, AmountMinor: r.AmountMinor, Currency: r.Currency}
		coupon, err := coupons.Issue(ctx, tx, now, process.Key(ctx), r.ContactID, offer, now.Add(r.ValidFor))
		if err != nil {
			return err
		}
		out = Issued{CouponID: coupon.ID, ExpiresAt: coupon.ExpiresAt.UTC()}
		if !coupon.IssuedAt.Equal(now) { // issued before
			return nil
		}
		return audit.Append(ctx, tx, now, did(ctx, "coupon.issue", coupon.ID.String()))
	})
	return out, err
}

// End implements the contract End.
func (c *Couponing) End(ctx context.Context, e Ending) (struct{}, error) {
	return struct{}{}, db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		now := c.clock.Now().Truncate(time.Microsecond)
		ended, err := query.New().EndCoupon(ctx, tx, query.EndCouponParams{ID: e.CouponID, Now: now})
		if err != nil || ended == 0 {
			return err
		}
		return audit.Append(ctx, tx, now, did(ctx, "coupon.end", e.CouponID.String(), "expires_at"))
	})
}

func did(ctx context.Context, action, id string, fields ...string) audit.Record {
	return audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: action, ResourceKind: "coupon", ResourceID: id, Fields: fields}
}
