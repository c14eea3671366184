package definitions

import (
	"slices"
	"strconv"
	"strings"
)

// Test is what conditions in definitions ask of one value: to be one of In, without regard to case, or a number from Min
// to Max.
type Test struct {
	In       []string
	Min, Max *float64
}

// Problem says what is wrong with the test; empty when nothing is.
func (t Test) Problem() string {
	switch {
	case len(t.In) == 0 && t.Min == nil && t.Max == nil:
		return "it tests nothing: give in, min or max"
	case len(t.In) > 0 && (t.Min != nil || t.Max != nil):
		return "give either in, or min and max"
	case t.Min != nil && t.Max != nil && *t.Min > *t.Max:
		return "min is above max"
	}
	return ""
}

// Passes answers for one value. What is not known is none of In and no number.
func (t Test) Passes(value string) bool {
	if len(t.In) > 0 {
		return slices.ContainsFunc(t.In, func(want string) bool { return strings.EqualFold(value, want) })
	}
	n, err := strconv.ParseFloat(value, 64)
	return err == nil && (t.Min == nil || n >= *t.Min) && (t.Max == nil || n <= *t.Max)
}
