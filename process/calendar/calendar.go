// Package calendar works out business time: when an office works, when a working time limit passes, when it is a given
// hour where a person lives. It is pure, so workflows call it directly.
//
// A run that computes with a calendar should carry the Definition by value, as the result of the activity that looked it
// up, and not read it anew: a definition that is edited later then cannot change what a replay computes. Definition.
// Fixed also writes the holidays of a country out as dates, so that a new release of the holiday tables changes nothing
// either. Time zones are embedded in the binary; a newer copy on the machine is preferred.
package calendar

import (
	"time"
	_ "time/tzdata" // zones are there on every machine, also in an image that has none
)

// Calendar is the working time of an office. Make it with New: a calendar without working time is refused there, and
// makes every method but Working panic.
type Calendar struct {
	// Zone is where the office is; nil means UTC.
	Zone *time.Location
	// Week lists the working spans of each day of the week, in order and without overlap.
	Week map[time.Weekday][]Span
	// Holidays are the days on which the office stays closed.
	Holidays Holidays
}

// interval is a working span on a certain day, as instants; from is inside, to is not.
type interval struct{ from, to time.Time }

// Working reports whether t is working time. A span's first instant is, its last is not.
func (c Calendar) Working(t time.Time) bool {
	if !c.worksAtAll() {
		return false
	}
	next := c.firstEndingAfter(t)
	return !next.from.After(t)
}

// Next is the first working instant at or after t.
func (c Calendar) Next(t time.Time) time.Time {
	if next := c.firstEndingAfter(t); next.from.After(t) {
		return next.from
	}
	return t
}

// Add returns the instant at which d of working time has passed since t. It may be the very end of a span: nine hours
// from nine o'clock end at six that evening, not at nine the next morning. Without a positive d it is Next(t).
func (c Calendar) Add(t time.Time, d time.Duration) time.Time {
	at := c.Next(t)
	for d > 0 {
		span := c.firstEndingAfter(at)
		if span.from.After(at) {
			at = span.from
		}
		if left := span.to.Sub(at); left < d {
			at, d = span.to, d-left
			continue
		}
		return at.Add(d)
	}
	return at
}

// Between is the working time from a to b; negative when b is before a.
func (c Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	var sum time.Duration
	for at := a; at.Before(b); {
		span := c.firstEndingAfter(at)
		if !span.from.Before(b) {
			break
		}
		from, to := latest(span.from, at), earliest(span.to, b)
		sum += to.Sub(from)
		at = span.to
	}
	return sum
}

// firstEndingAfter returns the first working interval that ends after t.
func (c Calendar) firstEndingAfter(t time.Time) interval {
	if !c.worksAtAll() {
		panic("calendar: it has no working time: make it with calendar.New, which refuses such a definition")
	}
	zone := c.zone()
	y, m, d := t.In(zone).Date() // all of yesterday's spans have ended: none passes 24:00
	for i := 0; i <= c.searchDays(); i++ {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC)
		if c.Holidays.Closed(day.Date()) {
			continue
		}
		for _, span := range c.Week[day.Weekday()] {
			in := interval{localInstant(day, span.From, zone), localInstant(day, span.To, zone)}
			if in.to.After(t) && in.to.After(in.from) {
				return in
			}
		}
	}
	panic("calendar: every working day for years is a holiday: shorten the list of closed days")
}

// searchDays bounds the search for the next working day: a week and the public holidays of two years, beyond every
// date that is closed on purpose.
func (c Calendar) searchDays() int { return 2*366 + 7*len(c.Holidays.dates) }

func (c Calendar) worksAtAll() bool {
	for _, spans := range c.Week {
		for _, s := range spans {
			if s.From < s.To {
				return true
			}
		}
	}
	return false
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
