package calendar

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Definition is a calendar as people write it down and as runs carry it.
type Definition struct {
	// Zone is the IANA name of the office's time zone.
	Zone string `json:"zone"`
	// Week maps a day ("monday") to its working spans ("09:00-12:30", "13:30-17:30"). Days left out are free.
	Week map[string][]string `json:"week"`
	// Country closes the office on its public holidays: an ISO 3166 code such as "DE", or "DE-BY" where regions differ.
	// Empty keeps no public holidays. See Countries.
	Country string `json:"country,omitempty"`
	// Closed lists further dates, "2026-12-24", on which nobody works.
	Closed []string `json:"closed,omitempty"`
}

// FieldError says which field of a definition is wrong, and how to mend it.
type FieldError struct{ Field, Message string }

func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// New makes the calendar of a definition. The error joins one FieldError for each wrong field.
func New(d Definition) (Calendar, error) {
	var wrong []error
	refuse := func(field, message string) { wrong = append(wrong, FieldError{field, message}) }
	c := Calendar{Week: map[time.Weekday][]Span{}}
	var err error
	if c.Zone, err = LoadZone(d.Zone); err != nil {
		refuse("zone", err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(d.Week)) {
		day, ok := weekdays[strings.ToLower(name)]
		if !ok {
			refuse("week."+name, "is not a day: write monday, tuesday, …")
			continue
		}
		if _, twice := c.Week[day]; twice {
			refuse("week."+name, "stands there twice: put all its spans into one list")
			continue
		}
		spans := make([]Span, 0, len(d.Week[name]))
		for i, text := range d.Week[name] {
			span, err := ParseSpan(text)
			if err != nil {
				refuse(fmt.Sprintf("week.%s[%d]", name, i), err.Error())
				continue
			}
			spans = append(spans, span)
		}
		slices.SortFunc(spans, func(a, b Span) int { return int(a.From - b.From) })
		for i := 1; i < len(spans); i++ {
			if spans[i].From < spans[i-1].To {
				refuse("week."+name, fmt.Sprintf("%s and %s overlap: join them", spans[i-1], spans[i]))
			}
		}
		c.Week[day] = spans
	}
	if len(wrong) == 0 && !c.worksAtAll() {
		refuse("week", "has no working time: give at least one day a span such as 09:00-17:00")
	}
	if c.Holidays, err = newHolidays(d.Country, d.Closed); err != nil {
		wrong = append(wrong, err)
	}
	return c, errors.Join(wrong...)
}

// Fixed returns the definition with the holidays of its country written out as dates for the years from..to, both
// included. A run that carries it computes the same instants under every release of the holiday tables.
func (d Definition) Fixed(from, to int) (Definition, error) {
	h, err := newHolidays(d.Country, d.Closed)
	if err != nil {
		return Definition{}, err
	}
	fixed := Definition{Zone: d.Zone, Week: d.Week, Closed: slices.Clone(d.Closed)}
	for day := (date{from, time.January, 1}).utc(); day.Year() <= to; day = day.AddDate(0, 0, 1) {
		if text := day.Format(time.DateOnly); h.Closed(day.Date()) && !slices.Contains(d.Closed, text) {
			fixed.Closed = append(fixed.Closed, text)
		}
	}
	slices.Sort(fixed.Closed)
	return fixed, nil
}

var weekdays = func() map[string]time.Weekday {
	m := map[string]time.Weekday{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		m[strings.ToLower(day.String())] = day
	}
	return m
}()
