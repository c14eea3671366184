package collecting_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/collecting"
)

func TestPlansAreChecked(t *testing.T) {
	t.Parallel()
	body, ok := collecting.Plans.Standard(collecting.PlanStandard)
	require.True(t, ok)
	require.Empty(t, collecting.Plans.Check(body), "the standard plan")
	for field, spoil := range map[string]func(*collecting.Plan){
		"match.segments[1]":       func(p *collecting.Plan) { p.Match.Segments = []string{"customer", ""} },
		"match.currency":          func(p *collecting.Plan) { p.Match.Currency = "euro" },
		"match.to_minor":          func(p *collecting.Plan) { p.Match = collecting.Match{Currency: "EUR", FromMinor: 2, ToMinor: 1} },
		"match.from_minor":        func(p *collecting.Plan) { p.Match = collecting.Match{Currency: "EUR", FromMinor: -1} },
		"steps":                   func(p *collecting.Plan) { p.Steps = nil },
		"steps[0].channel":        func(p *collecting.Plan) { p.Steps[0].Channel = "letter" },
		"steps[0].tone":           func(p *collecting.Plan) { p.Steps[0].Tone = "rude" },
		"steps[1].tone":           func(p *collecting.Plan) { p.Steps[1].Tone = "" },
		"steps[2].tone":           func(p *collecting.Plan) { p.Steps[2].Tone = "firm" },
		"steps[3].tone":           func(p *collecting.Plan) { p.Steps[3].Tone = "friendly" },
		"steps[0].template":       func(p *collecting.Plan) { p.Steps[0].Template = "Not a name" },
		"steps[1].wait":           func(p *collecting.Plan) { p.Steps[1].Wait = "soon" },
		"steps[3].wait":           func(p *collecting.Plan) { p.Steps[3].Wait = "367d" },
		"steps[2].when":           func(p *collecting.Plan) { p.Steps[2].When = "sometimes" },
		"steps[2].broken_promise": func(p *collecting.Plan) { p.Steps[2].Broken = "maybe" },
		"team":                    func(p *collecting.Plan) { p.Team = "" },
		"finance":                 func(p *collecting.Plan) { p.Finance = "" },
		"grace_days":              func(p *collecting.Plan) { p.GraceDays = 61 },
		"promise_within":          func(p *collecting.Plan) { p.PromiseWithin = "1h" },
		"on_broken":               func(p *collecting.Plan) { p.OnBroken = "shout" },
		"write_off.wait":          func(p *collecting.Plan) { p.WriteOff.Wait = "x" },
		"write_off.to_minor":      func(p *collecting.Plan) { p.WriteOff.FromMinor, p.WriteOff.ToMinor = 5, 4 },
		"write_off.never":         func(p *collecting.Plan) { p.WriteOff.Never, p.WriteOff.ToMinor = true, 4 },
	} {
		var plan collecting.Plan
		require.NoError(t, json.Unmarshal(body, &plan))
		spoil(&plan)
		raw, err := json.Marshal(plan)
		require.NoError(t, err)
		problems := collecting.Plans.Check(raw)
		require.Len(t, problems, 1, "%s: %v", field, problems)
		require.Equal(t, field, problems[0].Field)
	}
	var plan collecting.Plan
	require.NoError(t, json.Unmarshal(body, &plan))
	plan.Match.FromMinor = 100
	raw, err := json.Marshal(plan)
	require.NoError(t, err)
	require.Equal(t, "match.currency", collecting.Plans.Check(raw)[0].Field, "amounts without a currency")
}
