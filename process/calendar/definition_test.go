package calendar_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process/calendar"
)

func TestNewNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	day := []string{"09:00-17:00"}
	for _, tc := range []struct {
		name   string
		d      calendar.Definition
		fields []string
	}{
		{"no zone", calendar.Definition{Week: map[string][]string{"monday": day}}, []string{"zone"}},
		{"the machine's zone", calendar.Definition{Zone: "Local", Week: map[string][]string{"monday": day}}, []string{"zone"}},
		{"no week", calendar.Definition{Zone: "UTC"}, []string{"week"}},
		{"only free days", calendar.Definition{Zone: "UTC", Week: map[string][]string{"monday": {}}}, []string{"week"}},
		{"not a day", calendar.Definition{Zone: "UTC", Week: map[string][]string{"funday": day}}, []string{"week.funday"}},
		{"a day twice", calendar.Definition{Zone: "UTC", Week: map[string][]string{"Monday": day, "monday": day}}, []string{"week.monday"}},
		{"bad spans", calendar.Definition{Zone: "UTC", Week: map[string][]string{
			"monday": {"9-17", "09:00-08:00", "09:00-25:00", "09:61-10:00", "09:00", "09:00-09:00", "+9:00-10:00"}}},
			[]string{"week.monday[0]", "week.monday[1]", "week.monday[2]", "week.monday[3]", "week.monday[4]", "week.monday[5]", "week.monday[6]"}},
		{"overlap", calendar.Definition{Zone: "UTC", Week: map[string][]string{"monday": {"12:00-17:00", "09:00-12:01"}}}, []string{"week.monday"}},
		{"country and dates", calendar.Definition{Zone: "Mars/Base", Week: map[string][]string{"monday": day},
			Country: "XX", Closed: []string{"2026-02-30", "2026-12-24", "soon"}}, []string{"zone", "country", "closed[0]", "closed[2]"}},
		{"a region is wanted", calendar.Definition{Zone: "UTC", Week: map[string][]string{"monday": day}, Country: "au"}, []string{"country"}},
	} {
		_, err := calendar.New(tc.d)
		require.Error(t, err, tc.name)
		require.ElementsMatch(t, tc.fields, fields(err), tc.name)
	}
	_, err := calendar.New(calendar.Definition{Zone: "UTC", Week: map[string][]string{"monday": day}, Country: "AU"})
	require.ErrorContains(t, err, "AU-NSW", "the message names what would do")
}

func TestADefinitionTravelsAsJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(office)
	require.NoError(t, err)
	var back calendar.Definition
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, office, back)

	var c struct{ At calendar.Clock }
	require.NoError(t, json.Unmarshal([]byte(`{"At":"24:00"}`), &c))
	require.Equal(t, calendar.EndOfDay, c.At)
	require.Error(t, json.Unmarshal([]byte(`{"At":"24:01"}`), &c))
}

func TestPublicHolidays(t *testing.T) {
	t.Parallel()
	allWeek := map[string][]string{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		allWeek[d.String()] = []string{"00:00-24:00"}
	}
	for _, tc := range []struct {
		country, date string
		closed        bool
	}{
		{"DE", "2026-10-03", true}, {"DE", "2026-01-06", false}, {"DE-BY", "2026-01-06", true}, {"de-by", "2026-01-06", true},
		{"US", "2026-07-04", true}, {"US", "2026-07-03", true}, // a Saturday, observed on Friday
		{"US", "2021-12-31", true}, // New Year of 2022, observed in the year before
		{"GB", "2026-12-28", true}, // Boxing Day on a Saturday
		{"AU-VIC", "2026-11-03", true}, {"AU-NSW", "2026-11-03", false},
		{"", "2026-12-25", false},
	} {
		c := mustNew(t, calendar.Definition{Zone: "UTC", Week: allWeek, Country: tc.country})
		noon, err := time.Parse(time.DateOnly, tc.date)
		require.NoError(t, err)
		require.Equal(t, !tc.closed, c.Working(noon.Add(12*time.Hour)), "%s %s", tc.country, tc.date)
	}
	require.True(t, slices.IsSorted(calendar.Countries()))
	require.Contains(t, calendar.Countries(), "DE-BY")
}

func TestFixedKeepsTheSameDaysWithoutTheCountry(t *testing.T) {
	t.Parallel()
	fixed, err := office.Fixed(2026, 2028)
	require.NoError(t, err)
	require.Empty(t, fixed.Country)
	require.Contains(t, fixed.Closed, "2026-05-25")
	require.True(t, slices.IsSorted(fixed.Closed))
	require.Len(t, slices.Compact(slices.Clone(fixed.Closed)), len(fixed.Closed))
	was, is := mustNew(t, office), mustNew(t, fixed)
	for day := time.Date(2026, 1, 1, 10, 30, 0, 0, time.UTC); day.Year() <= 2028; day = day.AddDate(0, 0, 1) {
		require.Equal(t, was.Working(day), is.Working(day), day)
	}
	require.True(t, is.Working(time.Date(2029, 1, 1, 10, 30, 0, 0, time.UTC)), "beyond the years there is no holiday")
	_, err = calendar.Definition{Country: "XX"}.Fixed(2026, 2026)
	require.Equal(t, []string{"country"}, fields(err))
}

// fields lists the fields of the FieldErrors that err joins, however deep.
func fields(err error) []string {
	var f calendar.FieldError
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range many.Unwrap() {
			all = append(all, fields(e)...)
		}
		return all
	}
	if errors.As(err, &f) {
		return []string{f.Field}
	}
	return nil
}
