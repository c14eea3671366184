package appointments

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/perdura/perdura/process/calendar"
)

func (r *reader) moment(p *ics.IANAProperty) (time.Time, bool, error) {
	return r.momentOf(p.Value, p.ICalParameters)
}

// momentOf reads a DATE or DATE-TIME: in UTC, in a named zone, or by the clock of the reader's.
func (r *reader) momentOf(value string, params map[string][]string) (at time.Time, wholeDay bool, err error) {
	value = strings.TrimSpace(value)
	zone := r.zone
	if id := params["TZID"]; len(id) > 0 {
		if zone = zoneOf(id[0]); zone == nil {
			return at, false, ErrCalendar
		}
	}
	switch {
	case len(value) == len("20060102"):
		at, err = time.ParseInLocation("20060102", value, zone)
		wholeDay = true
	case strings.HasSuffix(value, "Z"):
		at, err = time.ParseInLocation("20060102T150405Z", value, time.UTC)
	default:
		at, err = time.ParseInLocation("20060102T150405", value, zone)
	}
	if err != nil {
		return at, false, ErrCalendar
	}
	return at, wholeDay, nil
}

// zoneOf finds the zone of a TZID, which is the IANA name, or ends with it behind a prefix of its maker's.
func zoneOf(id string) *time.Location {
	id = strings.Trim(id, `"`)
	if name, known := windowsZones[id]; known {
		id = name
	}
	for {
		if zone, err := calendar.LoadZone(id); err == nil {
			return zone
		}
		_, rest, more := strings.Cut(strings.TrimPrefix(id, "/"), "/")
		if !more {
			return nil
		}
		id = rest
	}
}

// duration reads a length such as PT1H30M, P1D or P2W (RFC 5545, 3.3.6): days, which have as many hours as they have,
// and the rest.
func duration(value string) (days int, rest time.Duration, err error) {
	body, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(value), "+"), "P")
	if !ok || body == "" {
		return 0, 0, ErrCalendar
	}
	date, clock, _ := strings.Cut(body, "T")
	for part, units := range map[string]map[byte]func(int){
		date:  {'W': func(n int) { days += 7 * n }, 'D': func(n int) { days += n }},
		clock: {'H': func(n int) { rest += time.Duration(n) * time.Hour }, 'M': func(n int) { rest += time.Duration(n) * time.Minute }, 'S': func(n int) { rest += time.Duration(n) * time.Second }},
	} {
		n, digits := 0, 0
		for i := range len(part) {
			c := part[i]
			if c >= '0' && c <= '9' {
				if n, digits = n*10+int(c-'0'), digits+1; digits > 6 {
					return 0, 0, ErrCalendar
				}
				continue
			}
			add := units[c]
			if add == nil || digits == 0 {
				return 0, 0, ErrCalendar
			}
			add(n)
			n, digits = 0, 0
		}
		if digits > 0 {
			return 0, 0, ErrCalendar
		}
	}
	return days, rest, nil
}
