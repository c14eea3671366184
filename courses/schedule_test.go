package courses_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/definitions"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	when, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return when
}

var working = []string{"monday", "tuesday", "wednesday", "thursday", "friday"}

func TestWhenALessonComes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		zone, enrolled, last string
		when                 courses.When
		want                 string
	}{
		"at once":                           {"Europe/Berlin", "2026-03-02T09:00:00Z", "", courses.When{}, "2026-03-02T09:00:00Z"},
		"not two at once":                   {"Europe/Berlin", "2026-03-02T09:00:00Z", "2026-03-02T09:00:01Z", courses.When{}, "2026-03-02T10:00:01Z"},
		"hours after the one before":        {"Europe/Berlin", "2026-03-02T09:00:00Z", "2026-03-02T09:05:00Z", courses.When{After: "36h"}, "2026-03-03T21:05:00Z"},
		"the next day at nine, though late": {"Europe/Berlin", "2026-03-02T08:00:00Z", "2026-03-03T08:00:07Z", courses.When{After: "1d", At: "09:00"}, "2026-03-04T08:00:00Z"},
		"the clocks went forward":           {"Europe/Berlin", "2026-03-01T08:00:00Z", "2026-03-28T08:00:00Z", courses.When{After: "1d", At: "09:00"}, "2026-03-29T07:00:00Z"},
		"the clocks went back":              {"Europe/Berlin", "2026-03-01T08:00:00Z", "2026-10-24T07:00:00Z", courses.When{After: "1d", At: "09:00"}, "2026-10-25T08:00:00Z"},
		"an hour that is skipped":           {"Europe/Berlin", "2026-03-01T08:00:00Z", "2026-03-28T08:00:00Z", courses.When{After: "1d", At: "02:30"}, "2026-03-29T01:00:00Z"},
		"an hour that comes twice":          {"Europe/Berlin", "2026-03-01T08:00:00Z", "2026-10-24T07:00:00Z", courses.When{After: "1d", At: "02:30"}, "2026-10-25T00:30:00Z"},
		"over the leap day":                 {"Europe/Berlin", "2028-02-28T08:00:00Z", "2028-02-28T08:00:00Z", courses.When{After: "1d", At: "09:00"}, "2028-02-29T08:00:00Z"},
		"no leap day":                       {"Europe/Berlin", "2026-02-28T08:00:00Z", "2026-02-28T08:00:00Z", courses.When{After: "1d", At: "09:00"}, "2026-03-01T08:00:00Z"},
		"where the learner lives":           {"America/Los_Angeles", "2026-01-05T23:00:00Z", "2026-01-05T23:00:00Z", courses.When{After: "1d", At: "09:00"}, "2026-01-06T17:00:00Z"},
		"a date ahead of Greenwich":         {"Pacific/Auckland", "2026-01-05T23:00:00Z", "2026-01-05T23:00:00Z", courses.When{After: "1d", At: "09:00"}, "2026-01-06T20:00:00Z"},
		"a zone that begins days late":      {"America/Santiago", "2026-09-05T15:00:00Z", "2026-09-05T15:00:00Z", courses.When{After: "1d", At: "00:00"}, "2026-09-06T04:00:00Z"},
		"over the weekend":                  {"Europe/Berlin", "2026-03-06T08:00:00Z", "2026-03-06T08:00:00Z", courses.When{After: "1d", At: "09:00", Weekdays: working}, "2026-03-09T08:00:00Z"},
		"today, later":                      {"Europe/Berlin", "2026-03-06T07:00:00Z", "", courses.When{At: "09:00"}, "2026-03-06T08:00:00Z"},
		"tomorrow, as nine has gone":        {"Europe/Berlin", "2026-03-06T09:00:00Z", "", courses.When{At: "09:00"}, "2026-03-07T08:00:00Z"},
		"since the enrolment":               {"Europe/Berlin", "2026-03-02T08:00:00Z", "2026-03-04T08:00:00Z", courses.When{After: "7d", Since: courses.Enrolment, At: "09:00"}, "2026-03-09T08:00:00Z"},
		"overdue since the enrolment":       {"Europe/Berlin", "2026-03-02T08:00:00Z", "2026-05-04T08:00:00Z", courses.When{After: "7d", Since: courses.Enrolment}, "2026-05-04T09:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			due := courses.Course{}.Due(courses.Lesson{When: tc.when}, courses.Progress{Enrolled: at(t, tc.enrolled), Last: at(t, tc.last), Zone: zone(t, tc.zone)})
			require.Equal(t, tc.want, due.Format(time.RFC3339))
		})
	}
}

// Whatever a teacher writes, and wherever a learner lives, no two lessons come at once and none before its time.
func TestNoTwoLessonsAtOnce(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "Africa/Casablanca"}
	names := append([]string{"saturday", "sunday"}, working...)
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		enrolled := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "enrolled"), 0).UTC()
		p := courses.Progress{Enrolled: enrolled, Zone: z}
		c := courses.Course{Spacing: definitions.Span(rapid.SampledFrom([]string{"", "1m", "20h", "2d"}).Draw(t, "spacing"))}
		spacing := max(c.Spacing.Duration(), 0)
		if c.Spacing == "" {
			spacing = time.Hour
		}
		for range rapid.IntRange(1, 8).Draw(t, "lessons") {
			w := courses.When{
				After: definitions.Span(rapid.SampledFrom([]string{"", "5m", "36h", "1d", "3d", "30d"}).Draw(t, "after")),
				Since: rapid.SampledFrom([]string{"", courses.Previous, courses.Enrolment}).Draw(t, "since"),
				At:    rapid.SampledFrom([]string{"", "00:00", "02:30", "09:00", "23:59"}).Draw(t, "at"),
			}
			if w.At != "" {
				w.Weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(t, "weekdays")
			}
			due := c.Due(courses.Lesson{When: w}, p)
			require.False(t, due.Before(enrolled))
			if !p.Last.IsZero() {
				require.GreaterOrEqual(t, due.Sub(p.Last), spacing)
			}
			from := p.Enrolled
			if !p.Last.IsZero() && w.Since != courses.Enrolment {
				from = p.Last
			}
			// A day by the calendar is an hour shorter or, where a zone leaves a day out, missing.
			slack := time.Duration(0)
			if w.At != "" && w.After.Duration()%(24*time.Hour) == 0 {
				slack = 49 * time.Hour
			}
			require.False(t, due.Before(from.Add(w.After.Duration()-slack)))
			if len(w.Weekdays) > 0 {
				require.Contains(t, w.Weekdays, map[time.Weekday]string{0: "sunday", 1: "monday", 2: "tuesday", 3: "wednesday", 4: "thursday", 5: "friday", 6: "saturday"}[due.In(z).Weekday()])
			}
			p.Last = due.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "late")) * time.Second)
		}
	})
}
