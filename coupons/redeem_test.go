package coupons_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/coupons"
)

// Of several orders that use one code at the same time, one gets it.
func TestARaceForOneCouponHasOneWinner(t *testing.T) {
	t.Parallel()
	for _, orders := range []int{2, 8} {
		t.Run(strconv.Itoa(orders), func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			coupon := h.issue("step")
			start, errs := make(chan struct{}), make([]error, orders)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					<-start
					_, errs[i] = h.redeem(noon, coupons.Redemption{Code: coupon.Code, Order: "order-" + strconv.Itoa(i)})
				})
			}
			close(start)
			all.Wait()
			winner := -1
			for i, err := range errs {
				if err == nil {
					require.Equal(t, -1, winner, "a second winner")
					winner = i
					continue
				}
				require.ErrorIs(t, err, coupons.ErrUsed)
			}
			require.GreaterOrEqual(t, winner, 0)
			require.Equal(t, 1, h.count(`select count(*) from coupons where redeemed_by = $1 and redeemed_at = $2`, "order-"+strconv.Itoa(winner), noon))
			require.Equal(t, 1, h.count(`select count(*) from events where type = 'coupon.redeemed' and subject = $1 and data->>'coupon_id' = $2`,
				h.ada.String(), coupon.ID.String()))
			require.Equal(t, 1, h.count(`select count(*) from events`))
			require.Equal(t, 1, h.count(`select count(*) from interactions where contact_id = $1 and kind = 'coupon.redeemed'`, h.ada))
			require.Equal(t, 1, h.count(`select count(*) from audit_logs where action = 'coupon.redeem'`))
		})
	}
}

// A till that got no answer asks again: the same order has its coupon, however late.
func TestAskingAgainForTheSameOrder(t *testing.T) {
	t.Parallel()
	h := setup(t)
	coupon := h.issue("step")
	first, err := h.redeem(noon, coupons.Redemption{Code: coupon.Code, Order: "order-1"})
	require.NoError(t, err)
	require.Equal(t, coupon.ID, first.ID)
	require.Equal(t, noon, *first.RedeemedAt)
	again, err := h.redeem(noon.AddDate(1, 0, 0), coupons.Redemption{Code: coupon.Code, Order: "order-1"})
	require.NoError(t, err)
	require.Equal(t, noon, again.RedeemedAt.UTC())
	require.Equal(t, 1, h.count(`select count(*) from events`))
	_, err = h.redeem(noon.AddDate(1, 0, 0), coupons.Redemption{Code: coupon.Code, Order: "order-2"})
	require.ErrorIs(t, err, coupons.ErrUsed, "used says more than expired")
}

func TestCouponsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	h := setup(t)
	coupon := h.issue("step")
	end := noon.AddDate(0, 1, 0)
	other := coupons.NewCode()
	require.NotEqual(t, coupon.Code, other)
	for name, tc := range map[string]struct {
		code    string
		at      time.Time
		contact uuid.UUID
		want    error
	}{
		"at its end":   {coupon.Code, end, uuid.Nil, coupons.ErrExpired},
		"long after":   {coupon.Code, end.AddDate(1, 0, 0), h.ada, coupons.ErrExpired},
		"unknown":      {other, noon, uuid.Nil, coupons.ErrUnknown},
		"mistyped":     {"K" + coupon.Code, noon, uuid.Nil, coupons.ErrUnknown},
		"nothing":      {"", noon, uuid.Nil, coupons.ErrUnknown},
		"another's":    {coupon.Code, noon, h.person(), coupons.ErrNotTheirs},
		"of a pattern": {strings.Repeat("%", len(coupon.Code)), noon, uuid.Nil, coupons.ErrUnknown},
	} {
		_, err := h.redeem(tc.at, coupons.Redemption{Code: tc.code, Order: "order-1", Contact: tc.contact})
		require.ErrorIs(t, err, tc.want, name)
	}
	require.Zero(t, h.count(`select count(*) from coupons where redeemed_at is not null`))
	require.Zero(t, h.count(`select count(*) from events`))

	_, err := h.redeem(end.Add(-time.Microsecond), coupons.Redemption{Code: strings.ToLower(strings.ReplaceAll(coupon.Code, "-", " ")), Order: "order-1", Contact: h.ada})
	require.NoError(t, err, "the last moment counts, and people type as they like")
}

// The coupon of a contact that was joined to another is the other's, and still that of the id on the mail.
func TestTheCouponOfAJoinedContact(t *testing.T) {
	t.Parallel()
	h := setup(t)
	stays := h.person()
	h.exec(`update contacts set merged_into = $2 where id = $1`, h.ada, stays)
	for i, who := range []uuid.UUID{h.ada, stays} {
		coupon := h.issue("step-" + strconv.Itoa(i))
		_, err := h.redeem(noon, coupons.Redemption{Code: coupon.Code, Order: "order-1", Contact: who})
		require.NoError(t, err)
	}
}
