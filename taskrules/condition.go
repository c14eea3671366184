package taskrules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/perdura/perdura/definitions"
)

// Condition tests one fact: it is one of In, or a number from Min to Max. Not turns the answer round.
type Condition struct {
	// Fact is event.NAME for a member of the event's data, or one of the facts of the contact, lead and deal that the event
	// names, such as lead.tier or deal.amount_minor.
	Fact string   `json:"fact"`
	In   []string `json:"in,omitempty"` // without regard to case
	Min  *float64 `json:"min,omitempty"`
	Max  *float64 `json:"max,omitempty"`
	Not  bool     `json:"not,omitempty"`
}

// Facts are what is known, by name.
type Facts map[string]string

// Known lists the facts besides those of the event itself.
var Known = []string{
	"contact.country", "contact.language", "contact.lifecycle",
	"lead.source", "lead.channel", "lead.campaign", "lead.status", "lead.tier", "lead.score", "lead.quality",
	"deal.pipeline", "deal.stage", "deal.state", "deal.amount_minor", "deal.currency", "deal.loss_reason",
}

// OfEvent begins the names of the facts of the event itself.
const OfEvent = "event."

// problem says what is wrong with the condition; empty when nothing is.
func (c Condition) problem() string {
	if !slices.Contains(Known, c.Fact) && (!strings.HasPrefix(c.Fact, OfEvent) || c.Fact == OfEvent) {
		return "fact " + strconv.Quote(c.Fact) + " is not known: use one of " + strings.Join(Known, ", ") + " or event.NAME"
	}
	return c.test().Problem()
}

func (c Condition) test() definitions.Test { return definitions.Test{In: c.In, Min: c.Min, Max: c.Max} }

// Fires reports whether an event of the rule's type makes its task.
func (r Rule) Fires(facts Facts) bool {
	return !r.Off && !slices.ContainsFunc(r.When, func(c Condition) bool { return c.test().Passes(facts[c.Fact]) == c.Not })
}
