package scoring

import (
	"maps"
	"slices"
	"strings"

	"github.com/perdura/perdura/analytics/match"
)

// Features are what a scorer may know of a lead: facts derived from it, never the
// name, address or text itself.
type Features struct {
	Source   string // where it came from, as the caller names its sources
	Channel  string // form, call, video, chat, import, api
	Campaign string
	Country  string // ISO 3166-1 alpha-2
	Language string // BCP 47

	HasEmail   bool
	HasPhone   bool
	HasName    bool
	HasCompany bool
	EmailKind  DomainKind

	MessageWords int      // length of what the lead wrote
	Intents      []string // what the message is about, from ReadMessage

	Consents   map[string]bool   // purpose → given
	Attributes map[string]string // only those that RuleScorer.Attributes names
	Engagement map[string]int    // kind of interaction → how often

	// HoursSinceActivity is the time since the lead last did something; nil when it never has.
	HoursSinceActivity *float64

	PreviousTier Tier // for the tier's hysteresis; "" when not yet scored
}

// DomainKind tells whose mailbox an address is.
type DomainKind string

const (
	NoDomain       DomainKind = "none"     // no readable address
	FreeDomain     DomainKind = "free"     // a provider where anyone may open a mailbox
	BusinessDomain DomainKind = "business" // any other domain
)

// DomainKindOf classifies an e-mail address by its domain.
func DomainKindOf(email string) DomainKind {
	canonical, ok := match.CanonicalEmail(email)
	if !ok {
		return NoDomain
	}
	_, domain, _ := strings.Cut(canonical, "@")
	if match.FreeMailDomain(domain) {
		return FreeDomain
	}
	return BusinessDomain
}

// shape is what a feature's value can be.
type shape int

const (
	shapeText shape = iota
	shapeFlag
	shapeNumber
	shapeList
	shapeDomain
)

// value is one feature of one lead.
type value struct {
	known  bool
	text   string
	number float64
	list   []string
}

func textValue(s string) value { return value{known: s != "", text: s} }

func flagValue(b bool) value {
	if b {
		return value{known: true, text: "true"}
	}
	return value{text: "false"}
}

// A count of zero is known to be zero, but nothing is present.
func countValue(n int) value { return value{known: n > 0, number: float64(n)} }

// feature is a name rules may use, its shape and how to read it.
type feature struct {
	shape shape
	read  func(Features, string) value // the string is what follows the dot of a family
}

var plainFeatures = map[string]feature{
	"source":        {shapeText, func(f Features, _ string) value { return textValue(f.Source) }},
	"channel":       {shapeText, func(f Features, _ string) value { return textValue(f.Channel) }},
	"campaign":      {shapeText, func(f Features, _ string) value { return textValue(f.Campaign) }},
	"country":       {shapeText, func(f Features, _ string) value { return textValue(f.Country) }},
	"language":      {shapeText, func(f Features, _ string) value { return textValue(f.Language) }},
	"email":         {shapeFlag, func(f Features, _ string) value { return flagValue(f.HasEmail) }},
	"phone":         {shapeFlag, func(f Features, _ string) value { return flagValue(f.HasPhone) }},
	"name":          {shapeFlag, func(f Features, _ string) value { return flagValue(f.HasName) }},
	"company":       {shapeFlag, func(f Features, _ string) value { return flagValue(f.HasCompany) }},
	"email_domain":  {shapeDomain, func(f Features, _ string) value { return domainValue(f.EmailKind) }},
	"message_words": {shapeNumber, func(f Features, _ string) value { return countValue(f.MessageWords) }},
	"intent":        {shapeList, func(f Features, _ string) value { return value{known: len(f.Intents) > 0, list: f.Intents} }},
	"hours_since_activity": {shapeNumber, func(f Features, _ string) value {
		if f.HoursSinceActivity == nil {
			return value{}
		}
		return value{known: true, number: *f.HoursSinceActivity}
	}},
}

// featureFamilies are features with a name of the caller's after a dot.
var featureFamilies = map[string]feature{
	"consent":    {shapeFlag, func(f Features, name string) value { return flagValue(f.Consents[name]) }},
	"attribute":  {shapeText, func(f Features, name string) value { return textValue(f.Attributes[name]) }},
	"engagement": {shapeNumber, func(f Features, name string) value { return countValue(f.Engagement[name]) }},
}

func domainValue(kind DomainKind) value {
	if kind == "" {
		kind = NoDomain
	}
	return value{known: kind != NoDomain, text: string(kind)}
}

// findFeature resolves a name such as "channel" or "engagement.reply".
func findFeature(name string) (f feature, member string, ok bool) {
	if f, ok = plainFeatures[name]; ok {
		return f, "", true
	}
	family, member, _ := strings.Cut(name, ".")
	f, ok = featureFamilies[family]
	return f, member, ok && member != ""
}

// FeatureNames lists what rules may use; families end in ".*".
func FeatureNames() []string {
	names := slices.Collect(maps.Keys(plainFeatures))
	for family := range featureFamilies {
		names = append(names, family+".*")
	}
	slices.Sort(names)
	return names
}
