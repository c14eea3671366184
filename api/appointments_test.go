package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/links"
)

// office is a house on a Monday morning in which people give talks of an hour, from eight to six.
type office struct {
	*house
	givers  []uuid.UUID
	contact uuid.UUID
}

var monday = time.Date(2026, 6, 8, 6, 0, 0, 0, time.UTC)

func openOffice(t *testing.T, people int, change ...func(*appointments.Type)) *office {
	t.Helper()
	o := &office{contact: uuid.New()}
	o.house = setup(t, func(opts *api.Options) {
		opts.Clock = clock.Clock{Origin: time.Now(), Business: monday, Speed: 1e-9}
		opts.Kinds = []definitions.AnyKind{appointments.Kind}
	})
	for i := range people {
		id := uuid.New()
		o.givers = append(o.givers, id)
		o.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, $2, $3, 'representative', 'care', $4)`,
			id, fmt.Sprintf("Giver %d", i), fmt.Sprintf("giver-%d@example.com", i), monday)
	}
	o.exec(`insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', $2, $2)`, o.contact, monday)
	day := []string{"08:00-18:00"}
	o.exec(`insert into business_calendars (id, definition, updated_at) values ('default', $1, $2) on conflict (id) do update set definition = excluded.definition`,
		map[string]any{"zone": "UTC", "week": map[string][]string{"monday": day, "tuesday": day}}, monday)
	talk := appointments.Type{
		Title: "Talk", Duration: "1h", Grid: "1h", Earliest: "1h", Latest: "30d", Givers: appointments.Givers{Teams: []string{"care"}}, SettleAfter: "2h",
	}
	for _, c := range change {
		c(&talk)
	}
	raw, err := json.Marshal(talk)
	require.NoError(t, err)
	require.Empty(t, appointments.Kind.Check(raw))
	require.NoError(t, db.InTx(context.Background(), o.pool, func(tx pgx.Tx) error {
		_, err := definitions.Put(context.Background(), tx, monday, definitions.Change{Kind: "appointment-type", Name: "talk", Body: raw})
		return err
	}))
	return o
}

func (o *office) wish(start time.Time) string {
	return fmt.Sprintf(`{"type": "talk", "contact_id": %q, "start": %q}`, o.contact, start.Format(time.RFC3339))
}

func at(hour int) time.Time {
	return time.Date(2026, 6, 8, hour, 0, 0, 0, time.UTC)
}

// Fifty times and five hundred who want them: each is given once, and whoever comes too late is told what else is free.
func TestFiveHundredWantFiftySlots(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 5)
	// The first of Tuesday is free as long as Monday is fought for.
	began := time.Now()
	codes := make([]int, 500)
	var clients sync.WaitGroup
	for i := range codes {
		clients.Go(func() {
			rec := httptest.NewRecorder()
			o.server.Handler().ServeHTTP(rec, o.request("POST", "/v1/appointments", o.wish(at(8+i%10)), "Idempotency-Key", fmt.Sprint("client-", i)))
			codes[i] = rec.Code
			if rec.Code != 409 {
				return
			}
			var p struct {
				Type  string
				Slots []time.Time
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || p.Type != "/problems/slot-taken" || len(p.Slots) != 5 || !p.Slots[0].After(at(8+i%10)) {
				codes[i] = 0
			}
		})
	}
	clients.Wait()
	took := time.Since(began)
	count := map[int]int{}
	for _, code := range codes {
		count[code]++
	}
	require.Equal(t, map[int]int{201: 50, 409: 450}, count)
	require.Equal(t, 50, dbtest.One[int](t, o.pool, `select count(distinct (giver, start_at)) from appointments`))
	require.Equal(t, 50, dbtest.One[int](t, o.pool, `select count(*) from appointments`))
	require.Equal(t, 10, dbtest.One[int](t, o.pool, `select min(n) from (select count(*) as n from appointments group by giver) as g`), "everybody has the same")
	require.Equal(t, 50, dbtest.One[int](t, o.pool, `select count(*) from events where type = 'appointment.booked'`))
	require.Equal(t, 50, dbtest.One[int](t, o.pool, `select count(*) from fences where kind = 'appointment' and version = 1`))
	t.Logf("500 requests took %s", took)
}

