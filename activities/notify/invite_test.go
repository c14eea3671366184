package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db/dbtest"
)

// Who gives an appointment has it in their own calendar, and no more when somebody else gives it.
func TestTheGiverIsInvitedToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		template Template
		state    string
		method   string
	}{
		"booked":               {AppointmentBooked, appointments.Booked, "REQUEST"},
		"moved":                {AppointmentMoved, appointments.Booked, "REQUEST"},
		"cancelled":            {AppointmentCancelled, appointments.Cancelled, "CANCEL"},
		"somebody else's":      {AppointmentCancelled, appointments.Booked, "CANCEL"},
		"over when it is told": {AppointmentBooked, appointments.Held, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.service.organizer = "Perdura <perdura@example.com>"
			id, at := uuid.New(), time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)
			dbtest.Exec(t, f.pool, `insert into appointments (id, type, type_version, contact_id, giver, user_id, start_at, end_at, busy_from, busy_until, state, sequence, since, created_at, changed_at)
				values ($1, 'consultation', 0, $2, $3, $4, $5, $6, $5, $6, $7, 3, $5, $5, $5)`, id, f.contact, "user:"+f.user.String(), f.user, at, at.Add(time.Hour), test.state)
			_, err := f.send(Message{Template: test.template, Channel: Email, UserID: f.user, AppointmentID: id})
			require.NoError(t, err)
			require.Len(t, f.mail.calls, 1)
			sent := f.mail.calls[0]
			require.Equal(t, test.method, sent.CalendarMethod)
			if test.method == "" {
				require.Empty(t, sent.Calendar)
				return
			}
			entry := strings.ReplaceAll(string(sent.Calendar), "\r\n ", "") // unfolded
			for _, line := range []string{"METHOD:" + test.method, "UID:" + appointments.UID(id), "SEQUENCE:3", "DTSTART:20260309T100000Z", "mailto:rep1@example.com", "mailto:perdura@example.com"} {
				require.Contains(t, entry, line)
			}
			require.NotContains(t, entry, "ada@example.org", "nobody else is invited by it")
		})
	}
}
