package tasks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"
)

func TestDays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		week map[string][]string
		want time.Duration
	}{
		"standard":       {tasks.StandardWeek().Week, 18 * time.Hour},
		"lunch":          {map[string][]string{"monday": {"09:00-12:00", "13:00-17:00"}}, 14 * time.Hour},
		"a short friday": {map[string][]string{"thursday": {"09:00-17:00"}, "friday": {"09:00-13:00"}}, 12 * time.Hour},
		"nobody works":   {nil, 0},
	} {
		cal, _ := calendar.New(calendar.Definition{Zone: "UTC", Week: test.week})
		require.Equal(t, test.want, tasks.Days(cal, 2), name)
	}
}

// A calendar that somebody broke holds no lead up.
func TestHours(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ stored, zone string }{
		"none stored":     {"", "UTC"},
		"stored":          {`{"zone": "Europe/Berlin", "week": {"monday": ["10:00-12:00"]}}`, "Europe/Berlin"},
		"no working time": {`{"zone": "Europe/Berlin", "week": {}}`, "UTC"},
		"another shape":   {`[1]`, "UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			if test.stored != "" {
				require.NoError(t, query.New().SeedBusinessCalendar(t.Context(), pool, query.SeedBusinessCalendarParams{
					ID: tasks.DefaultCalendar, Definition: []byte(test.stored), UpdatedAt: time.Now(),
				}))
			}
			def, cal, err := tasks.Hours(t.Context(), pool)
			require.NoError(t, err)
			require.Equal(t, test.zone, def.Zone)
			require.Equal(t, test.zone, cal.Zone.String())
		})
	}
}
