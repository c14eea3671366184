package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/appointments"
)

// role is what somebody does with an appointment.
type role string

const (
	keeps        role = "keeps it"
	kept         role = "keeps it, and the giver says so"
	moves        role = "moves it"
	movesTwice   role = "moves it twice"
	cancels      role = "cancels it"
	cancelsLate  role = "cancels it after the reminder"
	misses       role = "does not come"
	missesTwice  role = "does not come, twice"
	rebooks      role = "does not come, and books again by the link"
	travelsEast  role = "flies to Tokyo before the reminder"
	travelsWest  role = "flies to New York before the reminder"
	atTheLastDay role = "books for the same day"
)

// company says how many people have which role, and where they live.
var company = []struct {
	role  role
	zone  string
	count int
}{
	{keeps, "Europe/Berlin", 7}, {keeps, "America/New_York", 2}, {keeps, "Pacific/Auckland", 2}, {keeps, "Asia/Kolkata", 2}, {kept, "Europe/Berlin", 3},
	{moves, "Europe/Berlin", 4}, {moves, "America/Los_Angeles", 1}, {movesTwice, "Europe/Berlin", 3}, {cancels, "Europe/Berlin", 4}, {cancelsLate, "Europe/Berlin", 3},
	{misses, "Europe/Berlin", 3}, {missesTwice, "Europe/Berlin", 1}, {rebooks, "Europe/Berlin", 2}, {travelsEast, "Europe/Berlin", 1}, {travelsWest, "Europe/Berlin", 1},
	{atTheLastDay, "Europe/Berlin", 2},
}

// person is somebody of the play.
type person struct {
	number  int
	role    role
	zone    string // where they are now
	contact uuid.UUID
	email   string
	visits  []*visit
}

// visit is one appointment of a person.
type visit struct {
	ID     uuid.UUID `json:"id"`
	Giver  string    `json:"giver"`
	Owner  uuid.UUID `json:"contact"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	State  string    `json:"state"`
	person *person
	// changes are the times that it had before, and until when.
	changes []change
	reminds time.Time // when the reminder is due, zero for none
	booked  time.Time
}

// change is what an appointment was, until a business time.
type change struct {
	start time.Time
	until time.Time
}

// play is everybody, and the house that they deal with.
type play struct {
	house  *house
	people []*person
	type_  appointments.Type
	raced  map[int]int // answers of the race, by status
	began  time.Time
	print  sync.Mutex
}

func newPlay(h *house) *play {
	p := &play{house: h, raced: map[int]int{}, began: time.Now()}
	for _, c := range company {
		for range c.count {
			n := len(p.people) + 1
			p.people = append(p.people, &person{number: n, role: c.role, zone: c.zone, contact: uuid.New(), email: fmt.Sprintf("customer-%02d@example.org", n)})
		}
	}
	return p
}

// say prints a line of progress with the business time that it is.
func (p *play) say(format string, args ...any) {
	p.print.Lock()
	defer p.print.Unlock()
	fmt.Printf("  %5.1fs  %s  %s\n", time.Since(p.began).Seconds(), p.house.clock.Now().Format("Mon 2 Jan 15:04"), fmt.Sprintf(format, args...))
}

// The types of the play: visits that people are reminded of at six in the evening before, and desks that are raced for.
const (
	visiting = "demo-visit"
	desk     = "demo-desk"
)

// prepare writes the types over REST, and the people into the database: there is no call to make contacts, and the way of
// a lead is another story.
func (p *play) prepare(ctx context.Context) error {
	lat, long := 52.5163, 13.3777
	p.type_ = appointments.Type{
		Title: "Visit", Duration: "30m", After: "30m", Grid: "30m", Earliest: "1h", Latest: "60d",
		Givers: appointments.Givers{Roles: []string{"representative"}, Resources: []string{"room-1", "room-2", "room-3"}},
		Place:  appointments.Place{Address: "1 Example Street, Example City", Latitude: &lat, Longitude: &long, Map: appointments.Waze}, Phone: "+441632960100",
		Remind: appointments.Remind{DaysBefore: 1, At: "18:00"}, CancelBefore: "1h", SettleAfter: "12h", NoShow: appointments.NoShow{Template: "appointment-no-show", CallAfter: 2},
	}
	race := appointments.Type{Title: "Desk", Duration: "30m", Grid: "30m", Latest: "90d", SettleAfter: "6h", Givers: appointments.Givers{Resources: []string{"desk-1", "desk-2", "desk-3", "desk-4", "desk-5"}}}
	for name, body := range map[string]appointments.Type{visiting: p.type_, desk: race} {
		if _, err := send[any](ctx, p.house, http.MethodPut, "/v1/definitions/appointment-type/"+name, map[string]any{"body": body, "note": "for the demonstration"}); err != nil {
			return err
		}
	}
	for _, who := range p.people {
		if _, err := p.house.pool.Exec(ctx, `insert into contacts (id, email, first_name, time_zone, language, created_at, updated_at) values ($1, $2, 'Customer', $3, 'en', $4, $4)`,
			who.contact, who.email, who.zone, began); err != nil {
			return err
		}
	}
	return nil
}
