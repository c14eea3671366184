package appointments_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

func span(minutes int) definitions.Span { return definitions.Span(fmt.Sprintf("%dm", minutes)) }

func working(t testing.TB, zone string, week map[string][]string, from, until time.Time) (list []appointments.Interval) {
	t.Helper()
	cal, err := calendar.New(calendar.Definition{Zone: zone, Week: week})
	require.NoError(t, err)
	for _, s := range cal.Stretches(from, until) {
		list = append(list, appointments.Interval{From: s.From, Until: s.To})
	}
	return list
}

// Whatever is taken: no slot overlaps it, each lies within working time and the wish, and none that could be is left out.
func TestSlotsAreFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)
		minutes := rapid.IntRange(0, 5*24*60)
		at := func(label string) time.Time { return base.Add(time.Duration(minutes.Draw(t, label)) * time.Minute) }
		typ := appointments.Type{
			Duration: span(rapid.IntRange(5, 120).Draw(t, "duration")), Grid: span(rapid.IntRange(5, 60).Draw(t, "grid")),
			Before: span(rapid.IntRange(0, 60).Draw(t, "before")), After: span(rapid.IntRange(0, 60).Draw(t, "after")),
		}
		cal, err := calendar.New(calendar.Definition{Zone: rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone"),
			Week: map[string][]string{"friday": {"09:00-12:00", "13:00-17:00"}, "saturday": {"00:00-24:00"}, "sunday": {"01:00-04:00", "10:00-11:00"}, "monday": {"08:10-18:25"}}})
		require.NoError(t, err)
		var d appointments.Diary
		for _, s := range cal.Stretches(base, base.AddDate(0, 0, 5)) {
			d.Working = append(d.Working, appointments.Interval{From: s.From, Until: s.To})
		}
		for range rapid.IntRange(0, 12).Draw(t, "taken") {
			from := at("from")
			d.Taken = append(d.Taken, appointments.Interval{From: from, Until: from.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "length")) * time.Minute)})
		}
		from := at("wish")
		until := from.Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "span")) * time.Minute)
		slots := map[time.Time]bool{}
		for _, start := range appointments.Slots(typ, d, from, until) {
			require.False(t, slots[start], "once")
			slots[start] = true
			require.False(t, start.Before(from) || !start.Before(until))
		}
		// Every time of the grid is judged anew, minute by minute.
		for _, w := range d.Working {
			for start := w.From; start.Before(w.Until); start = start.Add(typ.Grid.Duration()) {
				free := !start.Before(from) && start.Before(until) && !start.Add(typ.Duration.Duration()).After(w.Until)
				for m := start.Add(-typ.Before.Duration()); m.Before(start.Add(typ.Duration.Duration() + typ.After.Duration())); m = m.Add(time.Minute) {
					for _, b := range d.Taken {
						free = free && (m.Before(b.From) || !m.Before(b.Until))
					}
				}
				require.Equal(t, free, slots[start.UTC()], "%s", start)
				delete(slots, start.UTC())
			}
		}
		require.Empty(t, slots, "none lies outside of working time or the grid")
	})
}

func TestDaysOfTheChangingClocks(t *testing.T) {
	t.Parallel()
	typ := appointments.Type{Duration: "1h", Grid: "1h"}
	all := map[string][]string{"sunday": {"00:00-24:00"}}
	night := map[string][]string{"sunday": {"01:00-05:00"}}
	for _, test := range []struct {
		zone, day string
		week      map[string][]string
		want      int
	}{
		{"Europe/Berlin", "2026-03-22", all, 24}, {"Europe/Berlin", "2026-03-29", all, 23}, {"Europe/Berlin", "2026-10-25", all, 25},
		{"America/New_York", "2026-03-08", all, 23}, {"America/New_York", "2026-11-01", all, 25},
		{"Europe/Berlin", "2026-03-29", night, 3}, {"Europe/Berlin", "2026-10-25", night, 5}, {"Europe/Berlin", "2026-06-07", night, 4},
		{"UTC", "2026-03-29", all, 24}, {"Pacific/Auckland", "2026-04-05", all, 25},
	} {
		midnight, err := time.ParseInLocation(time.DateOnly, test.day, zone(t, test.zone))
		require.NoError(t, err)
		until := midnight.AddDate(0, 0, 1)
		starts := appointments.Slots(typ, appointments.Diary{Working: working(t, test.zone, test.week, midnight, until)}, midnight, until)
		require.Len(t, starts, test.want, "%s in %s", test.day, test.zone)
		for i := 1; i < len(starts); i++ {
			require.GreaterOrEqual(t, starts[i].Sub(starts[i-1]), time.Hour, "an hour takes an hour")
		}
	}
}

func TestTheGridDoesNotMoveWithTheQuestion(t *testing.T) {
	t.Parallel()
	typ := appointments.Type{Duration: "30m", Grid: "45m"}
	d := appointments.Diary{Working: working(t, "UTC", map[string][]string{"monday": {"09:00-12:00"}}, instant(t, "2026-06-08T00:00:00Z"), instant(t, "2026-06-09T00:00:00Z"))}
	all := appointments.Slots(typ, d, instant(t, "2026-06-08T00:00:00Z"), instant(t, "2026-06-09T00:00:00Z"))
	require.Len(t, all, 4)
	require.Equal(t, all[2:], appointments.Slots(typ, d, all[1].Add(time.Second), instant(t, "2026-06-09T00:00:00Z")))
	require.Empty(t, appointments.Slots(appointments.Type{}, d, all[0], all[3]), "a type without a length has none")
}
