package appointments_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/process/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := calendar.LoadZone(name)
	require.NoError(t, err)
	return z
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

// Right to the minute, by the clock where the person is.
func TestWhenSomebodyIsReminded(t *testing.T) {
	t.Parallel()
	sameHour, evening, early := appointments.Remind{DaysBefore: 1}, appointments.Remind{DaysBefore: 1, At: "18:00"}, appointments.Remind{DaysBefore: 1, At: "02:30"}
	for name, test := range map[string]struct {
		remind            appointments.Remind
		zone, start, want string
	}{
		"an ordinary day":                                  {sameHour, "Europe/Berlin", "2026-06-10T09:15:00+02:00", "2026-06-09T09:15:00+02:00"},
		"the clocks go forward in between":                 {sameHour, "Europe/Berlin", "2026-03-29T10:00:00+02:00", "2026-03-28T10:00:00+01:00"},
		"and back":                                         {sameHour, "Europe/Berlin", "2026-10-25T10:00:00+01:00", "2026-10-24T10:00:00+02:00"},
		"the hour is skipped the day before":               {sameHour, "Europe/Berlin", "2026-03-30T02:30:00+02:00", "2026-03-29T03:00:00+02:00"},
		"the hour comes twice the day before":              {sameHour, "Europe/Berlin", "2026-10-26T02:30:00+01:00", "2026-10-25T02:30:00+02:00"},
		"it begins in the first of two equal hours":        {sameHour, "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-24T02:30:00+02:00"},
		"and in the second":                                {sameHour, "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-24T02:30:00+02:00"},
		"the day before is the 29th of February":           {sameHour, "Europe/Berlin", "2028-03-01T09:00:00+01:00", "2028-02-29T09:00:00+01:00"},
		"the day itself is":                                {sameHour, "Europe/Berlin", "2028-02-29T09:00:00+01:00", "2028-02-28T09:00:00+01:00"},
		"there is none that year":                          {sameHour, "Europe/Berlin", "2026-03-01T09:00:00+01:00", "2026-02-28T09:00:00+01:00"},
		"in the evening":                                   {evening, "Europe/Berlin", "2026-06-10T09:00:00+02:00", "2026-06-09T18:00:00+02:00"},
		"in the evening, where it is still the day before": {evening, "America/Los_Angeles", "2026-06-10T06:00:00+02:00", "2026-06-08T18:00:00-07:00"},
		"in the evening, where it is the day after":        {evening, "Pacific/Auckland", "2026-06-10T15:00:00+02:00", "2026-06-10T18:00:00+12:00"},
		"a set hour that the clocks skip":                  {early, "America/New_York", "2026-03-09T12:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"a set hour that comes twice":                      {early, "Europe/Berlin", "2026-10-26T12:00:00+01:00", "2026-10-25T02:30:00+02:00"},
		"New Year":                                         {sameHour, "Europe/Berlin", "2027-01-01T09:00:00+01:00", "2026-12-31T09:00:00+01:00"},
		"two days before":                                  {appointments.Remind{DaysBefore: 2}, "Europe/Berlin", "2026-03-30T09:00:00+02:00", "2026-03-28T09:00:00+01:00"},
		"a zone of half hours":                             {sameHour, "Asia/Kolkata", "2026-06-10T09:15:00+05:30", "2026-06-09T09:15:00+05:30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typ := appointments.Type{Remind: test.remind}
			start := instant(t, test.start)
			at := typ.RemindAt(start, zone(t, test.zone))
			require.Equal(t, instant(t, test.want).UTC(), at)
			require.False(t, typ.FirstReminder(start).After(at), "it was looked before where they are")
		})
	}
	require.Zero(t, appointments.Type{}.RemindAt(time.Now(), time.UTC))
	require.Zero(t, appointments.Type{}.FirstReminder(time.Now()))
}

