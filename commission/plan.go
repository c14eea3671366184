// Package commission works out what people earn by a won deal, and what is clawed back when the customer gets money back.
// Everything is exact: rates and shares are fractions, and an amount is rounded once, half to even, to the currency's
// smallest unit. What is split sums to what was split: the units that rounding down leaves over go to the largest
// remainders, the earlier first.
package commission

import (
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
)

// Plan says what a won deal pays, and to whom. Amounts are in the smallest unit of the plan's currency; a deal in another
// one pays the plain rate without tiers and cap, because neither can be compared.
type Plan struct {
	// RateBP is what is paid of the deal's amount, in hundredths of a percent.
	RateBP   int    `json:"rate_bp"`
	Currency string `json:"currency"`
	// Tiers pay another rate for what is won beyond an amount in the period, each for its own part.
	Tiers  []Tier `json:"tiers,omitempty"`
	Period string `json:"period" jsonschema:"enum=month,enum=quarter,enum=year"`
	// CapMinor is the most that one deal pays; no limit when 0.
	CapMinor int64 `json:"cap_minor,omitempty"`
	// Splits share the commission. Whoever is not there leaves their share to the others.
	Splits []Split `json:"splits"`
	// ClawBack is how long after the win a refund takes commission back; never when empty.
	ClawBack definitions.Span `json:"claw_back,omitempty"`
}

// Tier is the rate for what is won in the period beyond AboveMinor.
type Tier struct {
	AboveMinor int64 `json:"above_minor"`
	RateBP     int   `json:"rate_bp"`
}

// Split is the share of one person: the owner of the deal, the manager above them, or a named user.
type Split struct {
	Who   string    `json:"who,omitempty" jsonschema:"enum=owner,enum=manager,enum="`
	User  uuid.UUID `json:"user,omitzero"`
	Share int       `json:"share" jsonschema_description:"in proportion to the other shares"`
}

// Owner and Manager are the people whom a split may mean by their part in the deal.
const (
	Owner   = "owner"
	Manager = "manager"
)

// Standard is the plan that counts where a team has none of its own name.
const Standard = "standard"

// Plans are the commission plans: one of a team's name counts for its deals, else the standard one.
var Plans = definitions.NewKind("commission-plan", "What won deals pay to whom, and how long a refund takes it back.", check, map[string]Plan{
	Standard: {
		RateBP: 500, Currency: "EUR", Period: "quarter", CapMinor: 5_000_000, ClawBack: "180d",
		Tiers:  []Tier{{AboveMinor: 10_000_000, RateBP: 700}, {AboveMinor: 25_000_000, RateBP: 900}},
		Splits: []Split{{Who: Owner, Share: 9}, {Who: Manager, Share: 1}},
	},
})

const (
	whole      = 10_000 // 100 % in hundredths of a percent
	maxShare   = 1_000_000
	maxClaw    = 10 * 365 * 24 * time.Hour
	maxPersons = 50
)

var currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

func check(p Plan) (problems []definitions.Problem) {
	wrong := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	rate := func(field string, bp int) {
		if bp < 0 || bp > whole {
			wrong(field, "is %d; give 0 to %d hundredths of a percent", bp, whole)
		}
	}
	rate("rate_bp", p.RateBP)
	if !currencyForm.MatchString(p.Currency) {
		wrong("currency", "must be an ISO 4217 code such as EUR")
	}
	var above int64
	for i, t := range p.Tiers {
		rate(fmt.Sprintf("tiers[%d].rate_bp", i), t.RateBP)
		if t.AboveMinor <= above {
			wrong(fmt.Sprintf("tiers[%d].above_minor", i), "must be more than that of the tier before")
		}
		above = t.AboveMinor
	}
	if _, ok := months[p.Period]; !ok {
		wrong("period", "must be month, quarter or year")
	}
	if p.CapMinor < 0 {
		wrong("cap_minor", "must not be negative")
	}
	if len(p.Splits) == 0 || len(p.Splits) > maxPersons {
		wrong("splits", "name 1 to %d people", maxPersons)
	}
	for i, s := range p.Splits {
		field := fmt.Sprintf("splits[%d]", i)
		if (s.Who == Owner || s.Who == Manager) == (s.User != uuid.Nil) || s.Who != "" && s.Who != Owner && s.Who != Manager {
			wrong(field, "give either who (owner or manager) or user")
		}
		if s.Share < 1 || s.Share > maxShare {
			wrong(field+".share", "is %d; give 1 to %d", s.Share, maxShare)
		}
	}
	if d, err := p.ClawBack.Parse(); err != nil {
		wrong("claw_back", "%v", err)
	} else if d > maxClaw {
		wrong("claw_back", "is longer than ten years")
	}
	return problems
}

var months = map[string]time.Month{"month": 1, "quarter": 3, "year": 12}

// PeriodOf is the plan's period around an instant, in UTC: from its first instant until the next one's.
func (p Plan) PeriodOf(at time.Time) (from, until time.Time) {
	n := months[p.Period]
	at = at.UTC()
	from = time.Date(at.Year(), (at.Month()-1)/n*n+1, 1, 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(0, int(n), 0)
}
