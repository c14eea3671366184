// Package appointments offers times, books them for people, and moves and cancels what was booked. That nobody gives two
// at a time is a constraint of the database. Each change raises the fence of the appointment and tells an event in its
// transaction.
package appointments

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process/calendar"
)

// Type is a sort of appointment that people can book.
type Type struct {
	// Title is what people read.
	Title string `json:"title"`
	// Duration is how long it takes; nothing else of the giver's comes within Before and After it.
	Duration definitions.Span `json:"duration"`
	Before   definitions.Span `json:"before,omitempty"`
	After    definitions.Span `json:"after,omitempty"`
	// Grid is how far apart the times are that are offered, from the beginning of each stretch of working time.
	Grid definitions.Span `json:"grid"`
	// Earliest and Latest say how long ahead it may be booked.
	Earliest definitions.Span `json:"earliest,omitempty"`
	Latest   definitions.Span `json:"latest"`
	Givers   Givers           `json:"givers"`
	Place    Place            `json:"place,omitzero"`
	// Phone is the number behind the button to call.
	Phone  string `json:"phone,omitempty"`
	Remind Remind `json:"remind,omitzero"`
	// CancelBefore is until how long before its start a person may move or cancel it by the link.
	CancelBefore definitions.Span `json:"cancel_before,omitempty"`
	// SettleAfter is how long after its end the giver can say how it went; silence counts as held.
	SettleAfter definitions.Span `json:"settle_after"`
	NoShow      NoShow           `json:"no_show,omitzero"`
	// Survey is the name of the survey that follows one that was held; empty for none.
	Survey string `json:"survey,omitempty"`
	Upsell Upsell `json:"upsell,omitzero"`
}

// Givers are the users who give it, by team, role or id, and named resources, such as rooms. Each of them gives one at a
// time. Their working time is the business calendar of their id, else that of their team, else the default one in
// their own time zone; that of a resource is the calendar of its name, else the default one.
type Givers struct {
	Teams     []string    `json:"teams,omitempty"`
	Roles     []string    `json:"roles,omitempty"`
	Users     []uuid.UUID `json:"users,omitempty"`
	Resources []string    `json:"resources,omitempty"`
}

// Place is where it takes place. The map link is URL, else it is built from latitude and longitude, else from the address.
type Place struct {
	Address   string   `json:"address,omitempty"`
	URL       string   `json:"url,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	// Map is google or waze; google when empty.
	Map string `json:"map,omitempty"`
}

// Remind says when people are reminded, by the clock where they are: so many days before, at a time of day, or at the hour
// of the appointment when At is empty. No days means no reminder.
type Remind struct {
	DaysBefore int    `json:"days_before,omitempty"`
	At         string `json:"at,omitempty"`
}

// NoShow says what follows when somebody does not come: a message with a link to book again and, after so many in a row, a
// call by a person.
type NoShow struct {
	Template  string `json:"template,omitempty"` // empty says nothing
	CallAfter int    `json:"call_after,omitempty"`
}

// Upsell is the task on somebody who would recommend us, by their answer to the survey. Without a title there is none.
type Upsell struct {
	Title string `json:"title,omitempty"`
	Team  string `json:"team,omitempty"` // empty for the owner of the contact
}

// Kind holds the types.
var Kind = definitions.NewKind("appointment-type", "What can be booked: how long it takes, who gives it, where, and what comes before and after.", check,
	map[string]Type{"consultation": {
		Title: "Consultation", Duration: "30m", Before: "5m", After: "10m", Grid: "15m", Earliest: "2h", Latest: "60d",
		Givers: Givers{Roles: []string{"representative"}}, Place: Place{Address: "1 Example Street, Example City"}, Phone: "+441632960100",
		Remind: Remind{DaysBefore: 1}, CancelBefore: "4h", SettleAfter: "4h", NoShow: NoShow{Template: "appointment-no-show", CallAfter: 2},
		Survey: "service", Upsell: Upsell{Title: "Offer more to a customer who recommends us"},
	}})

// longestDays bounds how far ahead anything may be booked.
const longestDays = 366

func (t Type) buffers() (before, after time.Duration) { return t.Before.Duration(), t.After.Duration() }

// RemindAt is the instant of the reminder for somebody whose clocks show the time of zone; zero for none. At an hour that
// the clocks skip, it is the instant of the skip; of an hour that comes twice, the first counts.
func (t Type) RemindAt(start time.Time, zone *time.Location) time.Time {
	if t.Remind.DaysBefore == 0 {
		return time.Time{}
	}
	local := start.In(zone)
	at := calendar.At(local.Hour(), local.Minute())
	if t.Remind.At != "" {
		var err error
		if at, err = calendar.ParseClock(t.Remind.At); err != nil {
			return time.Time{}
		}
	}
	day := time.Date(local.Year(), local.Month(), local.Day()-t.Remind.DaysBefore, 12, 0, 0, 0, time.UTC)
	return onDay(day, zone, at).Add(time.Duration(local.Second()) * time.Second).UTC()
}

// onDay is the instant at which clocks in zone show at on the date of day.
func onDay(day time.Time, zone *time.Location, at calendar.Clock) time.Time {
	// The day begins at its first instant there, which need not be midnight.
	y, m, d := day.Date()
	begin := time.Date(y, m, d, 12, 0, 0, 0, zone).Add(-26 * time.Hour)
	for {
		in := calendar.NextLocal(begin, zone, at)
		if iy, im, id := in.In(zone).Date(); iy == y && im == m && id == d {
			return in
		} else if time.Date(iy, im, id, 0, 0, 0, 0, time.UTC).After(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
			return in // a day that the clocks skip
		}
		begin = in.Add(time.Nanosecond)
	}
}

// FirstReminder is the earliest instant at which the reminder may be due wherever the person goes; zero for none.
func (t Type) FirstReminder(start time.Time) time.Time {
	if t.Remind.DaysBefore == 0 {
		return time.Time{}
	}
	return t.RemindAt(start, time.UTC).Add(-slack)
}

// slack is how far the same clock may be apart between two places: from UTC-12 to UTC+14.
const slack = 27 * time.Hour
