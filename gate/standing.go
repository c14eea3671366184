package gate

import (
	"slices"

	"github.com/perdura/perdura/consent"
)

// rule is one question that has an answer for good. It returns the reason of its refusal, or nothing.
type rule struct {
	name string
	ask  func(*deliberation) string
}

// standingRules are asked in this order for each possible channel.
var standingRules = []rule{
	{"contact", (*deliberation).contactRule},
	{"address", (*deliberation).addressRule},
	{"suppression", (*deliberation).suppressionRule},
	{"topic", (*deliberation).topicRule},
	{"legal-basis", (*deliberation).basisRule},
}

func (c *deliberation) standing() string {
	rules := standingRules
	if c.request.Test {
		rules = rules[:0] // sent to staff, at an address that the caller knows
	}
	for _, r := range rules {
		if reason := r.ask(c); reason != "" {
			return reason
		}
	}
	return ""
}

func (c *deliberation) contactRule() string {
	if !c.facts.Known {
		return NoContact
	}
	return ""
}

func (c *deliberation) addressRule() string {
	if c.facts.Addresses[c.channel] == "" {
		return NoAddress
	}
	return ""
}

// suppressionRule heeds every suppression for marketing, and for what is owed those of scope all only.
func (c *deliberation) suppressionRule() string {
	for _, s := range c.facts.Suppressed {
		if s.Channel == c.channel && (c.marketing() || s.Scope == consent.All) {
			return Suppressed
		}
	}
	return ""
}

func (c *deliberation) topicRule() string {
	if wanted, chosen := c.facts.Topics[c.request.Topic]; c.marketing() && c.request.Topic != "" && chosen && !wanted {
		return TopicOptOut
	}
	return ""
}

// basisRule asks for a legal basis. What a person withdrew has none, whatever the policy says; and who withdrew the
// marketing of a whole channel gets there only what was agreed to by name.
func (c *deliberation) basisRule() string {
	if !c.marketing() {
		return ""
	}
	granted, decided := c.facts.Consents[c.purpose]
	if decided && !granted {
		return NoConsent
	}
	channelGranted, channelDecided := c.facts.Consents[string(c.channel)+"_marketing"]
	objected := channelDecided && !channelGranted
	lawful := false
	switch c.policy.basis(c.purpose, c.facts.Country) {
	case Consent:
		lawful = granted
	case SoftOptIn:
		lawful = granted || !objected && c.policy.customer(c.facts.Lifecycle)
	case LegitimateInterest:
		lawful = granted || !objected
	}
	if !lawful {
		return NoConsent
	}
	return ""
}

// basis is the legal basis of a purpose in a country.
func (p Policy) basis(purpose, country string) Basis {
	for _, b := range p.LegalBases {
		if (b.Purpose == "" || b.Purpose == purpose) && (len(b.Countries) == 0 || slices.Contains(b.Countries, country)) {
			return b.Basis
		}
	}
	return Consent
}
