package commission

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/money"
)

func euros(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func standard(t *testing.T) Plan {
	t.Helper()
	p, err := Plans.At(t.Context(), nil, Standard, 0)
	require.NoError(t, err)
	return p
}

func TestEarned(t *testing.T) {
	t.Parallel()
	p := Plan{RateBP: 500, Currency: "EUR", Tiers: []Tier{{AboveMinor: 100_000, RateBP: 1000}, {AboveMinor: 200_000, RateBP: 2000}}, CapMinor: 40_000}
	for name, test := range map[string]struct {
		deal   money.Amount
		before int64
		want   int64
	}{
		"the plain rate":                    {euros(100_000), 0, 5_000},
		"into the second tier":              {euros(100_001), 99_999, 5_000 + 5_000}, // 0.05 + 10000.0: 10000.05
		"the second tier":                   {euros(50_000), 100_000, 5_000},
		"through all tiers":                 {euros(250_000), 50_000, 2_500 + 10_000 + 20_000},
		"beyond all tiers":                  {euros(100_000), 500_000, 20_000},
		"capped":                            {euros(300_000), 200_000, 40_000},
		"another currency knows no tiers":   {money.Amount{Minor: 1_000_000, Currency: "JPY"}, 500_000, 50_000},
		"half to even, down":                {euros(10), 0, 0}, // 0.5
		"half to even, up":                  {euros(30), 0, 2}, // 1.5
		"more than half":                    {euros(11), 0, 1}, // 0.55
		"nothing":                           {euros(0), 0, 0},
		"no less than nothing":              {euros(-100), 0, 0},
		"what was won before is no less":    {euros(100_000), -5, 5_000},
		"amounts beyond what a float holds": {euros(9_007_199_254_740_993), 0, 40_000},
	} {
		require.Equal(t, test.want, p.Earned(test.deal, test.before), name)
	}
	require.Equal(t, int64(450_359_962_737_050), Plan{RateBP: 500, Currency: "EUR"}.Earned(euros(9_007_199_254_740_993), 0), "450359962737049.65")
}

func TestShare(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int64{34, 33, 33}, Share(100, []int{1, 1, 1}), "the earlier first")
	require.Equal(t, []int64{90, 11}, Share(101, []int{8, 1}))
	require.Equal(t, []int64{0, 1}, Share(1, []int{1, 2}))
	require.Equal(t, []int64{0, 0}, Share(0, []int{1, 2}))
	require.Empty(t, Share(100, nil))
}

func TestClawed(t *testing.T) {
	t.Parallel()
	require.Equal(t, int64(50), Clawed(100, 2000, 1000))
	require.Equal(t, int64(100), Clawed(100, 2000, 9999), "never more than was earned")
	require.Zero(t, Clawed(100, 0, 5))
	require.Zero(t, Clawed(100, 100, -5))
}

func anyPlan(t *rapid.T) Plan {
	p := Plan{RateBP: rapid.IntRange(0, whole).Draw(t, "rate"), Currency: "EUR", CapMinor: rapid.SampledFrom([]int64{0, 0, 1, 9_999}).Draw(t, "cap")}
	above := int64(0)
	for range rapid.IntRange(0, 3).Draw(t, "tiers") {
		above += rapid.Int64Range(1, 1_000_000).Draw(t, "above")
		p.Tiers = append(p.Tiers, Tier{above, rapid.IntRange(0, whole).Draw(t, "tier")})
	}
	return p
}

func TestWhatAPlanPaysIsMonotoneAndBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, before := anyPlan(t), rapid.Int64Range(0, 3_000_000).Draw(t, "before")
		less := rapid.Int64Range(0, 3_000_000).Draw(t, "less")
		more := less + rapid.Int64Range(0, 3_000_000).Draw(t, "step")
		require.LessOrEqual(t, p.Earned(euros(less), before), p.Earned(euros(more), before))
		require.GreaterOrEqual(t, p.Earned(euros(less), before), int64(0))
		require.LessOrEqual(t, p.Earned(euros(less), before), less)
	})
}

