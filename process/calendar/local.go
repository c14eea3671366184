package calendar

import (
	"fmt"
	"time"
)

// LoadZone returns the time zone of an IANA name such as "Europe/Berlin". It errs on names that mean another zone on
// another machine.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not an IANA name: write one such as Europe/Berlin", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known: write an IANA name such as Europe/Berlin", name)
	}
	return zone, nil
}

// NextLocal is the first instant at or after t at which clocks in zone come to show at. On a day whose clocks skip at,
// it is the instant of the skip; on a day that has at twice, only the first counts.
func NextLocal(t time.Time, zone *time.Location, at Clock) time.Time {
	y, m, d := t.In(zone).AddDate(0, 0, -1).Date() // yesterday's 24:00 may be now
	for i := 0; ; i++ {
		if in := localInstant(time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC), at, zone); !in.Before(t) {
			return in
		}
	}
}

// localInstant is the first instant at which clocks in zone show at on the date of day (a UTC midnight), or, when they
// skip it, the instant of the skip. time.Date leaves open which of two readings it returns.
func localInstant(day time.Time, at Clock, zone *time.Location) time.Time {
	wall := day.Add(at.sinceMidnight())
	guess := time.Date(day.Year(), day.Month(), day.Day(), 0, int(at), 0, 0, zone)
	start, end := guess.ZoneBounds()
	edges := make([]time.Time, 0, 2)
	offsets := []time.Duration{offsetAt(guess)}
	if !start.IsZero() {
		edges = append(edges, start)
		offsets = append(offsets, offsetAt(start.Add(-1)))
	}
	if !end.IsZero() {
		edges = append(edges, end)
		offsets = append(offsets, offsetAt(end))
	}
	var found time.Time
	for _, offset := range offsets {
		in := wall.Add(-offset).In(zone)
		if offsetAt(in) == offset && (found.IsZero() || in.Before(found)) {
			found = in
		}
	}
	if !found.IsZero() {
		return found
	}
	for _, edge := range edges {
		before, after := offsetAt(edge.Add(-1)), offsetAt(edge)
		if !wall.Add(-before).Before(edge) && wall.Add(-after).Before(edge) {
			return edge
		}
	}
	return guess
}

func offsetAt(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}
