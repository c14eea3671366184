package satisfaction_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/analytics/satisfaction"
)

// Worked out by hand from the formulas that the package names.
func TestNetPromoterByHand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		promoters, passives, detractors int
		score, low, high                float64
	}{
		{5, 2, 3, 20, -30.326, 61.095},
		{50, 30, 20, 30, 14.051, 44.201},
		{1, 0, 0, 100, -48.499, 98.499},
		{0, 0, 4, -100, -100, -6.944},
		{0, 7, 0, 0, -24.005, 24.005},
	} {
		score, interval, ok := satisfaction.NetPromoter(tc.promoters, tc.passives, tc.detractors)
		require.True(t, ok)
		require.InDelta(t, tc.score, score, 1e-9, "%+v", tc)
		require.InDelta(t, tc.low, interval.Low, 0.01, "%+v", tc)
		require.InDelta(t, tc.high, interval.High, 0.01, "%+v", tc)
	}
	_, _, ok := satisfaction.NetPromoter(0, 0, 0)
	require.False(t, ok, "no answers are no score")
}

// Wilson's interval, as in the literature: 0 of 10 reaches up to 27.75 %, 5 of 10 lies within 23.66 and 76.34 %.
func TestSatisfiedByHand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		satisfied, answers int
		share, low, high   float64
	}{
		{0, 10, 0, 0, 27.753}, {5, 10, 50, 23.659, 76.341}, {10, 10, 100, 72.247, 100}, {6, 9, 66.667, 35.420, 87.942}, {1, 1, 100, 20.655, 100},
	} {
		share, interval, ok := satisfaction.Satisfied(tc.satisfied, tc.answers)
		require.True(t, ok)
		require.InDelta(t, tc.share, share, 0.001, "%+v", tc)
		require.InDelta(t, tc.low, interval.Low, 0.01, "%+v", tc)
		require.InDelta(t, tc.high, interval.High, 0.01, "%+v", tc)
	}
	_, _, ok := satisfaction.Satisfied(0, 0)
	require.False(t, ok)
}

// Property: the score lies within its interval's bounds of what is possible, and turning everything round turns the sign.
func TestNetPromoterIsSymmetric(t *testing.T) {
	t.Parallel()
	for p := range 12 {
		for n := range 5 {
			for d := range 12 {
				score, interval, ok := satisfaction.NetPromoter(p, n, d)
				if !ok {
					continue
				}
				turned, other, _ := satisfaction.NetPromoter(d, n, p)
				require.InDelta(t, score, -turned, 1e-9)
				require.InDelta(t, interval.Low, -other.High, 1e-9)
				require.LessOrEqual(t, -100.0, interval.Low)
				require.LessOrEqual(t, interval.High, 100.0)
				require.Less(t, interval.Low, interval.High)
			}
		}
	}
}
