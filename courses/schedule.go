package courses

import (
	"time"

	"github.com/perdura/perdura/process/calendar"
)

// leastSpacing is the time between two lessons of a course that names none.
const leastSpacing = time.Hour

const day = 24 * time.Hour

// Progress is when a learner was enrolled and got the last lesson (zero for none), and where the learner lives.
type Progress struct {
	Enrolled, Last time.Time
	Zone           *time.Location
}

// Due is the first instant at which a lesson may be given: not before its time, and not sooner than the course's spacing
// after the one before, so that a learner who paused does not get several at once.
func (c Course) Due(l Lesson, p Progress) time.Time {
	from := p.Enrolled
	if !p.Last.IsZero() && l.When.Since != Enrolment {
		from = p.Last
	}
	due := l.When.earliest(from, p.Zone)
	if !p.Last.IsZero() {
		if spaced := p.Last.Add(c.spacing()); due.Before(spaced) {
			due = spaced
		}
	}
	return l.When.onTheHour(due, p.Zone).UTC()
}

// earliest is when After has passed. Whole days with an hour are counted by the calendar: the lesson of the next day at
// nine comes at nine, also when the one before came late, or the clocks changed in the night.
func (w When) earliest(from time.Time, zone *time.Location) time.Time {
	after := w.After.Duration()
	if w.At == "" || after < day || after%day != 0 {
		return from.Add(after)
	}
	y, m, d := from.In(zone).Date()
	return startOfDay(y, m, d+int(after/day), zone)
}

// onTheHour is the first instant from t on at which the hour is struck on one of the weekdays.
func (w When) onTheHour(t time.Time, zone *time.Location) time.Time {
	at, err := calendar.ParseClock(w.At)
	if w.At == "" || err != nil {
		return t
	}
	for range 15 { // every weekday comes within a week, also when a zone leaves a day out
		due := calendar.NextLocal(t, zone, at)
		if w.on(due.In(zone).Weekday()) {
			return due
		}
		t = due.Add(time.Second)
	}
	return t
}

func (w When) on(day time.Weekday) bool {
	for _, name := range w.Weekdays {
		if weekdays[name] == day {
			return true
		}
	}
	return len(w.Weekdays) == 0
}

var weekdays = map[string]time.Weekday{
	"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday, "friday": time.Friday,
	"saturday": time.Saturday, "sunday": time.Sunday,
}

func (c Course) spacing() time.Duration {
	if d := c.Spacing.Duration(); d > 0 {
		return d
	}
	return leastSpacing
}

// startOfDay is the first instant of a date, where midnight may be skipped.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	return calendar.NextLocal(noon.Add(-14*time.Hour), zone, 0)
}
