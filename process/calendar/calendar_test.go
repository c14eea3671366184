package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process/calendar"
)

var office = calendar.Definition{
	Zone: "Europe/Berlin",
	Week: map[string][]string{
		"monday": {"13:00-17:30", "09:00-12:00"}, "tuesday": {"09:00-17:30"}, "wednesday": {"09:00-17:30"},
		"thursday": {"09:00-17:30"}, "friday": {"09:00-15:00"},
	},
	Country: "DE",
	Closed:  []string{"2026-12-24"},
}

func TestOfficeHours(t *testing.T) {
	t.Parallel()
	c := mustNew(t, office)
	at := in(t, "Europe/Berlin")

	for text, working := range map[string]bool{
		"2026-06-08 08:59": false, // a Monday with a lunch break
		"2026-06-08 09:00": true,
		"2026-06-08 12:00": false,
		"2026-06-08 13:00": true,
		"2026-06-08 17:30": false,
		"2026-06-06 10:00": false, // Saturday
		"2026-05-25 10:00": false, // Whit Monday
		"2026-12-24 10:00": false, // closed on purpose
		"2026-12-23 10:00": true,
	} {
		require.Equal(t, working, c.Working(at(text)), text)
	}

	for _, tc := range []struct {
		name, from, want string
		d                time.Duration
	}{
		{"within a span", "2026-06-08 09:00", "2026-06-08 11:00", 2 * time.Hour},
		{"over lunch", "2026-06-08 11:00", "2026-06-08 14:00", 2 * time.Hour},
		{"ends with the span", "2026-06-08 16:30", "2026-06-08 17:30", time.Hour},
		{"over night", "2026-06-08 17:00", "2026-06-09 09:30", time.Hour},
		{"over a weekend and Whit Monday", "2026-05-22 14:00", "2026-05-26 10:00", 2 * time.Hour},
		{"over Christmas", "2026-12-23 17:00", "2026-12-28 09:30", time.Hour},
		{"nothing, outside hours", "2026-06-06 10:00", "2026-06-08 09:00", 0},
		{"nothing, within hours", "2026-06-08 10:00", "2026-06-08 10:00", 0},
		{"a week is forty hours", "2026-06-08 09:00", "2026-06-12 15:00", 39 * time.Hour},
	} {
		got := c.Add(at(tc.from), tc.d)
		require.Equal(t, at(tc.want).String(), got.In(at(tc.want).Location()).String(), tc.name)
		require.Equal(t, tc.d, c.Between(at(tc.from), got), tc.name)
		require.Equal(t, -tc.d, c.Between(got, at(tc.from)), tc.name)
	}
}

func TestClocksThatChange(t *testing.T) {
	t.Parallel()
	night := map[string][]string{"sunday": {"00:00-04:00"}}
	midnight := map[string][]string{"friday": {"00:00-02:00"}}
	for _, tc := range []struct {
		name, zone, day string
		week            map[string][]string
		want            time.Duration
	}{
		{"spring in New York takes an hour", "America/New_York", "2026-03-08", night, 3 * time.Hour},
		{"autumn in New York gives one", "America/New_York", "2026-11-01", night, 5 * time.Hour},
		{"spring in Berlin", "Europe/Berlin", "2026-03-29", night, 3 * time.Hour},
		{"autumn in Berlin", "Europe/Berlin", "2026-10-25", night, 5 * time.Hour},
		{"half an hour on Lord Howe, spring", "Australia/Lord_Howe", "2026-10-04", night, 3*time.Hour + 30*time.Minute},
		{"half an hour on Lord Howe, autumn", "Australia/Lord_Howe", "2026-04-05", night, 4*time.Hour + 30*time.Minute},
		{"Auckland, spring", "Pacific/Auckland", "2026-09-27", night, 3 * time.Hour},
		{"Auckland, autumn", "Pacific/Auckland", "2026-04-05", night, 5 * time.Hour},
		{"Cairo skips midnight", "Africa/Cairo", "2026-04-24", midnight, time.Hour},
		{"Samoa skipped a whole day", "Pacific/Apia", "2011-12-30", midnight, 0},
		{"St. John's went back over midnight", "America/St_Johns", "2010-11-07", map[string][]string{"saturday": {"22:00-24:00"}, "sunday": {"00:00-02:00"}}, 5 * time.Hour},
		{"an ordinary day", "Pacific/Auckland", "2026-06-07", night, 4 * time.Hour},
	} {
		c := mustNew(t, calendar.Definition{Zone: tc.zone, Week: tc.week})
		noon := in(t, tc.zone)(tc.day + " 12:00")
		require.Equal(t, tc.want, c.Between(noon.Add(-36*time.Hour), noon), tc.name)
	}
}

