package definitions

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Span is a length of business time as people write it in a definition: a whole number and a unit, d (24 hours), h or
// m (minutes), such as "3d" or "36h". The empty one is no time at all.
type Span string

var spanForm = regexp.MustCompile(`^([0-9]{1,6})([dhm])$`)

var spanUnits = map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute}

// Parse returns the length. It errs when the span is not written as described above.
func (s Span) Parse() (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	m := spanForm.FindStringSubmatch(string(s))
	if m == nil {
		return 0, fmt.Errorf("must be a whole number with d, h or m behind it, such as 3d")
	}
	n, err := strconv.Atoi(m[1])
	return time.Duration(n) * spanUnits[m[2]], err
}

// Duration is the length of a span that was checked; 0 for one that does not parse.
func (s Span) Duration() time.Duration {
	d, err := s.Parse()
	if err != nil {
		return 0
	}
	return d
}
