package appointments

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/perdura/perdura/process/calendar"
)

// ErrCalendar means that something is no calendar that can be read.
var ErrCalendar = errors.New("it is no calendar that can be read")

// What a calendar may hold: one that holds more is refused rather than read in part.
const (
	maxEvents      = 20_000
	maxOccurrences = 20_000
	// longestReading bounds the work on one calendar: rules that never come true take long to be found out.
	longestReading = 5 * time.Second
	// longestEvent bounds how long before a span an occurrence may begin that reaches into it.
	longestEvent = 400 * day
)

// BusyTimes reads when somebody is busy, from an iCalendar stream (RFC 5545), in a span of time: events, repeated ones
// too, that are not cancelled and not transparent, and the busy periods of VFREEBUSY. Times without a zone, and whole days, are read by
// the clock of zone. An event that cannot be read makes the whole an error: somebody who seems free is not. Errors:
// ErrCalendar.
func BusyTimes(raw []byte, zone *time.Location, from, until time.Time) ([]Interval, error) {
	cal, err := ics.ParseCalendarWithOptions(bytes.NewReader(raw), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil || !bytes.Contains(bytes.ToUpper(raw), []byte("END:VCALENDAR")) {
		return nil, ErrCalendar
	}
	r := &reader{zone: zone, span: Interval{from, until}, instead: map[string][]time.Time{}, deadline: time.Now().Add(longestReading)}
	if named := zoneNamed(cal); named != nil {
		r.zone = named
	}
	list := cal.Events()
	if len(list) > maxEvents {
		return nil, ErrCalendar
	}
	// An occurrence that was moved by itself stands in an event of its own, in the place of that of the series.
	for _, e := range list {
		if p := e.GetProperty(ics.ComponentPropertyRecurrenceId); p != nil {
			at, _, err := r.moment(p)
			if err != nil {
				return nil, err
			}
			r.instead[e.Id()] = append(r.instead[e.Id()], at)
		}
	}
	for _, e := range list {
		if err := r.event(e); err != nil {
			return nil, err
		}
	}
	for _, b := range cal.Busys() {
		if err := r.freeBusy(b); err != nil {
			return nil, err
		}
	}
	return merged(r.busy), nil
}

// zoneNamed is the zone that a calendar names for all its times, as many write it.
func zoneNamed(cal *ics.Calendar) *time.Location {
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == "X-WR-TIMEZONE" {
			if zone, err := calendar.LoadZone(p.Value); err == nil {
				return zone
			}
		}
	}
	return nil
}

type reader struct {
	zone    *time.Location
	span    Interval
	instead map[string][]time.Time // by UID: occurrences that take place otherwise
	busy    []Interval
	// deadline is when the reading is given up, by real time.
	deadline time.Time
}

func (r *reader) add(i Interval) {
	if i.overlaps(r.span) {
		r.busy = append(r.busy, Interval{i.From.UTC(), i.Until.UTC()})
	}
}

// event adds the occurrences of an event.
func (r *reader) event(e *ics.VEvent) error {
	if is(e, ics.ComponentPropertyStatus, "CANCELLED") || is(e, ics.ComponentPropertyTransp, "TRANSPARENT") {
		return nil
	}
	begin := e.GetProperty(ics.ComponentPropertyDtStart)
	if begin == nil || time.Now().After(r.deadline) {
		return ErrCalendar
	}
	start, wholeDay, err := r.moment(begin)
	if err != nil {
		return err
	}
	length, err := r.length(e, start, wholeDay)
	if err != nil {
		return err
	}
	starts, err := r.occurrences(e, start)
	if err != nil {
		return err
	}
	for _, at := range starts {
		r.add(Interval{at, length(at)})
	}
	return nil
}

func is(e *ics.VEvent, property ics.ComponentProperty, value string) bool {
	p := e.GetProperty(property)
	return p != nil && strings.EqualFold(strings.TrimSpace(p.Value), value)
}

