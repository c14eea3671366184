package coupons

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// Errors of Redeem.
var (
	// ErrUnknown means that there is no coupon with this code.
	ErrUnknown = errors.New("there is no coupon with this code")
	// ErrUsed means that the coupon was used for another order.
	ErrUsed = errors.New("the coupon was used for another order")
	// ErrExpired means that the coupon is not valid any more.
	ErrExpired = errors.New("the coupon has expired")
	// ErrNotTheirs means that the coupon was given to another person.
	ErrNotTheirs = errors.New("the coupon was given to another person")
)

// redemptionSpace is the UUID name space of what is derived from a coupon.
var redemptionSpace = uuid.MustParse("0a7d7a2c-1cf0-5f06-9d4f-5e6a9a9d1c33")

// Redemption is the wish to use a coupon. Order is the opaque id of the order or receipt. Contact is who uses it; the
// zero UUID when the shop does not know.
type Redemption struct {
	Code    string
	Order   string
	Contact uuid.UUID
	By      audit.Record // who redeems it: kind and id of the actor
}

// Redeem uses a coupon in tx, for one order only: asking again for the same order returns the same coupon, another order
// gets ErrUsed. Of two at the same time, one waits for the other. It tells the processes by coupon.redeemed.
// Errors: ErrUnknown, ErrUsed, ErrExpired, ErrNotTheirs, or PostgreSQL's.
func Redeem(ctx context.Context, tx pgx.Tx, now time.Time, r Redemption) (query.Coupon, error) {
	code, err := ReadCode(r.Code)
	if err != nil {
		return query.Coupon{}, ErrUnknown
	}
	row, err := query.New().LockCoupon(ctx, tx, code)
	if errors.Is(err, pgx.ErrNoRows) {
		return query.Coupon{}, ErrUnknown
	}
	if err != nil {
		return query.Coupon{}, fmt.Errorf("redeem a coupon: %w", err)
	}
	coupon := query.Coupon{
		ID: row.ID, Key: row.Key, Code: row.Code, ContactID: row.ContactID, Offer: row.Offer, Percent: row.Percent, AmountMinor: row.AmountMinor,
		Currency: row.Currency, IssuedAt: row.IssuedAt, ExpiresAt: row.ExpiresAt, RedeemedAt: row.RedeemedAt, RedeemedBy: row.RedeemedBy,
	}
	switch {
	case r.Contact != uuid.Nil && r.Contact != row.ContactID && r.Contact != row.Holder:
		return coupon, ErrNotTheirs
	case coupon.RedeemedBy != nil && *coupon.RedeemedBy == r.Order:
		return coupon, nil
	case coupon.RedeemedBy != nil:
		return coupon, ErrUsed
	case !coupon.ExpiresAt.After(now):
		return coupon, ErrExpired
	}
	coupon.RedeemedAt, coupon.RedeemedBy = &now, &r.Order
	return coupon, use(ctx, tx, now, coupon, r)
}

// use writes the redemption down, and tells everybody whom it concerns.
func use(ctx context.Context, tx pgx.Tx, now time.Time, coupon query.Coupon, r Redemption) error {
	q := query.New()
	if err := q.RedeemCoupon(ctx, tx, query.RedeemCouponParams{ID: coupon.ID, Now: now, OrderRef: r.Order}); err != nil {
		return fmt.Errorf("redeem a coupon: %w", err)
	}
	rows, err := json.Marshal([]map[string]any{{
		"id": uuid.NewSHA1(redemptionSpace, coupon.ID[:]), "contact_id": coupon.ContactID, "kind": "coupon.redeemed", "at": now,
		"data": map[string]any{"coupon_id": coupon.ID, "offer": coupon.Offer},
	}})
	if err != nil {
		return fmt.Errorf("redeem a coupon: encode the interaction: %w", err)
	}
	if err := q.AddInteractions(ctx, tx, rows); err != nil {
		return fmt.Errorf("redeem a coupon: note it in the person's history: %w", err)
	}
	did := r.By
	did.Action, did.ResourceKind, did.ResourceID, did.Fields = "coupon.redeem", "coupon", coupon.ID.String(), []string{"redeemed_at", "redeemed_by"}
	if err := audit.Append(ctx, tx, now, did); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, now, "coupon.redeemed/"+coupon.ID.String(), coupon.ContactID.String(), events.CouponRedeemed,
		events.Redemption{CouponID: coupon.ID, ContactID: coupon.ContactID})
}