func TestTheWayOfAnAppointment(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 2, func(t *appointments.Type) { t.Before, t.After = "10m", "30m" })
	first := o.send("POST", "/v1/appointments", o.wish(at(9)), "Idempotency-Key", "a").want(201)
	self := first.Header().Get("Location")
	require.Equal(t, first.json()["id"], o.send("POST", "/v1/appointments", o.wish(at(9)), "Idempotency-Key", "a").want(201).json()["id"], "the same call")
	require.NotEqual(t, first.json()["giver"], o.send("POST", "/v1/appointments", o.wish(at(9))).want(201).json()["giver"], "another giver")
	taken := o.send("POST", "/v1/appointments", o.wish(at(10))).want(409).json()
	require.Equal(t, "/problems/slot-taken", taken["type"], "the half hour after an appointment is kept")
	require.Equal(t, "2026-06-08T11:00:00Z", taken["slots"].([]any)[0])
	require.Equal(t, "/problems/slot-taken", o.send("POST", "/v1/appointments", o.wish(at(9).Add(5*time.Minute))).want(409).json()["type"], "not on the grid")
	require.Equal(t, "/problems/slot-taken", o.send("POST", "/v1/appointments", o.wish(at(19))).want(409).json()["type"], "nobody works")
	require.Equal(t, "/problems/slot-taken", o.send("POST", "/v1/appointments", o.wish(at(-40))).want(409).json()["type"], "past")

	moved := o.send("POST", self+"/reschedule", `{"start": "2026-06-08T09:00:00Z"}`).want(200).json()
	require.EqualValues(t, 0, moved["sequence"], "as it is")
	moved = o.send("POST", self+"/reschedule", `{"start": "2026-06-08T12:00:00Z"}`).want(200).json()
	require.EqualValues(t, 1, moved["sequence"])
	require.Equal(t, first.json()["giver"], moved["giver"], "whoever has it keeps it")
	require.Equal(t, "2026-06-08T12:00:00Z", o.send("GET", self, "").want(200).json()["start"])
	require.Equal(t, "/problems/slot-taken", o.send("POST", self+"/reschedule", `{"start": "2026-06-08T23:00:00Z"}`).want(409).json()["type"])
	require.Equal(t, "/problems/wrong-time", o.send("POST", self+"/complete", "").want(409).json()["type"], "it has not begun")
	cancelled := o.send("POST", self+"/cancel", "").want(200).json()
	require.Equal(t, []any{"cancelled", 2.0}, []any{cancelled["state"], cancelled["sequence"]})
	require.Equal(t, 2.0, o.send("POST", self+"/cancel", "").want(200).json()["sequence"], "once")
	require.Equal(t, "/problems/appointment-over", o.send("POST", self+"/reschedule", `{"start": "2026-06-08T12:00:00Z"}`).want(409).json()["type"])
	require.Equal(t, []string{"appointment.booked", "appointment.moved", "appointment.cancelled"}, dbtest.One[[]string](t, o.pool,
		`select array_agg(type order by seq) from events where subject = $1`, first.json()["id"]))
	require.Equal(t, 3, dbtest.One[int](t, o.pool, `select version from fences where kind = 'appointment' and id = $1`, first.json()["id"]))

	second := o.send("GET", "/v1/appointments?state=booked", "").want(200).json()["items"].([]any)
	require.Len(t, second, 1)
	self = "/v1/appointments/" + second[0].(map[string]any)["id"].(string)
	o.exec(`update appointments set start_at = start_at - interval '1 day', end_at = end_at - interval '1 day', busy_from = busy_from - interval '1 day', busy_until = busy_until - interval '1 day' where state = 'booked'`)
	require.Equal(t, "no-show", o.send("POST", self+"/no-show", "").want(200).json()["state"])
	require.Equal(t, "/problems/appointment-over", o.send("POST", self+"/complete", "").want(409).json()["type"], "what was said stands")
	require.Equal(t, "/problems/appointment-over", o.send("POST", self+"/cancel", "").want(409).json()["type"])
}

