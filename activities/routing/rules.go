// Package routing decides who gets a lead: which teams the assignment rules name for it, and which representative of a
// team is next. It is pure; whoever calls it holds the lock of the team.
package routing

import (
	"hash/fnv"
	"slices"
	"strings"

	"github.com/perdura/perdura/db/query"
)

// Lead is what the rules look at.
type Lead struct {
	Country string // ISO 3166-1 alpha-2; empty when unknown
	Source  string
	Channel string
}

// Matching returns the rules that apply to the lead, in their order. A rule that lists nothing applies to everything; a
// lead of unknown country is none of a rule's listed countries.
func Matching(rules []query.AssignmentRule, l Lead) []query.AssignmentRule {
	var out []query.AssignmentRule
	for _, rule := range rules {
		if lists(rule.Countries, l.Country) && lists(rule.Sources, l.Source) && lists(rule.Channels, l.Channel) {
			out = append(out, rule)
		}
	}
	return out
}

func lists(list []string, value string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, value) })
}

// Teams names the teams of the rules, each once, in their order.
func Teams(rules []query.AssignmentRule) []string {
	var out []string
	for _, rule := range rules {
		if !slices.Contains(out, rule.Team) {
			out = append(out, rule.Team)
		}
	}
	return out
}

// LockKeys are the advisory locks of the teams, sorted.
func LockKeys(teams []string) []int64 {
	keys := make([]int64, len(teams))
	for i, team := range teams {
		h := fnv.New64a()
		_, _ = h.Write([]byte("team/" + team))
		keys[i] = int64(h.Sum64())
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
