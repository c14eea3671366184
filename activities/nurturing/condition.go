package nurturing

import (
	"slices"
	"strconv"
	"strings"

	"github.com/perdura/perdura/definitions"
)

// Condition tests one attribute of a lead: it is one of In, or a number from Min to Max. Not turns the answer round.
type Condition struct {
	// Attribute is source, channel, campaign, tier, score, language, country, company, email_kind (business, free), or
	// attribute.NAME for what the lead or its contact brought along, such as attribute.company_size.
	Attribute string   `json:"attribute"`
	In        []string `json:"in,omitempty"` // without regard to case; a language covers its regions
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	Not       bool     `json:"not,omitempty"`
}

// Facts are the attributes of one lead by name.
type Facts map[string]string

var plainAttributes = []string{"source", "channel", "campaign", "tier", "score", "language", "country", "company", "email_kind"}

const ownAttributes = "attribute."

// problem says what is wrong with the condition; empty when nothing is.
func (c Condition) problem() string {
	if !slices.Contains(plainAttributes, c.Attribute) && (!strings.HasPrefix(c.Attribute, ownAttributes) || c.Attribute == ownAttributes) {
		return "attribute " + strconv.Quote(c.Attribute) + " is not known: use one of " + strings.Join(plainAttributes, ", ") + " or attribute.NAME"
	}
	return c.test().Problem()
}

func (c Condition) test() definitions.Test { return definitions.Test{In: c.In, Min: c.Min, Max: c.Max} }

// holds answers for one lead. What is not known is none of In and no number.
func (c Condition) holds(facts Facts) bool { return c.met(facts[c.Attribute]) != c.Not }

func (c Condition) met(value string) bool {
	if len(c.In) == 0 {
		return c.test().Passes(strings.TrimSpace(value))
	}
	primary, _, _ := strings.Cut(value, "-")
	return c.test().Passes(value) || c.Attribute == "language" && c.test().Passes(primary)
}
