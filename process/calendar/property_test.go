package calendar_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/process/calendar"
)

var zones = []string{"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Cairo",
	"America/Havana", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "America/St_Johns"}

// arbitrary draws a calendar with spans at any hour, so that many begin, end or vanish in a change of the clocks.
func arbitrary(t *rapid.T) calendar.Calendar {
	d := calendar.Definition{Zone: rapid.SampledFrom(zones).Draw(t, "zone"), Week: map[string][]string{}}
	for day := time.Sunday; day <= time.Saturday; day++ {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 48), 0, 6, rapid.ID[int]).Draw(t, day.String())
		slices.Sort(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			d.Week[day.String()] = append(d.Week[day.String()], fmt.Sprintf("%s-%s", calendar.Clock(cuts[i]*30), calendar.Clock(cuts[i+1]*30)))
		}
	}
	if len(d.Week) == 0 {
		d.Week["sunday"] = []string{"01:30-03:00"}
	}
	d.Country = rapid.SampledFrom([]string{"", "DE", "US", "GB", "AU-VIC"}).Draw(t, "country")
	c, err := calendar.New(d)
	require.NoError(t, err)
	return c
}

// instant draws instants of 2005–2030, half of them within two days of a change of the clocks.
func instant(t *rapid.T, c calendar.Calendar, name string) time.Time {
	at := time.Unix(rapid.Int64Range(1104537600, 1924991999).Draw(t, name), 0)
	if _, end := at.In(c.Zone).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, name+" near a change") {
		at = end.Add(time.Duration(rapid.Int64Range(-48*60, 48*60).Draw(t, name+" minutes")) * time.Minute)
	}
	return at
}

func TestAddThenBetweenGivesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := arbitrary(t)
		from := instant(t, c, "from")
		d := time.Duration(rapid.Int64Range(0, 100*60).Draw(t, "minutes")) * time.Minute
		to := c.Add(from, d)
		require.Equal(t, d, c.Between(from, to))
		require.False(t, to.Before(from))
		if d > 0 {
			require.True(t, c.Working(to.Add(-1)), "a working time limit passes within working time, or at its very end")
		} else {
			require.True(t, c.Working(to))
		}
	})
}

func TestAddIsMonotonicAndAdditive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := arbitrary(t)
		from := instant(t, c, "from")
		later := from.Add(time.Duration(rapid.Int64Range(0, 72*60).Draw(t, "later")) * time.Minute)
		a := time.Duration(rapid.Int64Range(0, 30*60).Draw(t, "a")) * time.Minute
		b := time.Duration(rapid.Int64Range(1, 30*60).Draw(t, "b")) * time.Minute
		require.False(t, c.Add(later, a).Before(c.Add(from, a)), "starting later never ends earlier")
		require.True(t, c.Add(from, a+b).After(c.Add(from, a)), "more work ends later")
		require.True(t, c.Add(c.Add(from, a), b).Equal(c.Add(from, a+b)))
		require.Equal(t, c.Between(from, later.Add(b)), c.Between(from, later)+c.Between(later, later.Add(b)))
	})
}

func TestNextIsTheFirstWorkingInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := arbitrary(t)
		from := instant(t, c, "from").Truncate(time.Minute)
		next := c.Next(from)
		require.True(t, c.Working(next))
		require.Equal(t, from.Equal(next), c.Working(from))
		for at := from; at.Before(next) && at.Before(from.Add(72*time.Hour)); at = at.Add(10 * time.Minute) {
			require.False(t, c.Working(at), "%s is before the next working instant %s", at, next)
		}
	})
}

// TestNextLocalAgainstAClockThatIsWatched watches the clock on the wall minute by minute around changes.
func TestNextLocalAgainstAClockThatIsWatched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.Calendar{Zone: mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))}
		from := instant(t, c, "from").Truncate(time.Minute)
		at := calendar.Clock(rapid.IntRange(0, 23*60+59).Draw(t, "clock"))
		got := calendar.NextLocal(from, c.Zone, at).In(c.Zone)
		require.False(t, got.Before(from))
		require.Less(t, got.Sub(from), 50*time.Hour)
		shown := calendar.At(got.Hour(), got.Minute())
		if before := got.Add(-1); shown != at {
			// Only the instant of a skip may show another time, and the clocks must skip at there.
			_, was := before.Zone()
			_, is := got.Zone()
			require.Greater(t, is, was, "%s shows %s", got, shown)
		}
		dates := map[string]bool{}
		for w := from.Add(-26 * time.Hour).In(c.Zone); w.Before(got); w = w.Add(time.Minute) {
			if calendar.At(w.Hour(), w.Minute()) == at {
				first := !dates[w.Format(time.DateOnly)]
				dates[w.Format(time.DateOnly)] = true
				require.False(t, first && !w.Before(from), "the clock showed %s earlier, at %s", at, w)
			}
		}
	})
}

func mustZone(t *rapid.T, name string) *time.Location {
	zone, err := calendar.LoadZone(name)
	require.NoError(t, err)
	return zone
}
