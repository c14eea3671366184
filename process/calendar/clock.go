package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Clock is what a clock on the wall shows, in minutes since midnight: 0 (00:00) to 1440 (24:00, the end of the day).
type Clock int

// EndOfDay is 24:00.
const EndOfDay Clock = 24 * 60

// At returns the clock that shows hour and minute. Values outside the day are the caller's mistake and panic.
func At(hour, minute int) Clock {
	c := Clock(hour*60 + minute)
	if hour < 0 || minute < 0 || minute > 59 || c > EndOfDay {
		panic(fmt.Sprintf("calendar: %d:%02d is not a time of day", hour, minute))
	}
	return c
}

// ParseClock reads "09:00"; "24:00" is the end of the day.
func ParseClock(s string) (Clock, error) {
	var c Clock
	for i, want := range "00:00" {
		if len(s) != len("00:00") || (want == ':') != (s[i] == ':') || want == '0' && (s[i] < '0' || s[i] > '9') {
			return 0, fmt.Errorf("%q is not a time of day: write it as 09:00", s)
		}
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if c = Clock(hour*60 + minute); minute > 59 || c > EndOfDay {
		return 0, fmt.Errorf("%q is not a time of day: hours end at 24:00, minutes at 59", s)
	}
	return c, nil
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes "09:00".
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "09:00".
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}

func (c Clock) sinceMidnight() time.Duration { return time.Duration(c) * time.Minute }

// Span is a stretch of working time within one day, written "09:00-17:30". To itself is no longer part of it.
type Span struct{ From, To Clock }

// ParseSpan reads "09:00-17:30". It errs when the span is empty or runs past midnight.
func ParseSpan(s string) (Span, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Span{}, fmt.Errorf("%q is not a span: write it as 09:00-17:30", s)
	}
	f, err := ParseClock(strings.TrimSpace(from))
	if err != nil {
		return Span{}, err
	}
	t, err := ParseClock(strings.TrimSpace(to))
	if err != nil {
		return Span{}, err
	}
	if f >= t {
		return Span{}, fmt.Errorf("%q does not end after it begins: split a span at midnight, 24:00 is the end of a day", s)
	}
	return Span{f, t}, nil
}

func (s Span) String() string { return s.From.String() + "-" + s.To.String() }
