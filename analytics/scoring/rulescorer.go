package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// RuleScorer adds up the points of the rules that a lead passes.
type RuleScorer struct {
	rules      []Rule
	tests      []test
	thresholds Thresholds
	version    string
}

var _ Scorer = (*RuleScorer)(nil)

// NewRuleScorer checks rules and thresholds and makes a scorer of them. The error
// joins all *RuleErrors, so that everything can be put right at once. No rules at all
// score every lead 0.
func NewRuleScorer(rules []Rule, thresholds Thresholds) (*RuleScorer, error) {
	s := &RuleScorer{rules: slices.Clone(rules), thresholds: thresholds}
	slices.SortStableFunc(s.rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	problems := []error{thresholds.Validate()}
	for i, rule := range s.rules {
		if len(rule.Value) == 0 {
			s.rules[i].Value = json.RawMessage("null") // both mean no value, and count as one version
		}
		if i > 0 && rule.ID == s.rules[i-1].ID {
			problems = append(problems, &RuleError{RuleID: rule.ID, Field: "id", Problem: "is used twice, give each rule its own"})
		}
		passes, err := compile(rule)
		problems = append(problems, err)
		s.tests = append(s.tests, passes)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	s.version = versionOf(s.rules, thresholds)
	return s, nil
}

// Score implements Scorer. The factors add up to Unclamped; Score is that, cut to 0..100.
func (s *RuleScorer) Score(features Features) Scorecard {
	card := Scorecard{Factors: []Factor{}, ModelVersion: s.version}
	for i, passes := range s.tests {
		if passes(features) {
			rule := s.rules[i]
			card.Unclamped += rule.Points
			card.Factors = append(card.Factors, Factor{RuleID: rule.ID, Reason: rule.Reason, Points: rule.Points})
		}
	}
	card.Score = min(max(card.Unclamped, MinScore), MaxScore)
	card.Tier = TierOf(card.Score, features.PreviousTier, s.thresholds)
	return card
}

// Attributes lists, in order, the attributes the rules look at. Others need not, and
// for the sake of privacy should not, be put into Features.
func (s *RuleScorer) Attributes() []string {
	var names []string
	for _, rule := range s.rules {
		if name, ok := strings.CutPrefix(rule.Feature, "attribute."); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// versionOf names a set of rules by its content: equal rules in any order have one version.
func versionOf(rules []Rule, thresholds Thresholds) string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	for _, rule := range rules {
		// Validated rules always encode: their values are JSON.
		_ = encoder.Encode(rule)
	}
	_ = encoder.Encode(thresholds)
	return "rules-" + hex.EncodeToString(sum.Sum(nil)[:6])
}
