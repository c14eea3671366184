package deals

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

var word = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// review collects what is wrong with a pipeline.
type review struct {
	p        Pipeline
	problems []definitions.Problem
}

func check(p Pipeline) []definitions.Problem {
	r := &review{p: p}
	if len(p.Stages) < 2 {
		r.wrong("stages", "give at least two: the last is the closing")
	}
	seen := map[string]bool{}
	for i, s := range p.Stages {
		at := fmt.Sprintf("stages[%d]", i)
		r.word(at+".name", s.Name)
		if seen[s.Name] {
			r.wrong(at+".name", "%q stands twice", s.Name)
		}
		seen[s.Name] = true
		r.stage(at, i, s)
	}
	r.adjustments()
	for i, s := range p.Significant.Into {
		if !seen[s] {
			r.wrong(fmt.Sprintf("significant.into[%d]", i), "there is no stage %q", s)
		}
	}
	for i, a := range p.Significant.Amounts {
		r.amount(fmt.Sprintf("significant.amounts[%d]", i), a)
	}
	r.within("discount_band_permille", p.DiscountBand, 0, 1000)
	r.word("policy", p.Policy)
	r.word("template", p.Template)
	r.words("loss_reasons", p.LossReasons)
	r.words("back_reasons", p.BackReasons)
	if p.Entry.Automatic || p.Entry.Amount != (money.Amount{}) {
		r.amount("entry.amount", p.Entry.Amount)
		r.within("entry.close_in_days", p.Entry.CloseInDays, 1, 3650)
	}
	return r.problems
}

func (r *review) wrong(field, format string, args ...any) {
	r.problems = append(r.problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (r *review) word(field, s string) {
	if !word.MatchString(s) || len(s) > 64 {
		r.wrong(field, "write lower-case words joined by hyphens, at most 64 characters")
	}
}

func (r *review) words(field string, list []string) {
	if len(list) == 0 {
		r.wrong(field, "give at least one")
	}
	for i, s := range list {
		r.word(fmt.Sprintf("%s[%d]", field, i), s)
	}
}

func (r *review) within(field string, n, least, most int) {
	if n < least || n > most {
		r.wrong(field, "is %d; give %d to %d", n, least, most)
	}
}

func (r *review) amount(field string, a money.Amount) {
	if a.Minor < 0 || a.Minor > MaxMinor {
		r.wrong(field+".amount_minor", "give 0 to %d", MaxMinor)
	}
	if !Currency(a.Currency) {
		r.wrong(field+".currency", "write three capital letters (ISO 4217)")
	}
}

func (r *review) stage(at string, i int, s Stage) {
	r.within(at+".probability_permille", s.Probability, 0, 1000)
	r.within(at+".stall_days", s.StallDays, 0, 365)
	r.within(at+".escalate_days", s.EscalateDays, 0, 365)
	for j, a := range s.Activities {
		field := fmt.Sprintf("%s.activities[%d]", at, j)
		r.word(field+".kind", a.Kind)
		r.within(field+".within_days", a.Within, 0, 365)
		if strings.TrimSpace(a.Title) == "" || len(a.Title) > 200 {
			r.wrong(field+".title", "say in at most 200 characters what is to be done")
		}
		if a.Required && i == len(r.p.Stages)-1 {
			r.wrong(field+".required", "nothing follows the last stage that could ask for it")
		}
	}
	for j, c := range s.Criteria {
		r.criterion(fmt.Sprintf("%s.criteria[%d]", at, j), i, c)
	}
	for j, c := range s.Collateral {
		if !strings.HasPrefix(c.URL, "https://") {
			r.wrong(fmt.Sprintf("%s.collateral[%d].url", at, j), "begin it with https://")
		}
	}
}

func (r *review) criterion(field string, stage int, c Criterion) {
	switch c.Kind {
	case AttributeSet, AttributeTrue, AttributeLeast:
		if !attributeNames.MatchString(c.Name) {
			r.wrong(field+".name", "name an attribute: lower-case letters, digits and underscores")
		}
	case AmountSet, CloseDateSet:
	case TaskDone:
		before := slices.ContainsFunc(r.p.Stages[:stage], func(s Stage) bool {
			return slices.ContainsFunc(s.Activities, func(a Activity) bool { return a.Kind == c.Name })
		})
		if !before {
			r.wrong(field+".name", "no stage before has an activity of kind %q", c.Name)
		}
	case Interactions:
		if c.Least < 1 {
			r.wrong(field+".least", "give at least 1")
		}
	default:
		r.wrong(field+".kind", "%q is not known", c.Kind)
	}
}

func (r *review) adjustments() {
	for i, a := range r.p.Adjust {
		field := fmt.Sprintf("adjust[%d]", i)
		r.word(field+".code", a.Code)
		r.within(field+".effect_permille", a.Effect, -1000, 1000)
		switch a.Fact {
		case FactTier, FactSource:
			if a.Is == "" {
				r.wrong(field+".is", "say what it is compared with")
			}
		case FactScore, FactDays, FactTasks, FactInteractions:
			if a.AtLeast < 1 {
				r.wrong(field+".at_least", "give at least 1")
			}
		default:
			r.wrong(field+".fact", "%q is not known", a.Fact)
		}
	}
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// Currency reports whether code is written like one of ISO 4217.
func Currency(code string) bool { return currencyCode.MatchString(code) }