// Two deals, one after the other, pay what one of both amounts would: but for rounding each once.
func TestTiersPayEachPartOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		p.CapMinor = 0
		a, b := rapid.Int64Range(1, 2_000_000).Draw(t, "a"), rapid.Int64Range(1, 2_000_000).Draw(t, "b")
		require.InDelta(t, p.Earned(euros(a+b), 0), p.Earned(euros(a), 0)+p.Earned(euros(b), a), 1)
	})
}

func TestSharesSumExactlyAndAreFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1<<60).Draw(t, "minor")
		shares := rapid.SliceOfN(rapid.IntRange(1, maxShare), 1, 20).Draw(t, "shares")
		total := 0
		for _, s := range shares {
			total += s
		}
		sum := int64(0)
		for i, part := range Share(minor, shares) {
			require.GreaterOrEqual(t, part, int64(0))
			exact := big.NewRat(minor, int64(total))
			exact.Mul(exact, big.NewRat(int64(shares[i]), 1))
			off := exact.Sub(exact, big.NewRat(part, 1))
			require.Negative(t, off.Abs(off).Cmp(big.NewRat(1, 1)), "less than one unit from the exact part")
			sum += part
		}
		require.Equal(t, minor, sum)
	})
}

// However a refund comes, in one or in parts: it takes the same in the end, never gives back, and never takes more than
// was earned.
func TestClawingBackInPartsIsClawingBackAtOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		deal := rapid.Int64Range(1, 1<<50).Draw(t, "deal")
		earned := rapid.Int64Range(0, deal).Draw(t, "earned")
		refunded, taken := int64(0), int64(0)
		for _, part := range rapid.SliceOfN(rapid.Int64Range(1, deal), 1, 8).Draw(t, "refunds") {
			refunded += part
			step := Clawed(earned, deal, refunded) - taken
			require.GreaterOrEqual(t, step, int64(0))
			taken += step
		}
		require.Equal(t, Clawed(earned, deal, refunded), taken)
		require.LessOrEqual(t, taken, earned)
		require.Equal(t, earned, Clawed(earned, deal, deal))
	})
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 31, 23, 30, 0, 0, time.FixedZone("west", -3600)) // already June in UTC
	for period, want := range map[string][2]string{
		"month": {"2026-06-01", "2026-07-01"}, "quarter": {"2026-04-01", "2026-07-01"}, "year": {"2026-01-01", "2027-01-01"},
	} {
		from, until := Plan{Period: period}.PeriodOf(at)
		require.Equal(t, want, [2]string{from.Format(time.DateOnly), until.Format(time.DateOnly)})
	}
}

func TestPlansAreChecked(t *testing.T) {
	t.Parallel()
	require.Empty(t, check(standard(t)))
	for field, spoil := range map[string]func(*Plan){
		"rate_bp":              func(p *Plan) { p.RateBP = 10_001 },
		"currency":             func(p *Plan) { p.Currency = "euro" },
		"tiers[1].above_minor": func(p *Plan) { p.Tiers[1].AboveMinor = p.Tiers[0].AboveMinor },
		"tiers[0].rate_bp":     func(p *Plan) { p.Tiers[0].RateBP = -1 },
		"period":               func(p *Plan) { p.Period = "week" },
		"cap_minor":            func(p *Plan) { p.CapMinor = -1 },
		"splits":               func(p *Plan) { p.Splits = nil },
		"splits[0]":            func(p *Plan) { p.Splits[0].Who = "friend" },
		"splits[1].share":      func(p *Plan) { p.Splits[1].Share = 0 },
		"claw_back":            func(p *Plan) { p.ClawBack = "soon" },
	} {
		raw, err := json.Marshal(standard(t))
		require.NoError(t, err)
		var p Plan
		require.NoError(t, json.Unmarshal(raw, &p))
		spoil(&p)
		problems := check(p)
		require.Len(t, problems, 1, field)
		require.Equal(t, field, problems[0].Field)
	}
}
