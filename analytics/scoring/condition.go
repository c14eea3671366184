package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// condition makes the test of a rule on the value of its feature.
func condition(r Rule, s shape) (func(value) bool, error) {
	switch r.Op {
	case Present, Absent:
		if len(r.Value) > 0 && string(r.Value) != "null" {
			return nil, fmt.Errorf("%s takes no value, leave it null", r.Op)
		}
		wanted := r.Op == Present
		return func(v value) bool { return v.known == wanted }, nil
	case Gte, Lte:
		var limit float64
		if err := decode(r.Value, &limit); err != nil {
			return nil, fmt.Errorf("%s takes a number, such as 3", r.Op)
		}
		// A count that is zero is not "known", but may be compared.
		zeroCounts := strings.HasPrefix(r.Feature, "engagement.") || r.Feature == "message_words"
		if r.Op == Gte {
			return func(v value) bool { return (v.known || zeroCounts) && v.number >= limit }, nil
		}
		return func(v value) bool { return (v.known || zeroCounts) && v.number <= limit }, nil
	}
	if s == shapeNumber {
		numbers, err := oneOrMore[float64](r, "a number, such as 3", "a list of numbers, such as [1, 2]")
		if err != nil {
			return nil, err
		}
		zeroCounts := r.Feature != "hours_since_activity"
		return func(v value) bool { return (v.known || zeroCounts) && slices.Contains(numbers, v.number) }, nil
	}
	if s == shapeFlag {
		var flag bool
		if err := decode(r.Value, &flag); err != nil {
			return nil, errors.New("eq on this feature takes true or false")
		}
		return func(v value) bool { return v.known == flag }, nil
	}
	texts, err := oneOrMore[string](r, `a text, such as "form"`, `a list of texts, such as ["call", "chat"]`)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		if text == "" {
			return nil, errors.New("holds an empty text; to test for nothing use absent")
		}
		if kinds := []DomainKind{NoDomain, FreeDomain, BusinessDomain}; s == shapeDomain && !slices.Contains(kinds, DomainKind(text)) {
			return nil, fmt.Errorf("%q is no kind of domain, use one of %v", text, kinds)
		}
	}
	return func(v value) bool {
		return slices.ContainsFunc(texts, func(text string) bool {
			return strings.EqualFold(v.text, text) || slices.ContainsFunc(v.list, func(item string) bool { return strings.EqualFold(item, text) })
		})
	}, nil
}

// oneOrMore reads the value of eq (one), in (a list) or matches_domain_kind (either).
func oneOrMore[T any](r Rule, one, more string) ([]T, error) {
	var single T
	if r.Op != In && decode(r.Value, &single) == nil {
		return []T{single}, nil
	}
	if r.Op == Eq {
		return nil, fmt.Errorf("eq takes %s", one)
	}
	var list []T
	if err := decode(r.Value, &list); err != nil || len(list) == 0 {
		return nil, fmt.Errorf("%s takes %s", r.Op, more)
	}
	return list, nil
}

// decode reads a JSON value; null and nothing are errors.
func decode(raw json.RawMessage, into any) error {
	if len(raw) == 0 || string(raw) == "null" {
		return errors.New("no value")
	}
	return json.Unmarshal(raw, into)
}