func TestWhenSomebodyIsNotFree(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 1)
	o.exec(`insert into absences (id, user_id, from_at, until_at, created_at) values ($1, $2, $3, $4, $3)`, uuid.New(), o.givers[0], at(8), at(11))
	feed := uuid.New()
	o.exec(`insert into busy_feeds (id, user_id, created_at) values ($1, $2, $3)`, feed, o.givers[0], monday)
	o.exec(`insert into busy_times (feed_id, user_id, from_at, until_at) values ($1, $2, $3, $4)`, feed, o.givers[0], at(12).Add(30*time.Minute), at(13))
	var starts []string
	for _, item := range o.send("GET", "/v1/appointment-types/talk/slots?to=2026-06-08T16:00:00Z", "").want(200).json()["items"].([]any) {
		starts = append(starts, item.(map[string]any)["start"].(string)[11:16])
	}
	require.Equal(t, []string{"11:00", "13:00", "14:00", "15:00"}, starts)
	require.Len(t, o.send("GET", "/v1/appointment-types/talk/slots?limit=2", "").want(200).json()["items"], 2)
	o.send("GET", "/v1/appointment-types/nothing/slots", "").want(404)
}

func TestWhatABookingRefuses(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 1)
	require.Equal(t, []string{"contact_id"}, o.send("POST", "/v1/appointments", fmt.Sprintf(`{"type": "talk", "contact_id": %q, "start": "2026-06-08T09:00:00Z"}`, uuid.New())).want(422).refusal())
	require.Equal(t, []string{"type"}, o.send("POST", "/v1/appointments", fmt.Sprintf(`{"type": "dance", "contact_id": %q, "start": "2026-06-08T09:00:00Z"}`, o.contact)).want(422).refusal())
	require.Equal(t, []string{"giver"}, o.send("POST", "/v1/appointments", fmt.Sprintf(`{"type": "talk", "contact_id": %q, "start": "2026-06-08T09:00:00Z", "giver": "room"}`, o.contact)).want(422).refusal())
	require.Equal(t, []string{"rebooks"}, o.send("POST", "/v1/appointments", fmt.Sprintf(`{"type": "talk", "contact_id": %q, "start": "2026-06-08T09:00:00Z", "rebooks": %q}`, o.contact, uuid.New())).want(422).refusal())
	o.send("POST", "/v1/appointments/"+uuid.NewString()+"/cancel", "").want(404)
	o.send("GET", "/v1/appointments/"+uuid.NewString(), "").want(404)
	o.key = o.newKey("appointments:read")
	o.send("POST", "/v1/appointments", o.wish(at(9))).want(403)
	o.send("GET", "/v1/appointments", "").want(200)
}

func TestAPersonIsInAnotherZone(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 1)
	id := o.send("POST", "/v1/appointments", o.wish(at(9))).want(201).json()["id"]
	zone := "/v1/contacts/" + o.contact.String() + "/time-zone"
	require.Equal(t, []string{"time_zone"}, o.send("PUT", zone, `{"time_zone": "Mars/Base"}`).want(422).refusal())
	for range 2 {
		o.send("PUT", zone, `{"time_zone": "America/New_York"}`).want(200)
	}
	require.Equal(t, 1, dbtest.One[int](t, o.pool, `select count(*) from events where type = 'appointment.relocated' and subject = $1`, id), "once")
	require.Equal(t, 2, dbtest.One[int](t, o.pool, `select version from fences where id = $1`, id), "what was planned before does not leave")
}

