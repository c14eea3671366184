package timing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/analytics/timing"
)

// monday is a Monday, 06:30 UTC.
var monday = time.Date(2026, 1, 5, 6, 30, 0, 0, time.UTC)

func office(local time.Time) bool { return local.Hour() >= 8 && local.Hour() < 20 }

func repeated(n int, at time.Time) (h timing.Hours) {
	for range n {
		h.Add(at)
	}
	return h
}

func TestBestHour(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	crowd := repeated(1000, monday.Add(4*time.Hour)) // 10 o'clock
	day := timing.Window{Allowed: office, Within: 24 * time.Hour}
	for name, test := range map[string]struct {
		own, everybody timing.Hours
		zone           *time.Location
		window         timing.Window
		want           time.Time
	}{
		"nothing known: the first allowed hour": {zone: time.UTC, window: day, want: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)},
		"everybody's hour":                      {everybody: crowd, zone: time.UTC, window: day, want: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)},
		"everybody's hour where the person is":  {everybody: crowd, zone: berlin, window: day, want: time.Date(2026, 1, 5, 10, 0, 0, 0, berlin)},
		"a zone that is off by half an hour":    {everybody: crowd, zone: kolkata, window: day, want: time.Date(2026, 1, 6, 10, 0, 0, 0, kolkata)},
		"one evening click does not outweigh everybody": {
			own: repeated(1, monday.Add(12*time.Hour)), everybody: crowd, zone: time.UTC, window: day, want: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC),
		},
		"a habit does": {
			own: repeated(60, monday.Add(12*time.Hour)), everybody: crowd, zone: time.UTC, window: day, want: time.Date(2026, 1, 5, 18, 0, 0, 0, time.UTC),
		},
		"at night people are left alone": {
			own: repeated(60, monday.Add(-4*time.Hour)), everybody: crowd, zone: time.UTC, window: day, want: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC),
		},
		"who reads at weekends waits for one": {
			own: repeated(60, monday.Add(-20*time.Hour)), everybody: crowd, zone: time.UTC,
			window: timing.Window{Allowed: office, Within: 7 * 24 * time.Hour}, want: time.Date(2026, 1, 10, 10, 0, 0, 0, time.UTC),
		},
		"unless it takes too long": {
			own: repeated(60, monday.Add(-20*time.Hour)), everybody: crowd, zone: time.UTC,
			window: timing.Window{Allowed: office, Within: 7 * 24 * time.Hour, Patience: 12 * time.Hour}, want: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC),
		},
		"nothing is allowed in time: as soon as it is": {
			zone: time.UTC, window: timing.Window{Allowed: office, Within: time.Hour}, want: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC),
		},
		"nothing is ever allowed": {
			zone: time.UTC, window: timing.Window{Allowed: func(time.Time) bool { return false }, Within: time.Hour}, want: monday,
		},
		"no window at all": {zone: time.UTC, want: monday},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			odds := timing.Learn(test.own, test.everybody, timing.StandardBelief())
			require.Equal(t, test.want.UTC(), timing.Best(odds, monday, test.zone, test.window).UTC())
		})
	}
}

// Midnight is next to eleven at night.
func TestTheKernelGoesAroundTheClock(t *testing.T) {
	t.Parallel()
	odds := timing.Learn(repeated(20, monday.Add(-6*time.Hour-time.Minute)), timing.Hours{}, timing.StandardBelief()) // Monday, 00:29
	midnight := odds[0]
	require.InDelta(t, midnight[1], midnight[23], 1e-12)
	require.Greater(t, midnight[0], midnight[23])
	require.Greater(t, midnight[23], midnight[22])
	require.Greater(t, midnight[22], midnight[12])
}

// Whatever was counted, the odds of the hours of a week make one, none is impossible, and one more reaction makes its
// hour no less likely.
func TestOddsAreOdds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		own, everybody := some(random, 5), some(random, 300)
		belief := timing.Belief{Strength: random.Float64() * 30, Spread: random.Float64() * 50, Floor: random.Float64() * 10}
		odds := timing.Learn(own, everybody, belief)
		sum := 0.0
		for class, days := range []float64{5, 2} {
			for _, p := range odds[class] {
				require.GreaterOrEqual(t, p, 0.0)
				sum += p * days
			}
		}
		require.InDelta(t, 1, sum, 1e-9)
		at := monday.Add(time.Duration(random.IntN(7*24)) * time.Hour)
		class := 0
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			class = 1
		}
		// Seen against what would be expected without it, the more so the more often.
		own.Add(at)
		more := timing.Learn(own, everybody, timing.Belief{Strength: belief.Strength, Spread: 1e6, Floor: belief.Floor})
		before := own
		before[class][at.Hour()]--
		less := timing.Learn(before, everybody, timing.Belief{Strength: belief.Strength, Spread: 1e6, Floor: belief.Floor})
		require.GreaterOrEqual(t, more[class][at.Hour()]+1e-12, less[class][at.Hour()])
	}
}

// The chosen time is allowed, never before it is asked for, and within the window whenever the window has an allowed hour.
func TestBestKeepsTheWindow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"}
	for range 500 {
		zone, err := time.LoadLocation(zones[random.IntN(len(zones))])
		require.NoError(t, err)
		after := monday.Add(time.Duration(random.IntN(365*24*60)) * time.Minute)
		within := time.Duration(24+random.IntN(100)) * time.Hour
		at := timing.Best(timing.Learn(some(random, 5), some(random, 100), timing.StandardBelief()), after, zone,
			timing.Window{Allowed: office, Within: within})
		require.True(t, office(at.In(zone)), at.In(zone))
		require.False(t, at.Before(after))
		require.LessOrEqual(t, at.Sub(after), within)
	}
}

func some(random *rand.Rand, most int) (h timing.Hours) {
	for class := range h {
		for hour := range h[class] {
			h[class][hour] = float64(random.IntN(most))
		}
	}
	return h
}
