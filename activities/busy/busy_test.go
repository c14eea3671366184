package busy_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/busy"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260303T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestACalendarIsRead(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	user, feed := uuid.New(), uuid.New()
	dbtest.Exec(t, pool, `insert into users (id, display_name, email, role, team, time_zone, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'care', 'Europe/Berlin', $2)`, user, noon)
	var answer http.HandlerFunc
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; answer(w, r) }))
	t.Cleanup(server.Close)
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		return appointments.AddFeed(t.Context(), tx, noon, feed, user, server.URL+"/secret.ics", audit.Record{ActorKind: audit.System, ActorID: "test"})
	}))
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	now := noon
	read := func() busy.Reading {
		t.Helper()
		r, err := busy.New(pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}).Read(t.Context(), busy.Feed{FeedID: feed})
		require.NoError(t, err)
		return r
	}
	times := func() int { return dbtest.One[int](t, pool, `select count(*) from busy_times`) }
	fresh, unchanged := busy.Reading{State: busy.Fresh}, busy.Reading{State: busy.Unchanged}

	answer = says(200, calendar)
	require.Equal(t, fresh, read())
	require.Equal(t, 3, times())
	require.Equal(t, time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC), dbtest.One[time.Time](t, pool, `select min(from_at) from busy_times`).UTC(), "by the user's clock")
	answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != `"1"` {
			w.WriteHeader(500)
			return
		}
		w.WriteHeader(304)
	}
	require.Equal(t, unchanged, read())
	for problem, a := range map[string]http.HandlerFunc{
		"http-404": says(404, ""), "http-500": says(500, calendar), "no-calendar": says(200, "<html>"), "no-answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too-large": says(200, string(bytes.Repeat([]byte("x"), appointments.MaxCalendar+1))),
		"http-302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/x", http.StatusFound)
		},
	} {
		answer = a
		require.Equal(t, busy.Reading{State: busy.Failed, Problem: problem}, read())
		require.Equal(t, 3, times(), "what was read before stands")
		require.Equal(t, problem, dbtest.One[string](t, pool, `select problem from busy_feeds`))
	}
	answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "secret.ics") {
			http.Redirect(w, r, "/there.ics", http.StatusFound)
			return
		}
		says(200, strings.Replace(calendar, "COUNT=3", "COUNT=1", 1))(w, r)
	}
	require.Equal(t, fresh, read())
	require.Equal(t, 1, times())
	now = noon.AddDate(0, 0, 8)
	answer = func(w http.ResponseWriter, r *http.Request) {
		require.Empty(t, r.Header.Get("If-None-Match"), "after a week it is read anew")
		says(200, calendar)(w, r)
	}
	require.Equal(t, fresh, read())
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		return appointments.DropFeed(t.Context(), tx, now, feed, audit.Record{ActorKind: audit.System, ActorID: "test"})
	}))
	before := asked
	require.Equal(t, busy.Reading{State: busy.Gone}, read())
	require.Equal(t, before, asked)
	require.Zero(t, times())
}

func TestWhereACalendarMayBeReadFrom(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://calendar.example.com/x.ics": true, "http://127.0.0.1:8080/x": true, "http://localhost/x": true, "http://[::1]/x": true,
		"http://calendar.example.com/x.ics": false, "ftp://example.com": false, "file:///etc/passwd": false, "": false, "https://": false, "http://127.0.0.1.example.com/": false,
		"https://10.0.0.1/x.ics": false, "https://127.0.0.1/x": false, "https://[::1]/x": false, "https://169.254.169.254/latest/meta-data": false, "https://[fe80::1]/": false,
		"https://1.1.1.1/x.ics": true,
	} {
		require.Equal(t, ok, appointments.FeedAddress(address), address)
	}
}

// A name may lead anywhere: what counts is the address that it has when the connection is made.
func TestNoNameLeadsIntoTheHouse(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	user, feed := uuid.New(), uuid.New()
	dbtest.Exec(t, pool, `insert into users (id, display_name, email, role, team, time_zone, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'care', 'Europe/Berlin', $2)`, user, noon)
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		return appointments.AddFeed(t.Context(), tx, noon, feed, user, "https://localhost:"+port+"/x.ics", audit.Record{ActorKind: audit.System, ActorID: "test"})
	}))
	reading, err := busy.New(pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9}).Read(t.Context(), busy.Feed{FeedID: feed})
	require.NoError(t, err)
	require.Equal(t, busy.Reading{State: busy.Failed, Problem: "inside-address"}, reading)
	require.Zero(t, connections.Load())
}
