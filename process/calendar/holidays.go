package calendar

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
)

// Holidays are days on which an office stays closed: the public holidays of a country, and dates of its own.
type Holidays struct {
	public []*cal.Holiday
	dates  map[date]bool
}

type date struct {
	year  int
	month time.Month
	day   int
}

func (d date) utc() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

// The tables work with the machine's time zone unless told otherwise; the same date must come out everywhere.
func init() { cal.DefaultLoc = time.UTC }

// Countries lists the codes that a Definition may name, in order.
func Countries() []string { return slices.Sorted(maps.Keys(countries)) }

func newHolidays(country string, closed []string) (Holidays, error) {
	h := Holidays{dates: map[date]bool{}}
	var wrong []error
	if country != "" {
		var ok bool
		if h.public, ok = countries[strings.ToUpper(country)]; !ok {
			wrong = append(wrong, FieldError{"country", unknownCountry(strings.ToUpper(country))})
		}
	}
	for i, text := range closed {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			wrong = append(wrong, FieldError{fmt.Sprintf("closed[%d]", i), fmt.Sprintf("%q is not a date: write it as 2026-12-24", text)})
			continue
		}
		h.dates[date{day.Year(), day.Month(), day.Day()}] = true
	}
	return h, errors.Join(wrong...)
}

func unknownCountry(code string) string {
	var near []string
	for _, known := range Countries() {
		if strings.HasPrefix(known, code+"-") || strings.HasPrefix(code, known+"-") {
			near = append(near, known)
		}
	}
	if len(near) > 0 {
		return fmt.Sprintf("there are no holidays for %q, but for %s", code, strings.Join(near, ", "))
	}
	return fmt.Sprintf("there are no holidays for %q: leave it out and list the dates under closed", code)
}

// Closed reports whether the office is closed on that date. A public holiday that is made up for on another day closes
// both days.
func (h Holidays) Closed(year int, month time.Month, day int) bool {
	if h.dates[date{year, month, day}] {
		return true
	}
	d := date{year, month, day}.utc()
	years := []int{year}
	switch { // what falls on a weekend around New Year may be made up for in the other year
	case month == time.January:
		years = append(years, year-1)
	case month == time.December:
		years = append(years, year+1)
	}
	for _, y := range years {
		for _, holiday := range h.public {
			actual, observed := holiday.Calc(y)
			if sameDate(actual, d) || sameDate(observed, d) {
				return true
			}
		}
	}
	return false
}

func sameDate(t, d time.Time) bool {
	return !t.IsZero() && t.Year() == d.Year() && t.YearDay() == d.YearDay()
}
