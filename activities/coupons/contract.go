// Package couponing issues single-use coupons for processes. Their codes never leave PostgreSQL but in the message to
// the person; processes know a coupon by its id.
package couponing

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Request asks for one coupon. Give Percent, or AmountMinor with Currency (ISO 4217).
type Request struct {
	ContactID   uuid.UUID     `json:"contact_id"`
	Offer       string        `json:"offer"`
	Percent     int           `json:"percent,omitempty"`
	AmountMinor int64         `json:"amount_minor,omitempty"`
	Currency    string        `json:"currency,omitempty"`
	ValidFor    time.Duration `json:"valid_for"`
}

// Issued names the coupon.
type Issued struct {
	CouponID  uuid.UUID `json:"coupon_id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Issue makes one coupon under the key of its step.
var Issue = process.NewActivity[Request, Issued]("coupons.issue", process.Database,
	process.Yields("issued", Issued{CouponID: uuid.Max, ExpiresAt: time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)}))

// Ending names a coupon that nobody shall use any more.
type Ending struct {
	CouponID uuid.UUID `json:"coupon_id"`
}

// End lets a coupon that nobody used expire now. One that was used stays used.
var End = process.NewActivity[Ending, struct{}]("coupons.end", process.Database)
