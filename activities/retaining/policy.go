package retaining

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/perdura/perdura/definitions"
)

// otherWord is the word that stands for every answer without a letter of its own.
const otherWord = "other"

// Policy is how a house wins sleepy customers back.
type Policy struct {
	// Survey asks why we have not heard from them.
	Survey string `json:"survey"`
	// Letters are communication templates by the word of the answer; "other" is for every word that has none.
	Letters map[string]string `json:"letters"`
	Coupon  Coupon            `json:"coupon"`
	// Rest is how long a customer is left in peace after a round.
	Rest definitions.Span `json:"rest"`
}

// Coupon is what those get who do not answer. Give percent, or amount_minor with currency (ISO 4217).
type Coupon struct {
	Offer       string           `json:"offer"`
	Percent     int              `json:"percent,omitempty"`
	AmountMinor int64            `json:"amount_minor,omitempty"`
	Currency    string           `json:"currency,omitempty"`
	ValidFor    definitions.Span `json:"valid_for"`
	Template    string           `json:"template"`
}

// Watch is how the house notices that a customer is asleep.
type Watch struct {
	// After is how long nothing was heard from them.
	After definitions.Span `json:"after"`
	// Rest is how long they are left in peace after a round.
	Rest definitions.Span `json:"rest"`
	// PerDay is how many are woken a day at most; 0 switches the watch off.
	PerDay int `json:"per_day"`
	// At is when the watch looks, on the clock of the default business calendar: "08:00".
	At string `json:"at"`
}

// DefaultName is the name of the policy and of the watch that count.
const DefaultName = "default"

// PolicyKind and WatchKind are the definitions of this package.
var (
	PolicyKind = definitions.NewKind("retention", "How sleepy customers are won back: survey, letters by answer, coupon for the silent.",
		checkPolicy, map[string]Policy{DefaultName: {
			Survey: "sleepy", Rest: "180d",
			Letters: map[string]string{
				"price": "retention-price", "product": "retention-product", "service": "retention-service", otherWord: "retention-other",
			},
			Coupon: Coupon{Offer: "welcome-back", Percent: 15, ValidFor: "30d", Template: "retention-coupon"},
		}})
	WatchKind = definitions.NewKind("dormancy", "When a customer counts as asleep, and how many are woken a day.",
		checkWatch, map[string]Watch{DefaultName: {After: "120d", Rest: "180d", PerDay: 500, At: "08:00"}})
)

const (
	longest   = 10 * 365 * 24 * time.Hour
	maxPerDay = 100_000
)

var (
	wordForm     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

func checkPolicy(p Policy) []definitions.Problem {
	var problems []definitions.Problem
	note := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !wordForm.MatchString(p.Survey) {
		note("survey", "must be the name of a survey")
	}
	if p.Letters[otherWord] == "" {
		note("letters.other", "must be the letter for every answer that has none of its own")
	}
	for _, word := range slices.Sorted(maps.Keys(p.Letters)) {
		if !wordForm.MatchString(word) || !wordForm.MatchString(p.Letters[word]) {
			note("letters."+word, "must be a template's name, by a word of the survey's branches")
		}
	}
	if !wordForm.MatchString(p.Coupon.Offer) {
		note("coupon.offer", "must be lower-case letters, digits and hyphens")
	}
	if !wordForm.MatchString(p.Coupon.Template) {
		note("coupon.template", "must be a template's name")
	}
	switch percent, amount := p.Coupon.Percent != 0, p.Coupon.AmountMinor != 0; {
	case percent == amount:
		note("coupon", "must have either percent, or amount_minor with currency")
	case percent && (p.Coupon.Percent < 1 || p.Coupon.Percent > 100):
		note("coupon.percent", "must be 1 to 100")
	case amount && p.Coupon.AmountMinor < 1:
		note("coupon.amount_minor", "must be more than 0")
	case amount && !currencyForm.MatchString(p.Coupon.Currency):
		note("coupon.currency", "must be an ISO 4217 code such as EUR")
	case percent && p.Coupon.Currency != "":
		note("coupon.currency", "belongs to amount_minor")
	}
	span(note, "coupon.valid_for", p.Coupon.ValidFor)
	span(note, "rest", p.Rest)
	return problems
}

func checkWatch(w Watch) []definitions.Problem {
	var problems []definitions.Problem
	note := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	span(note, "after", w.After)
	span(note, "rest", w.Rest)
	if w.PerDay < 0 || w.PerDay > maxPerDay {
		note("per_day", "must be 0 (off) to %d", maxPerDay)
	}
	if _, err := time.Parse("15:04", w.At); err != nil {
		note("at", "must be a time of day such as 08:00")
	}
	return problems
}

func span(note func(string, string, ...any), field string, s definitions.Span) {
	d, err := s.Parse()
	switch {
	case err != nil:
		note(field, "%v", err)
	case d <= 0 || d > longest:
		note(field, "must be more than nothing and at most 3650d")
	}
}