// Many who move to one time, and two who want each other's: each time has one appointment, and nobody loses theirs.
func TestMovingAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 1)
	var selves []string
	for hour := range 8 {
		selves = append(selves, o.send("POST", "/v1/appointments", o.wish(at(8+hour))).want(201).Header().Get("Location"))
	}
	move := func(self string, hour int) int {
		rec := httptest.NewRecorder()
		o.server.Handler().ServeHTTP(rec, o.request("POST", self+"/reschedule", fmt.Sprintf(`{"start": %q}`, at(hour).Format(time.RFC3339))))
		return rec.Code
	}
	codes := make([]int, 8)
	var all sync.WaitGroup
	for i, self := range selves {
		all.Go(func() { codes[i] = move(self, 17) })
	}
	all.Wait()
	count := map[int]int{}
	for _, code := range codes {
		count[code]++
	}
	require.Equal(t, map[int]int{200: 1, 409: 7}, count)
	for range 5 {
		all.Go(func() { codes[0] = move(selves[0], 9) })
		all.Go(func() { codes[1] = move(selves[1], 8) })
		all.Wait()
		require.Subset(t, []int{200, 409}, codes[:2])
	}
	require.Equal(t, 8, dbtest.One[int](t, o.pool, `select count(distinct start_at) from appointments where state = 'booked'`))
}

func TestBusyTimesOverREST(t *testing.T) {
	t.Parallel()
	o := openOffice(t, 1)
	user := "/v1/users/" + o.givers[0].String()
	calendar := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260608T080000Z\r\nDTEND:20260608T170000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	for range 2 {
		require.EqualValues(t, 1, o.send("POST", user+"/busy-times", calendar, "Content-Type", "text/calendar").want(200).json()["stretches"])
	}
	require.Equal(t, "2026-06-08T17:00:00Z", o.send("GET", "/v1/appointment-types/talk/slots?limit=1", "").want(200).json()["items"].([]any)[0].(map[string]any)["start"])
	require.Equal(t, []string{"body"}, o.send("POST", user+"/busy-times", "<html>", "Content-Type", "text/calendar").want(422).refusal())
	o.send("POST", "/v1/users/"+uuid.NewString()+"/busy-times", calendar, "Content-Type", "text/calendar").want(404)
	require.Equal(t, []string{"url"}, o.send("POST", user+"/busy-feeds", `{"url": "http://calendar.example.com/x"}`).want(422).refusal())
	feed := o.send("POST", user+"/busy-feeds", `{"url": "https://calendar.example.com/secret"}`, "Idempotency-Key", "f").want(201).json()["id"].(string)
	list := o.send("GET", user+"/busy-feeds", "").want(200)
	require.Len(t, list.json()["items"], 2)
	require.NotContains(t, list.Body.String(), "secret")
	o.send("DELETE", "/v1/busy-feeds/"+feed, "").want(200)
	o.send("DELETE", "/v1/busy-feeds/"+feed, "").want(404)
	require.Equal(t, 2, dbtest.One[int](t, o.pool, `select count(*) from events where subject = $1`, feed))
}

// Whoever gives an appointment has it in their calendar, with the UID of the person's own entry.
func TestAppointmentsInTheCalendarOfWhoGivesThem(t *testing.T) {
	t.Parallel()
	signer, err := links.NewSigner("https://tasks.example.com", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	o := openOffice(t, 1, func(t *appointments.Type) { t.Place.Address = "1 Example Street" })
	server, err := api.New(api.Options{Pool: o.pool, Access: o.keys, Runs: o.runs, Maps: fakeMaps{}, Links: signer, Clock: clock.Clock{Origin: time.Now(), Business: monday, Speed: 1e-9}})
	require.NoError(t, err)
	o.server, o.doc = server, readContract(t, server.Document())
	url := o.send("POST", "/v1/users/"+o.givers[0].String()+"/calendar-link", "").want(201).json()["url"].(string)
	id := o.send("POST", "/v1/appointments", o.wish(at(9))).want(201).json()["id"].(string)
	e := o.calendar(url)[id+"@perdura"]
	require.NotNil(t, e)
	start, err := e.GetStartAt()
	require.NoError(t, err)
	require.Equal(t, at(9), start.UTC())
	require.Equal(t, "OPAQUE", e.GetProperty(ics.ComponentPropertyTransp).Value)
	o.send("POST", "/v1/appointments/"+id+"/cancel", "").want(200)
	require.Empty(t, o.calendar(url))
}