func TestASpanThatTheClocksSkip(t *testing.T) {
	t.Parallel()
	c := mustNew(t, calendar.Definition{Zone: "Europe/Berlin", Week: map[string][]string{"sunday": {"02:00-03:00"}}})
	at := in(t, "Europe/Berlin")
	require.Equal(t, time.Duration(0), c.Between(at("2026-03-28 12:00"), at("2026-03-29 12:00")))
	require.True(t, at("2026-04-05 02:00").Equal(c.Next(at("2026-03-28 12:00"))))
}

func TestNextLocal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, zone, from, want string }{
		{"later today", "Europe/Berlin", "2026-06-08T04:00:00Z", "2026-06-08T07:00:00Z"},
		{"now", "Europe/Berlin", "2026-06-08T07:00:00Z", "2026-06-08T07:00:00Z"},
		{"tomorrow", "Europe/Berlin", "2026-06-08T07:00:00.000000001Z", "2026-06-09T07:00:00Z"},
		{"the day there is another one", "Pacific/Auckland", "2026-06-08T20:00:00Z", "2026-06-08T21:00:00Z"},
		{"after the clocks went forward", "America/New_York", "2026-03-07T20:00:00Z", "2026-03-08T13:00:00Z"},
	} {
		from, err := time.Parse(time.RFC3339Nano, tc.from)
		require.NoError(t, err)
		zone, err := calendar.LoadZone(tc.zone)
		require.NoError(t, err)
		got := calendar.NextLocal(from, zone, calendar.At(9, 0))
		require.Equal(t, tc.want, got.UTC().Format(time.RFC3339Nano), tc.name)
	}

	berlin, err := calendar.LoadZone("Europe/Berlin")
	require.NoError(t, err)
	at := in(t, "Europe/Berlin")
	midnight := at("2026-06-09 00:00")
	require.True(t, midnight.Equal(calendar.NextLocal(midnight, berlin, calendar.EndOfDay)), "24:00 is the midnight that comes first")
	skipped := calendar.NextLocal(at("2026-03-29 00:00"), berlin, calendar.At(2, 30))
	require.Equal(t, "03:00", skipped.Format("15:04"), "half past two does not exist: the instant of the skip counts")
	first := calendar.NextLocal(at("2026-10-25 00:00"), berlin, calendar.At(2, 30))
	require.Equal(t, "CEST", first.Format("MST"), "of two half past twos the first counts")
	require.Equal(t, "2026-10-26", calendar.NextLocal(first.Add(1), berlin, calendar.At(2, 30)).Format(time.DateOnly))
}

func TestACalendarMadeByHandWithoutWorkingTime(t *testing.T) {
	t.Parallel()
	var c calendar.Calendar
	require.False(t, c.Working(time.Now()))
	require.PanicsWithValue(t, "calendar: it has no working time: make it with calendar.New, which refuses such a definition",
		func() { c.Add(time.Now(), time.Hour) })
}

func mustNew(t *testing.T, d calendar.Definition) calendar.Calendar {
	t.Helper()
	c, err := calendar.New(d)
	require.NoError(t, err)
	return c
}

// in reads "2006-01-02 15:04" in a zone.
func in(t *testing.T, zone string) func(string) time.Time {
	loc, err := calendar.LoadZone(zone)
	require.NoError(t, err)
	return func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
		require.NoError(t, err)
		return at
	}
}
