package coupons

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perdura/perdura/db/query"
)

// Offer is what a coupon is worth: Percent, or AmountMinor of Currency (ISO 4217) in its smallest unit.
type Offer struct {
	Name        string
	Percent     int
	AmountMinor int64
	Currency    string
}

// Issue writes a coupon for a person, once for a key: the same key returns the coupon that stands. Errors: PostgreSQL's.
func Issue(ctx context.Context, db query.DBTX, now time.Time, key string, contact uuid.UUID, o Offer, expires time.Time) (query.Coupon, error) {
	arg := query.IssueCouponParams{
		ID: uuid.Must(uuid.NewV7()), Key: key, ContactID: contact, Offer: o.Name, IssuedAt: now, ExpiresAt: expires, Code: NewCode(),
	}
	if o.Percent > 0 {
		percent := int32(o.Percent)
		arg.Percent = &percent
	} else {
		arg.AmountMinor, arg.Currency = &o.AmountMinor, &o.Currency
	}
	coupon, err := query.New().IssueCoupon(ctx, db, arg)
	if err != nil {
		return query.Coupon{}, fmt.Errorf("issue a coupon: %w", clean(err))
	}
	return coupon, nil
}

// clean takes the values out of PostgreSQL's message: a code that exists already must not be told.
func clean(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &pgconn.PgError{Code: pg.Code, Message: "refused by PostgreSQL", ConstraintName: pg.ConstraintName}
	}
	return err
}
