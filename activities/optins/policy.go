package optins

import (
	"time"

	"github.com/perdura/perdura/definitions"
)

// Policy says how long people have to confirm, and whether they are reminded. An opt-in keeps the terms that held when
// it was asked for.
type Policy struct {
	// ValidDays is how long the link works, in days: 1 to 30.
	ValidDays int `json:"valid_days"`
	// RemindAfterDays is after how many days one reminder is sent, 0 for never. In some countries a second message
	// without a consent is an advertisement, so the standard policy sends none.
	RemindAfterDays int `json:"remind_after_days"`
}

// PolicyName is the name of the one policy that counts.
const PolicyName = "default"

// Policies is the kind of definition that holds the policy.
var Policies = definitions.NewKind("opt-in-policy", "How long a person has to confirm a consent, and whether one reminder is sent.",
	checkPolicy, map[string]Policy{PolicyName: {ValidDays: 7}})

func checkPolicy(p Policy) (problems []definitions.Problem) {
	if p.ValidDays < 1 || p.ValidDays > 30 {
		problems = append(problems, definitions.Problem{Field: "valid_days", Message: "must be 1 to 30"})
	}
	if p.RemindAfterDays < 0 || p.RemindAfterDays > 0 && p.RemindAfterDays >= p.ValidDays {
		problems = append(problems, definitions.Problem{Field: "remind_after_days", Message: "must be 0, or lie before the end of valid_days"})
	}
	return problems
}

// terms are the policy's for an opt-in that is asked for now.
func (p Policy) terms(now time.Time) Terms {
	t := Terms{Until: now.AddDate(0, 0, p.ValidDays)}
	if p.RemindAfterDays > 0 {
		t.RemindAt = now.AddDate(0, 0, p.RemindAfterDays)
	}
	return t
}
