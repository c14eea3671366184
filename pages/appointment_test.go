package pages_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/links"
)

// meeting is somebody in New York with an appointment on Tuesday at ten o'clock of UTC.
func (h *house) meeting() (appointment, contact uuid.UUID) {
	h.t.Helper()
	contact, appointment = h.person(), uuid.New()
	h.exec(`update contacts set time_zone = 'America/New_York', language = 'en' where id = $1`, contact)
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'care', $2)`, uuid.New(), noon)
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := appointments.Book(h.t.Context(), tx, noon, appointments.Booking{
			ID: appointment, Type: "consultation", ContactID: contact, Start: noon.Add(22 * time.Hour), Actor: audit.Record{ActorKind: audit.System, ActorID: "test"},
		})
		return err
	}))
	return appointment, contact
}

var radio = regexp.MustCompile(`name="start" value="([^"]+)"`)

func TestAnAppointmentIsSeenMovedAndCancelled(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id, _ := h.meeting()
	state := func() string {
		return one[string](h, `select state || ' ' || sequence from appointments where id = $1`, id)
	}
	w := h.get(links.Appointment, id)
	require.Equal(t, http.StatusOK, w.Code)
	for _, part := range []string{"3 March 2026, 05:00 EST", "Consultation", `href="tel:&#43;441632960100"`, "https://www.google.com/maps/search/", `href="?as=calendar"`, "<legend>Choose another time</legend>"} {
		require.Contains(t, strings.ReplaceAll(w.Body.String(), "tel:+", "tel:&#43;"), part)
	}
	times := radio.FindAllStringSubmatch(w.Body.String(), -1)
	require.Len(t, times, 12)
	for _, query := range []string{"?do=cancel", "?do=move&start=" + times[3][1]} {
		h.serve(h.pages, links.Appointment, h.links.Token(links.Appointment, id, 0), http.MethodGet, "", func(r *http.Request) { r.URL, _ = url.Parse("/a/x" + query) })
		require.Equal(t, "booked 0", state(), "a GET changes nothing")
	}
	ical := h.serve(h.pages, links.Appointment, h.links.Token(links.Appointment, id, 0), http.MethodGet, "", func(r *http.Request) { r.URL, _ = url.Parse("/a/x?as=calendar") })
	require.Equal(t, "text/calendar; charset=utf-8; method=PUBLISH", ical.Header().Get("Content-Type"))
	cal, err := ics.ParseCalendar(ical.Body)
	require.NoError(t, err)
	require.Equal(t, appointments.UID(id), cal.Events()[0].Id())

	require.Contains(t, h.post(links.Appointment, id, url.Values{"do": {"move"}}).Body.String(), "Please choose a time.")
	require.Contains(t, h.post(links.Appointment, id, url.Values{"do": {"move"}, "start": {"2026-03-03T23:00:00Z"}}).Body.String(), "Somebody has just taken this time.")
	require.Equal(t, "booked 0", state())
	moved := h.post(links.Appointment, id, url.Values{"do": {"move"}, "start": {"2026-03-04T10:00:00Z"}}).Body.String()
	require.Contains(t, moved, `role="status">The appointment was moved`)
	require.Equal(t, "booked 1", state())
	require.Contains(t, h.post(links.Appointment, id, url.Values{"do": {"cancel"}}).Body.String(), "The appointment is cancelled")
	require.Equal(t, "cancelled 2", state())
	require.Equal(t, http.StatusBadRequest, h.post(links.Appointment, id, url.Values{"do": {"x"}}).Code)

	start := radio.FindStringSubmatch(h.get(links.Appointment, id).Body.String())[1]
	again := ""
	for range 2 { // the form, sent twice
		w := h.post(links.Appointment, id, url.Values{"do": {"book"}, "start": {start}})
		require.Equal(t, http.StatusSeeOther, w.Code)
		require.True(t, again == "" || again == w.Header().Get("Location"))
		again = w.Header().Get("Location")
	}
	require.Equal(t, 1, one[int](h, `select count(*) from appointments where rebooks = $1 and state = 'booked'`, id))
	other, _, err := h.links.Read(links.Appointment, strings.TrimPrefix(again, "/a/"))
	require.NoError(t, err)
	require.Contains(t, h.get(links.Appointment, other).Body.String(), "Your appointment")
}

func TestWhatCannotBeChangedAnyMore(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id, _ := h.meeting()
	late := h.at(noon.Add(19*time.Hour), "Example Ltd") // the notice is four hours
	token := h.links.Token(links.Appointment, id, 0)
	body := h.serve(late, links.Appointment, token, http.MethodGet, "", nil).Body.String()
	require.Contains(t, body, "Please call us.")
	require.NotContains(t, body, "<form")
	for _, do := range []string{"do=cancel", "do=move&start=2026-03-04T10:00:00Z", "do=book&start=2026-03-04T10:00:00Z"} {
		require.Contains(t, h.serve(late, links.Appointment, token, http.MethodPost, do, nil).Body.String(), "Nothing was changed.")
	}
	require.Equal(t, 1, one[int](h, `select count(*) from appointments where state = 'booked' and sequence = 0`))
	require.Contains(t, h.serve(h.at(noon.Add(23*time.Hour), ""), links.Appointment, token, http.MethodGet, "", nil).Body.String(), "The appointment is over")
	h.exec(`update appointments set state = 'no-show'`)
	require.Contains(t, h.serve(late, links.Appointment, token, http.MethodGet, "", nil).Body.String(), "We missed you")
	require.Equal(t, http.StatusNotFound, h.get(links.Appointment, uuid.New()).Code)
	require.Equal(t, http.StatusNotFound, h.serve(h.pages, links.Appointment, h.links.Token(links.Survey, id, 0), http.MethodGet, "", nil).Code, "a link for something else")
}
