package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/links"
)

// calendar reads a feed, checks the form that RFC 5545 asks of its lines, and returns the events by UID.
func (h *house) calendar(url string) map[string]*ics.VEvent {
	h.t.Helper()
	r := h.send("GET", strings.TrimPrefix(url, "https://tasks.example.com"), "", "Authorization", "").want(200)
	require.Equal(h.t, "text/calendar; charset=utf-8", r.Header().Get("Content-Type"))
	body := r.Body.String()
	require.NotContains(h.t, strings.ReplaceAll(body, "\r\n", ""), "\n", "lines end in CRLF")
	require.NotContains(h.t, strings.ReplaceAll(body, "\r\n", ""), "\r")
	for _, line := range strings.Split(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		require.LessOrEqual(h.t, len(line), 75)
		require.True(h.t, utf8.ValidString(line), "no character is cut")
		require.NotEmpty(h.t, strings.TrimSpace(line))
	}
	cal, err := ics.ParseCalendar(strings.NewReader(body))
	require.NoError(h.t, err)
	events := map[string]*ics.VEvent{}
	for _, e := range cal.Events() {
		events[e.Id()] = e
	}
	return events
}

func TestATaskCalendar(t *testing.T) {
	t.Parallel()
	signer, err := links.NewSigner("https://tasks.example.com", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	h := setup(t, func(o *api.Options) { o.Links = signer })
	user := h.user()
	link := func() string {
		return h.send("POST", "/v1/users/"+user+"/calendar-link", "").want(201).json()["url"].(string)
	}
	url := link()
	require.Empty(t, h.calendar(url))

	title := "Angebot prüfen; Rabatt, Lieferung \\ Termin: " + strings.Repeat("größer ", 18) + "— 東京の新しい事務所に電話をかけて見積もりを確認する"
	id := h.give(user, `,"due_at":"2030-03-04T10:00:00Z","priority":"high","instructions":"call Ada"`)["id"].(string)
	h.exec(`update tasks set title = $1 where id = $2`, title, id)
	other := h.give(h.user(), "")["id"].(string)
	waits := h.give(user, `,"after":["`+other+`"]`)["id"].(string)
	events := h.calendar(url)
	require.Len(t, events, 1, "of this user, and with a due time")
	require.NotContains(t, events, waits)
	e := events[id+"@perdura"]
	require.NotNil(t, e, "the UID says which task it is")
	value := func(e *ics.VEvent, name ics.ComponentProperty) string {
		p := e.GetProperty(name)
		require.NotNil(t, p, name)
		return p.Value
	}
	require.Equal(t, title, value(e, ics.ComponentPropertySummary), "what was folded and escaped comes back")
	require.Equal(t, "20300304T093000Z", value(e, ics.ComponentPropertyDtStart))
	require.Equal(t, "20300304T100000Z", value(e, ics.ComponentPropertyDtEnd))
	require.Equal(t, "0", value(e, ics.ComponentPropertySequence))
	require.Equal(t, "3", value(e, ics.ComponentPropertyPriority))
	require.Equal(t, "https://tasks.example.com/v1/tasks/"+id, value(e, ics.ComponentPropertyUrl))
	stamp, err := time.Parse("20060102T150405Z", value(e, ics.ComponentPropertyDtstamp))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), stamp, time.Minute)

	h.send("POST", "/v1/tasks/"+id+"/acknowledge", "").want(200)
	require.Equal(t, "1", value(h.calendar(url)[id+"@perdura"], ics.ComponentPropertySequence), "a change is a higher number under the same UID")
	h.send("POST", "/v1/tasks/"+id+"/complete", `{"outcome":"done"}`).want(200)
	require.Empty(t, h.calendar(url))
}

func TestACalendarLinkIsRevoked(t *testing.T) {
	t.Parallel()
	signer, err := links.NewSigner("https://tasks.example.com", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	h := setup(t, func(o *api.Options) { o.Links = signer })
	user := h.user()
	path := func(headers ...string) string {
		url := h.send("POST", "/v1/users/"+user+"/calendar-link", "", headers...).want(201).json()["url"].(string)
		return strings.TrimPrefix(url, "https://tasks.example.com")
	}
	first := path("Idempotency-Key", "k")
	h.exec(`delete from idempotency_keys`) // the answer was lost
	require.Equal(t, first, path("Idempotency-Key", "k"), "the same call makes the same link")
	h.send("GET", first, "", "Authorization", "").want(200)
	second := path()
	h.send("GET", first, "", "Authorization", "").want(404)
	h.send("GET", second, "", "Authorization", "").want(200)
	for _, revoked := range []int{1, 0} {
		require.EqualValues(t, revoked, h.send("DELETE", "/v1/users/"+user+"/calendar-link", "").want(200).json()["revoked"])
	}
	h.send("GET", second, "", "Authorization", "").want(404)
	token := second[strings.LastIndex(second, "/")+1:]
	for _, forged := range []string{"x", token[:len(token)-2] + "AA", fmt.Sprint(token, "A")} {
		h.send("GET", "/v1/tasks/calendar/"+forged, "", "Authorization", "").want(404)
	}
	key := h.newKey("tasks:read")
	h.send("POST", "/v1/users/"+user+"/calendar-link", "", "Authorization", "Bearer "+key).want(403)
}