// length tells when an occurrence that begins at an instant ends. Days are days, however many hours they have.
func (r *reader) length(e *ics.VEvent, start time.Time, wholeDay bool) (func(time.Time) time.Time, error) {
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, _, err := r.moment(p)
		if err != nil {
			return nil, err
		}
		if wholeDay {
			days := int((end.Sub(start) + 12*time.Hour) / day)
			return func(at time.Time) time.Time { return at.AddDate(0, 0, max(1, days)) }, nil
		}
		return func(at time.Time) time.Time { return at.Add(end.Sub(start)) }, nil
	}
	if p := e.GetProperty(ics.ComponentPropertyDuration); p != nil {
		days, rest, err := duration(p.Value)
		if err != nil {
			return nil, err
		}
		return func(at time.Time) time.Time { return at.AddDate(0, 0, days).Add(rest) }, nil
	}
	if wholeDay {
		return func(at time.Time) time.Time { return at.AddDate(0, 0, 1) }, nil
	}
	return func(at time.Time) time.Time { return at }, nil // it takes no time (RFC 5545, 3.6.1)
}

// occurrences lists when an event begins, as far as it matters to the span.
func (r *reader) occurrences(e *ics.VEvent, start time.Time) ([]time.Time, error) {
	set := &rrule.Set{}
	rules := e.GetProperties(ics.ComponentPropertyRrule)
	if len(rules) > 1 {
		return nil, ErrCalendar // RFC 5545, 3.8.5.3
	}
	for _, p := range rules {
		option, err := rrule.StrToROptionInLocation(p.Value, start.Location())
		if err != nil || option.Freq > rrule.HOURLY { // by the minute is no calendar of a person's
			return nil, ErrCalendar
		}
		option.Dtstart = start
		rule, err := rrule.NewRRule(*option)
		if err != nil {
			return nil, ErrCalendar
		}
		set.RRule(rule)
	}
	if len(rules) == 0 {
		set.RDate(start)
	}
	for property, note := range map[ics.ComponentProperty]func(time.Time){ics.ComponentPropertyRdate: set.RDate, ics.ComponentPropertyExdate: set.ExDate} {
		for _, p := range e.GetProperties(property) {
			for value := range strings.SplitSeq(p.Value, ",") {
				value, _, _ = strings.Cut(value, "/") // the length of a period is that of the event here
				at, _, err := r.momentOf(value, p.ICalParameters)
				if err != nil {
					return nil, err
				}
				note(at)
			}
		}
	}
	if !e.HasProperty(ics.ComponentPropertyRecurrenceId) {
		for _, at := range r.instead[e.Id()] {
			set.ExDate(at)
		}
	}
	return within(set, r.span)
}

func within(set *rrule.Set, s Interval) (list []time.Time, err error) {
	next := set.Iterator()
	for range maxSteps {
		at, more := next()
		if !more || !at.Before(s.Until) {
			return list, nil
		}
		if at.Before(s.From.Add(-longestEvent)) {
			continue
		}
		if list = append(list, at); len(list) > maxOccurrences {
			return nil, ErrCalendar
		}
	}
	return nil, ErrCalendar
}

// maxSteps bounds how far a rule is followed: every hour for a hundred years.
const maxSteps = 1_000_000

// freeBusy adds the busy periods of a VFREEBUSY.
func (r *reader) freeBusy(b *ics.VBusy) error {
	for _, p := range b.GetProperties(ics.ComponentPropertyFreebusy) {
		if kinds := p.ICalParameters["FBTYPE"]; slices.ContainsFunc(kinds, func(k string) bool { return strings.EqualFold(k, "FREE") }) {
			continue
		}
		for period := range strings.SplitSeq(p.Value, ",") {
			from, to, ok := strings.Cut(period, "/")
			if !ok {
				return ErrCalendar
			}
			start, _, err := r.momentOf(from, p.ICalParameters)
			if err != nil {
				return err
			}
			if strings.HasPrefix(to, "P") {
				days, rest, err := duration(to)
				if err != nil {
					return err
				}
				r.add(Interval{start, start.AddDate(0, 0, days).Add(rest)})
				continue
			}
			end, _, err := r.momentOf(to, p.ICalParameters)
			if err != nil {
				return err
			}
			r.add(Interval{start, end})
		}
	}
	return nil
}
