package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/coupons"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Money is an amount in the smallest unit of its currency.
type Money struct {
	AmountMinor int64  `json:"amount_minor"`
	Currency    string `json:"currency" jsonschema_description:"ISO 4217"`
}

// Coupon is worth something once. Its code is known to the person only, and is not shown.
type Coupon struct {
	ID         uuid.UUID  `json:"id"`
	ContactID  uuid.UUID  `json:"contact_id"`
	Offer      string     `json:"offer"`
	Percent    *int32     `json:"percent,omitempty" jsonschema_description:"off the price; else amount"`
	Amount     *Money     `json:"amount,omitempty"`
	State      string     `json:"state" jsonschema:"enum=valid,enum=redeemed,enum=expired"`
	IssuedAt   time.Time  `json:"issued_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	RedeemedAt *time.Time `json:"redeemed_at,omitempty"`
	OrderRef   string     `json:"order_ref,omitempty" jsonschema_description:"the order that it was used for"`
}

// CouponRedemption uses a coupon.
type CouponRedemption struct {
	OrderRef  string    `json:"order_ref" jsonschema:"minLength=1,maxLength=200,pattern=\\S" jsonschema_description:"opaque id of the order or receipt"`
	ContactID uuid.UUID `json:"contact_id,omitzero" jsonschema_description:"who uses it; refused when it was given to somebody else"`
}

type couponFilter struct {
	Paging
	Contact uuid.UUID `json:"contact" jsonschema_description:"a contact's id"`
}

func (s *Server) couponOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/coupons", ID: "listCoupons", Tag: "coupons", Access: access.CouponsRead, Query: typeOf[couponFilter](),
			Summary: "List the coupons of a contact, the newest first", Answers: []Answer{answer[Page[Coupon]](200, "A page of coupons.")},
			Handle: s.listCoupons,
		},
		{
			Method: http.MethodPost, Path: "/v1/coupons/{code}/redeem", ID: "redeemCoupon", Tag: "coupons", Access: access.CouponsRedeem,
			Summary: "Use a coupon for an order",
			Description: "A coupon is used once: the same order gets the same answer again, another order 409. A code may be written in any case, with or " +
				"without hyphens; it holds 60 random bits and a check digit.",
			Body: jsonBody(CouponRedemption{OrderRef: "order-1001"}), Answers: []Answer{answer[Coupon](200, "The coupon is used for this order.")},
			Handle: s.redeemCoupon,
		},
	}
}

func (s *Server) redeemCoupon(c *Call) error {
	var in CouponRedemption
	if err := c.Decode(&in); err != nil {
		return err
	}
	now := s.clock.Now().Truncate(time.Microsecond)
	var coupon query.Coupon
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		coupon, err = coupons.Redeem(c.Ctx(), tx, now, coupons.Redemption{
			Code: c.Param("code"), Order: in.OrderRef, Contact: in.ContactID, By: c.Actor(),
		})
		return err
	})
	switch {
	case errors.Is(err, coupons.ErrUnknown):
		return problem.New(http.StatusNotFound, "not-found", "Not found", "There is no coupon with this code. Check it for typing errors.")
	case errors.Is(err, coupons.ErrUsed):
		return problem.Conflict("coupon-used", "The coupon was used for another order.")
	case errors.Is(err, coupons.ErrExpired):
		return problem.Conflict("coupon-expired", "The coupon has expired.")
	case errors.Is(err, coupons.ErrNotTheirs):
		return problem.Conflict("coupon-of-another", "The coupon was given to another person.")
	case err != nil:
		return err
	}
	s.wake()
	return c.OK(s.couponView(coupon))
}

func (s *Server) listCoupons(c *Call) error {
	var f couponFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("coupons", f.Contact)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListCouponPageParams{ContactID: f.Contact, MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListCouponPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list coupons: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, s.couponView, func(r query.Coupon) timePlace { return timePlace{r.IssuedAt, r.ID} }))
}

func (s *Server) couponView(r query.Coupon) Coupon {
	v := Coupon{
		ID: r.ID, ContactID: r.ContactID, Offer: r.Offer, Percent: r.Percent, State: "valid", IssuedAt: r.IssuedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(), RedeemedAt: utc(r.RedeemedAt), OrderRef: db.Text(r.RedeemedBy),
	}
	if r.AmountMinor != nil {
		v.Amount = &Money{AmountMinor: *r.AmountMinor, Currency: db.Text(r.Currency)}
	}
	switch {
	case r.RedeemedAt != nil:
		v.State = "redeemed"
	case !r.ExpiresAt.After(s.clock.Now()):
		v.State = "expired"
	}
	return v
}
