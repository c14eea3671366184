// Package approvals has people decide before something may go on. Who decides is a policy; what they decide about is
// bound by its hash, so that nothing else is ever approved than what they had before them; nobody decides on their own
// request.
package approvals

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

// Policy says whose decision is needed. Every step that applies has to agree.
type Policy struct {
	Steps []Step `json:"steps"`
	// Reminders are how long after the question those are reminded who have not decided.
	Reminders []definitions.Span `json:"reminders,omitempty"`
	// EscalateAfter is when the seats of those who have not decided go to their managers; never when empty.
	EscalateAfter definitions.Span `json:"escalate_after,omitempty"`
	ExpiresAfter  definitions.Span `json:"expires_after"`
}

// How many of a step's deciders have to agree.
const (
	Single = "single" // whoever decides first decides for all
	All    = "all"
	Quorum = "quorum"
)

// Step needs a decision of its deciders. Without limits it always applies; with limits, when one of them is exceeded. An
// amount in another currency cannot be compared and counts as one that exceeds the limit.
type Step struct {
	AboveMinor    int64  `json:"above_minor,omitempty"`
	Currency      string `json:"currency,omitempty" jsonschema_description:"of above_minor, ISO 4217"`
	AbovePermille int    `json:"above_permille,omitempty" jsonschema_description:"of the discount, in thousandths"`

	Mode     string    `json:"mode" jsonschema:"enum=single,enum=all,enum=quorum"`
	Quorum   int       `json:"quorum,omitempty"`
	Deciders []Decider `json:"deciders"`
}

// Decider is the manager above whoever asks, the users of a role, or named users.
type Decider struct {
	Manager bool        `json:"manager,omitempty"`
	Role    string      `json:"role,omitempty"`
	Users   []uuid.UUID `json:"users,omitempty"`
}

// applies says whether the step is needed for so much at such a discount.
func (s Step) applies(amount money.Amount, permille int) bool {
	if s.AboveMinor == 0 && s.AbovePermille == 0 {
		return true
	}
	dear := s.AboveMinor > 0 && (amount.Currency != s.Currency || amount.Minor > s.AboveMinor)
	return dear || s.AbovePermille > 0 && permille > s.AbovePermille
}

// Policies are the approval policies. An approval stays with the version that it was asked under.
var Policies = definitions.NewKind("approval-policy", "Whose decision is needed, by amount and discount, and how long it may take.",
	checkPolicy, map[string]Policy{"price": {
		Steps: []Step{
			{Mode: Single, Deciders: []Decider{{Manager: true}}},
			{Mode: Single, AbovePermille: 300, AboveMinor: 10_000_000, Currency: "EUR", Deciders: []Decider{{Role: "admin"}}},
		},
		Reminders: []definitions.Span{"1d", "2d"}, EscalateAfter: "3d", ExpiresAfter: "7d",
	}, "write-off": {
		// The house itself asks, which has no manager.
		Steps: []Step{
			{Mode: Single, Deciders: []Decider{{Role: "manager"}}},
			{Mode: Single, AboveMinor: 100_000, Currency: "EUR", Deciders: []Decider{{Role: "admin"}}},
		},
		Reminders: []definitions.Span{"1d", "3d"}, EscalateAfter: "5d", ExpiresAfter: "14d",
	}})

const longest = 365 * 24 * time.Hour

var (
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	roles        = []string{"representative", "manager", "admin"}
)

func checkPolicy(p Policy) (problems []definitions.Problem) {
	wrong := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if len(p.Steps) == 0 {
		wrong("steps", "name at least one step")
	}
	for i, s := range p.Steps {
		checkStep(s, func(field, format string, args ...any) { wrong(fmt.Sprintf("steps[%d].%s", i, field), format, args...) })
	}
	expires := checkSpan(wrong, "expires_after", p.ExpiresAfter)
	for i, r := range p.Reminders {
		if field := fmt.Sprintf("reminders[%d]", i); checkSpan(wrong, field, r) >= expires {
			wrong(field, "must come before expires_after")
		}
	}
	if p.EscalateAfter != "" && checkSpan(wrong, "escalate_after", p.EscalateAfter) >= expires {
		wrong("escalate_after", "must come before expires_after")
	}
	return problems
}

func checkStep(s Step, wrong func(field, format string, args ...any)) {
	if !slices.Contains([]string{Single, All, Quorum}, s.Mode) {
		wrong("mode", "must be single, all or quorum")
	}
	if (s.Mode == Quorum) != (s.Quorum > 0) {
		wrong("quorum", "belongs to the mode quorum, and must be 1 or more there")
	}
	if s.AboveMinor < 0 || s.AbovePermille < 0 || s.AbovePermille > 1000 {
		wrong("above_permille", "limits must not be negative, and a discount is at most 1000 thousandths")
	}
	if (s.AboveMinor > 0) != (s.Currency != "") || s.Currency != "" && !currencyForm.MatchString(s.Currency) {
		wrong("currency", "must be an ISO 4217 code such as EUR, beside above_minor")
	}
	if len(s.Deciders) == 0 {
		wrong("deciders", "name at least one")
	}
	for i, d := range s.Deciders {
		field := fmt.Sprintf("deciders[%d]", i)
		if ways := count(d.Manager, d.Role != "", len(d.Users) > 0); ways != 1 {
			wrong(field, "give exactly one of manager, role and users")
		}
		if d.Role != "" && !slices.Contains(roles, d.Role) {
			wrong(field+".role", "must be one of %v", roles)
		}
	}
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func checkSpan(wrong func(string, string, ...any), field string, s definitions.Span) time.Duration {
	d, err := s.Parse()
	switch {
	case err != nil:
		wrong(field, "%v", err)
	case d <= 0 || d > longest:
		wrong(field, "must be more than nothing and at most 365d")
	}
	return d
}
