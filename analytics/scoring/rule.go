package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Op is how a rule tests its feature.
type Op string

const (
	Eq                Op = "eq"                  // equals the value; a list contains it. Texts compare without case
	In                Op = "in"                  // is one of the values; a list contains one of them
	Gte               Op = "gte"                 // at least the number; unknown never is
	Lte               Op = "lte"                 // at most the number; unknown never is
	Present           Op = "present"             // known, true, above zero or not empty
	Absent            Op = "absent"              // the contrary
	MatchesDomainKind Op = "matches_domain_kind" // the e-mail domain is of the kind, or of one of the kinds
)

// Rule gives points to leads that pass one test.
type Rule struct {
	ID      string          `json:"id"`
	Feature string          `json:"feature"` // one of FeatureNames
	Op      Op              `json:"op"`
	Value   json.RawMessage `json:"value"` // text, number, true/false or a list, as Op and Feature ask; null for present and absent
	Points  int             `json:"points"`
	Reason  string          `json:"reason"` // shown to people beside the score
	Version int             `json:"version"`
}

// maxPoints bounds one rule: more than the whole scale says nothing more.
const maxPoints = MaxScore

// RuleError says which field of which rule cannot be used, and why.
type RuleError struct {
	RuleID  string
	Field   string // the JSON name of the field
	Problem string
}

// Error implements error.
func (e *RuleError) Error() string {
	return fmt.Sprintf("scoring rule %q: %s: %s", e.RuleID, e.Field, e.Problem)
}

// Validate returns all that is wrong with the rule as joined *RuleErrors, or nil.
func (r Rule) Validate() error {
	_, err := compile(r)
	return err
}

// test answers whether a rule applies to a lead.
type test func(Features) bool

// compile checks a rule and makes its test.
func compile(r Rule) (test, error) {
	var problems []error
	wrong := func(field, format string, args ...any) {
		problems = append(problems, &RuleError{RuleID: r.ID, Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(r.ID) == "" {
		wrong("id", "is empty, name the rule")
	}
	if strings.TrimSpace(r.Reason) == "" {
		wrong("reason", "is empty, say in words why the points are given")
	}
	if r.Points == 0 || r.Points < -maxPoints || r.Points > maxPoints {
		wrong("points", "is %d, give -%d to %d and not 0", r.Points, maxPoints, maxPoints)
	}
	if r.Version < 1 {
		wrong("version", "is %d, count from 1", r.Version)
	}
	f, member, ok := findFeature(r.Feature)
	if !ok {
		wrong("feature", "%q is not known, use one of %s", r.Feature, strings.Join(FeatureNames(), ", "))
		return nil, errors.Join(problems...)
	}
	if allowed := opsOf(f.shape); !slices.Contains(allowed, r.Op) {
		wrong("op", "%q does not suit %s, use one of %v", r.Op, r.Feature, allowed)
		return nil, errors.Join(problems...)
	}
	holds, err := condition(r, f.shape)
	if err != nil {
		wrong("value", "%v", err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return func(features Features) bool { return holds(f.read(features, member)) }, nil
}

func opsOf(s shape) []Op {
	switch s {
	case shapeNumber:
		return []Op{Eq, In, Gte, Lte, Present, Absent}
	case shapeFlag:
		return []Op{Eq, Present, Absent}
	case shapeDomain:
		return []Op{Eq, In, MatchesDomainKind, Present, Absent}
	}
	return []Op{Eq, In, Present, Absent}
}
