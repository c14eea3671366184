package messages_test

import (
	"bytes"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/links"
)

// What is sent about an appointment is one entry in the calendar, which moves and goes with it.
func TestMessagesAboutAnAppointment(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id, by := uuid.New(), audit.Record{ActorKind: audit.System, ActorID: "test"}
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'care', $2)`, uuid.New(), ten)
	start := time.Date(2026, 3, 30, 9, 0, 0, 0, time.UTC) // the Monday after the clocks went forward
	change := func(do func(tx pgx.Tx) error) {
		t.Helper()
		require.NoError(t, db.InTx(t.Context(), h.pool, do))
	}
	change(func(tx pgx.Tx) error {
		_, err := appointments.Book(t.Context(), tx, ten, appointments.Booking{ID: id, Type: "consultation", ContactID: h.ada, Start: start, Actor: by})
		return err
	})
	token := func() fence.Token {
		f, err := fence.Read(t.Context(), h.pool, appointments.Fence, id)
		require.NoError(t, err)
		return f
	}
	say := func(template string, f fence.Token, channel provider.Channel) messages.Receipt {
		t.Helper()
		r, err := call(h, ten, messages.Send, template+uuid.NewString(), messages.Message{Template: template, ContactID: h.ada, AppointmentID: id, Fence: f, Channel: channel})
		require.NoError(t, err)
		return r
	}
	event := func() (string, *ics.VEvent) {
		t.Helper()
		m := h.mail.taken[len(h.mail.taken)-1]
		cal, err := ics.ParseCalendar(bytes.NewReader(m.Calendar))
		require.NoError(t, err)
		return m.CalendarMethod, cal.Events()[0]
	}
	sequence := func(e *ics.VEvent) string { return e.GetProperty(ics.ComponentPropertySequence).Value }

	first := token()
	require.Equal(t, messages.Sent, say("appointment-confirmed", first, "").State)
	method, e := event()
	require.Equal(t, []string{"REQUEST", "0", appointments.UID(id)}, []string{method, sequence(e), e.Id()})
	require.Equal(t, "ada@example.com", e.Attendees()[0].Email())
	text := h.mail.taken[0].Text
	require.Contains(t, text, "30 March 2026, 11:00 CEST", "by the clock where she is")
	for _, part := range []string{h.links.URL(links.Appointment, id), "https://www.google.com/maps/search/?api=1&query=1+Example+Street%2C+Example+City", "+441632960100"} {
		require.Contains(t, text, part)
	}
	require.Contains(t, h.mail.taken[0].HTML, `href="tel:+441632960100"`, "a button to call")
	require.Equal(t, id.String(), one[string](h, `select about ->> 'appointment_id' from messages where template = 'appointment-confirmed'`))

	change(func(tx pgx.Tx) error {
		_, err := appointments.Move(t.Context(), tx, ten, id, start.Add(24*time.Hour), "", appointments.Change{Actor: by})
		return err
	})
	overtaken := say("appointment-reminder", first, "")
	require.Equal(t, []string{messages.Refused, messages.Overtaken}, []string{overtaken.State, overtaken.Reason}, "nothing leaves about the old time")
	require.Len(t, h.mail.taken, 1)
	say("appointment-moved", token(), "")
	method, e = event()
	require.Equal(t, []string{"REQUEST", "1", appointments.UID(id), "20260331T090000Z"}, []string{method, sequence(e), e.Id(), e.GetProperty(ics.ComponentPropertyDtStart).Value})

	change(func(tx pgx.Tx) error {
		_, err := appointments.Cancel(t.Context(), tx, ten, id, appointments.Change{Actor: by})
		return err
	})
	say("appointment-cancelled", token(), "")
	method, e = event()
	require.Equal(t, []string{"CANCEL", "2", appointments.UID(id)}, []string{method, sequence(e), e.Id()})

	h.exec(`update contacts set phone = '+441632960111' where id = $1`, h.ada)
	require.Equal(t, messages.Sent, say("appointment-cancelled", token(), provider.SMS).State)
	require.Empty(t, h.sms.taken[0].Calendar)
	require.Contains(t, h.sms.taken[0].Text, h.links.URL(links.Appointment, id))
}
