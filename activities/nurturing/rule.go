package nurturing

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/perdura/perdura/definitions"
)

// Rule says what happens to leads that are handed back for one reason; the definition's name is the reason.
type Rule struct {
	// Cooling is how long the person is left alone first.
	Cooling definitions.Span `json:"cooling"`
	// Then is nurture, return, audience or drop.
	Then string `json:"then"`
	// Track is the nurture track of then nurture, Audience the remarketing audience of then audience.
	Track    string `json:"track,omitempty"`
	Audience string `json:"audience,omitempty"`
	// MaxRounds bounds how often one person is recycled; after that a lead is dropped.
	MaxRounds int `json:"max_rounds"`
}

// AnyReason is the rule for reasons that have none of their own; Exhausted is the reason of a track that ran out.
const (
	AnyReason = "default"
	Exhausted = "exhausted"
)

const maxRounds = 20

var audienceName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func checkRule(r Rule) (problems []definitions.Problem) {
	wrong := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if problem := spanProblem(r.Cooling); problem != "" {
		wrong("cooling", "%s", problem)
	}
	if ways := []string{ThenNurture, ThenReturn, ThenAudience, ThenDrop}; !slices.Contains(ways, r.Then) {
		wrong("then", "%q is not known: write one of %v", r.Then, ways)
	}
	if r.Then == ThenNurture && r.Track == "" {
		wrong("track", "name the nurture track")
	}
	if r.Then == ThenAudience && (len(r.Audience) > 100 || !audienceName.MatchString(r.Audience)) {
		wrong("audience", "name the audience: lower-case words joined by hyphens")
	}
	if r.MaxRounds < 1 || r.MaxRounds > maxRounds {
		wrong("max_rounds", "is %d; give 1 to %d", r.MaxRounds, maxRounds)
	}
	return problems
}

// Rules are the recycling rules, one for each reason. A run stays with the version that it began with.
var Rules = definitions.NewKind("recycling", "What happens to leads that sales hands back, by reason.", checkRule, map[string]Rule{
	AnyReason:       {Cooling: "60d", Then: ThenNurture, Track: "recycled", MaxRounds: 2},
	"not-reachable": {Cooling: "14d", Then: ThenReturn, MaxRounds: 2},
	"no-answer":     {Cooling: "14d", Then: ThenReturn, MaxRounds: 2},
	"no-budget":     {Cooling: "90d", Then: ThenNurture, Track: "recycled", MaxRounds: 2},
	Exhausted:       {Cooling: "30d", Then: ThenAudience, Audience: "remarketing", MaxRounds: 3},
})
