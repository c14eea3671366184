package appointments_test

import (
	"bytes"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db/query"
)

func TestAnInvitation(t *testing.T) {
	t.Parallel()
	lat, long := 52.5163, 13.3777
	typ := appointments.Type{Title: "Beratung; mit Kaffee, und Kuchen " + strings.Repeat("für alle ", 12), Place: appointments.Place{Address: "1 Example Street, Example City", Latitude: &lat, Longitude: &long}}
	row := query.Appointment{
		ID: uuid.New(), State: appointments.Booked, StartAt: instant(t, "2026-10-25T01:30:00Z"), EndAt: instant(t, "2026-10-25T02:00:00Z"),
		CreatedAt: instant(t, "2026-10-01T08:00:00Z"), ChangedAt: instant(t, "2026-10-02T08:00:00Z"),
	}
	now := instant(t, "2026-10-02T08:00:01Z")
	to := appointments.Invitation{Organizer: `"Example Ltd" <no-reply@example.com>`, Attendee: "ada@example.com", AttendeeName: "Ada \"X\"\r\nMETHOD:CANCEL", Link: "https://example.com/a/x"}
	uid := ""
	for _, step := range []struct {
		state, method, status string
		sequence              int32
		want                  string
	}{
		{appointments.Booked, "REQUEST", "CONFIRMED", 0, "0"}, {appointments.Booked, "REQUEST", "CONFIRMED", 1, "1"}, {appointments.Cancelled, "CANCEL", "CANCELLED", 2, "2"},
	} {
		row.State, row.Sequence = step.state, step.sequence
		invite, err := appointments.InviteOf(row, typ, now, to)
		require.NoError(t, err)
		require.Equal(t, step.method, invite.Method)
		for line := range strings.SplitSeq(string(invite.Content), "\r\n") {
			require.LessOrEqual(t, len(line), 75, "lines are folded (RFC 5545, 3.1): %q", line)
			require.NotContains(t, line, "\n")
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(invite.Content))
		require.NoError(t, err)
		require.Len(t, cal.Events(), 1)
		e := cal.Events()[0]
		get := func(p ics.ComponentProperty) string {
			require.NotNil(t, e.GetProperty(p), p)
			return e.GetProperty(p).Value
		}
		require.Equal(t, 1, strings.Count(string(invite.Content), "\r\nMETHOD:"), "a name adds no line")
		require.Contains(t, string(invite.Content), "\r\nMETHOD:"+step.method+"\r\n")
		if uid == "" {
			uid = e.Id()
		}
		require.Equal(t, uid, e.Id(), "one entry in the calendar for good")
		require.Equal(t, []string{step.want, step.status, "20261025T013000Z", "20261025T020000Z", "20261002T080001Z"}, []string{
			get(ics.ComponentPropertySequence), get(ics.ComponentPropertyStatus), get(ics.ComponentPropertyDtStart), get(ics.ComponentPropertyDtEnd), get(ics.ComponentPropertyDtstamp),
		})
		require.Equal(t, strings.TrimSpace(typ.Title), strings.TrimSpace(ics.FromText(get(ics.ComponentPropertySummary))))
		require.Equal(t, "52.5163;13.3777", get(ics.ComponentPropertyGeo))
		require.Equal(t, "mailto:no-reply@example.com", get(ics.ComponentPropertyOrganizer))
		require.Equal(t, "ada@example.com", e.Attendees()[0].Email())
		require.Equal(t, "https://example.com/a/x", get(ics.ComponentPropertyUrl))
	}
	for _, state := range []string{appointments.Held, appointments.NoShowed, appointments.Unreachable} {
		row.State = state
		invite, err := appointments.InviteOf(row, typ, now, to)
		require.NoError(t, err)
		require.Nil(t, invite, "nobody is invited to what is over")
	}
	row.State = appointments.Booked
	_, err := appointments.InviteOf(row, typ, now, appointments.Invitation{Organizer: "nobody"})
	require.Error(t, err)
}
