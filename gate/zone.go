package gate

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/perdura/perdura/process/calendar"
)

// zones keeps those that were read: there are few hundred, and reading one touches a file.
var zones sync.Map

// loadZone returns a zone by its IANA name; nil when there is none of that name.
func loadZone(name string) *time.Location {
	if name == "" {
		return nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := calendar.LoadZone(name)
	if err != nil {
		return nil
	}
	zones.Store(name, zone)
	return zone
}

// zone is the time zone that counts for a person: the person's own, the country's, or the policy's; nil when none is
// known and the policy guesses none.
func (r ZoneRule) zone(f Facts) *time.Location {
	if own := loadZone(f.TimeZone); own != nil {
		return own
	}
	if r.GuessFromCountry {
		if zone := loadZone(zoneOf[strings.ToUpper(f.Country)]); zone != nil {
			return zone
		}
	}
	return loadZone(r.Default)
}

// date is a calendar day.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time, zone *time.Location) date {
	y, m, d := t.In(zone).Date()
	return date{y, m, d}
}

// nextDay is the first instant after t that belongs to another day.
func nextDay(t time.Time, zone *time.Location) time.Time {
	next := calendar.NextLocal(t.Add(1), zone, calendar.At(0, 0))
	for dateOf(next, zone) == dateOf(t, zone) {
		next = calendar.NextLocal(next.Add(1), zone, calendar.At(0, 0))
	}
	return next
}

// holidaysOf is the code under which the calendar knows the holidays of a person; empty when it knows none. Where only
// regions have a list, the person's region has to be one of theirs.
func holidaysOf(country, region string) string {
	country = strings.ToUpper(country)
	known := calendarCountries()
	if code := country + "-" + strings.ToUpper(strings.TrimSpace(region)); region != "" && known[code] {
		return code
	}
	if known[country] {
		return country
	}
	return ""
}

var calendarCountries = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for code := range slices.Values(calendar.Countries()) {
		known[code] = true
	}
	return known
})