// Whoever travels is reminded by the clock of the new place.
func TestTheReminderFollowsThePerson(t *testing.T) {
	t.Parallel()
	typ := appointments.Type{Remind: appointments.Remind{DaysBefore: 1, At: "18:00"}}
	start := instant(t, "2026-06-10T09:00:00Z")
	for where, want := range map[string]string{
		"Europe/Berlin": "2026-06-09T16:00:00Z", "America/New_York": "2026-06-09T22:00:00Z", "Asia/Tokyo": "2026-06-09T09:00:00Z", "Pacific/Kiritimati": "2026-06-09T04:00:00Z",
		"Pacific/Pago_Pago": "2026-06-09T05:00:00Z", // still the ninth there when it begins
	} {
		require.Equal(t, want, typ.RemindAt(start, zone(t, where)).Format(time.RFC3339), where)
		require.False(t, typ.FirstReminder(start).After(typ.RemindAt(start, zone(t, where))), where)
	}
}

func TestTheMapLink(t *testing.T) {
	t.Parallel()
	lat, long := 52.5163, -13.3777
	for want, p := range map[string]appointments.Place{
		"": {}, "https://maps.example.com/x": {URL: "https://maps.example.com/x", Address: "1 Example Street"},
		"https://www.google.com/maps/search/?api=1&query=52.5163%2C-13.3777": {Latitude: &lat, Longitude: &long, Address: "1 Example Street"},
		"https://waze.com/ul?ll=52.5163%2C-13.3777&navigate=yes":             {Latitude: &lat, Longitude: &long, Map: appointments.Waze},
		"https://www.google.com/maps/search/?api=1&query=1+Example+Street":   {Address: "1 Example Street"},
		"https://waze.com/ul?q=1+Example+Street&navigate=yes":                {Address: "1 Example Street", Map: appointments.Waze},
	} {
		require.Equal(t, want, p.MapLink())
	}
}

func TestWhatIsWrongWithATypeIsNamed(t *testing.T) {
	t.Parallel()
	standard, ok := appointments.Kind.Standard("consultation")
	require.True(t, ok)
	require.Empty(t, appointments.Kind.Check(standard))
	for field, change := range map[string]string{
		"title": `{"title": ""}`, "duration": `{"duration": "0m"}`, "before": `{"before": "an hour"}`, "after": `{"after": "2d"}`, "grid": `{"grid": "1m"}`,
		"earliest": `{"earliest": "x"}`, "latest": `{"latest": "1h"}`, "cancel_before": `{"cancel_before": "1y"}`, "settle_after": `{"settle_after": ""}`,
		"givers": `{"givers": {"roles": []}}`, "givers.roles[0]": `{"givers": {"roles": ["king"]}}`, "givers.teams[0]": `{"givers": {"teams": [""]}}`,
		"givers.resources[0]": `{"givers": {"resources": ["Room 1"]}}`, "givers.users[0]": `{"givers": {"users": ["00000000-0000-0000-0000-000000000000"]}}`,
		"place.url": `{"place": {"url": "http://example.com"}}`, "place.longitude": `{"place": {"latitude": 1}}`, "place.latitude": `{"place": {"latitude": 91, "longitude": 1}}`,
		"place.map": `{"place": {"map": "paper"}}`, "place.address": `{"place": {"address": "a\nb"}}`, "phone": `{"phone": "0123"}`, "remind.days_before": `{"remind": {"days_before": 31}}`,
		"remind.at": `{"remind": {"days_before": 1, "at": "24:00"}}`, "no_show.template": `{"no_show": {"template": "A B"}}`, "no_show.call_after": `{"no_show": {"call_after": -1}}`,
		"survey": `{"survey": "A B", "upsell": {}}`, "upsell": `{"survey": ""}`, "upsell.title": `{"upsell": {"title": "", "team": "sales"}}`,
	} {
		body, over := map[string]json.RawMessage{}, map[string]json.RawMessage{}
		require.NoError(t, json.Unmarshal(standard, &body))
		require.NoError(t, json.Unmarshal([]byte(change), &over))
		for k, v := range over {
			body[k] = v
		}
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		problems := appointments.Kind.Check(raw)
		require.Len(t, problems, 1, "%s: %v", field, problems)
		require.Equal(t, field, problems[0].Field)
	}
	require.NotEmpty(t, appointments.Kind.Check([]byte(`{"nonsense": 1}`)))
}
