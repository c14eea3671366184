package coupons_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/coupons"
	"github.com/perdura/perdura/db/query"
)

// A step that runs twice gives one coupon, even when both tries are at work at once and want something else by then.
func TestOneKeyIsOneCoupon(t *testing.T) {
	t.Parallel()
	h := setup(t)
	issued := make([]query.Coupon, 6)
	errs := make([]error, len(issued))
	var all sync.WaitGroup
	for i := range issued {
		all.Go(func() {
			issued[i], errs[i] = coupons.Issue(context.Background(), h.pool, noon.AddDate(0, 0, i), "step", h.ada,
				coupons.Offer{Name: "welcome-back", Percent: 10 + i}, noon.AddDate(0, 1, i))
		})
	}
	all.Wait()
	for i := range issued {
		require.NoError(t, errs[i])
		require.Equal(t, issued[0], issued[i])
	}
	require.Equal(t, 1, h.count(`select count(*) from coupons`))

	next := h.issue("another step")
	require.NotEqual(t, issued[0].Code, next.Code)
	require.NotEqual(t, issued[0].ID, next.ID)
}

func TestWhatACouponIsWorth(t *testing.T) {
	t.Parallel()
	h := setup(t)
	share := h.issue("share")
	require.EqualValues(t, 10, *share.Percent)
	require.Nil(t, share.AmountMinor)
	require.Nil(t, share.Currency)
	amount, err := coupons.Issue(t.Context(), h.pool, noon, "amount", h.ada, coupons.Offer{Name: "sorry", AmountMinor: 500, Currency: "EUR"}, noon.AddDate(0, 1, 0))
	require.NoError(t, err)
	require.EqualValues(t, 500, *amount.AmountMinor)
	require.Equal(t, "EUR", *amount.Currency)
	require.Nil(t, amount.Percent)

	_, err = coupons.Issue(t.Context(), h.pool, noon, "nothing", h.ada, coupons.Offer{Name: "nothing", Currency: "EUR"}, noon)
	var refused *pgconn.PgError
	require.True(t, errors.As(err, &refused), "a coupon is worth something")
	require.Equal(t, "23514", refused.Code)
	require.Empty(t, refused.Detail, "what PostgreSQL says of the row quotes the code")
}

// Codes are read aloud and typed: one digit wrong, or two exchanged, is found.
func TestAMistypedCodeIsFound(t *testing.T) {
	t.Parallel()
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for range 20 {
		code := coupons.NewCode()
		require.Regexp(t, `^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]$`, code)
		kept, err := coupons.ReadCode(code)
		require.NoError(t, err)
		require.Equal(t, code, kept)
		plain := strings.ReplaceAll(code, "-", "")
		for i := range plain {
			for _, d := range digits {
				if wrong := plain[:i] + string(d) + plain[i+1:]; wrong != plain {
					_, err := coupons.ReadCode(wrong)
					require.ErrorIs(t, err, coupons.ErrMistyped, "%s for %s", wrong, plain)
				}
			}
			if i > 0 && plain[i] != plain[i-1] {
				_, err := coupons.ReadCode(plain[:i-1] + plain[i:i+1] + plain[i-1:i] + plain[i+1:])
				require.ErrorIs(t, err, coupons.ErrMistyped, "%s with places %d and %d exchanged", plain, i-1, i)
			}
		}
	}
}

// Crockford's alphabet takes what people misread: O is 0, I and L are 1.
func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	const code = "0011-0101-1001-4" // 001101011001 in base 32 leaves 4 modulo 37
	for _, typed := range []string{"oo1l-olOi-iOOI-4", " 0011 0101 1001 4 ", "0011010110014"} {
		kept, err := coupons.ReadCode(typed)
		require.NoError(t, err, typed)
		require.Equal(t, code, kept)
	}
	for _, typed := range []string{"0011-0101-1001", "0011-0101-1001-44", "0011-0101-1001-Ü", "U011-0101-1001-4"} {
		_, err := coupons.ReadCode(typed)
		require.ErrorIs(t, err, coupons.ErrMistyped, typed)
	}
}
