package process

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// happening is one example of one case, as an option of an explored wait.
type happening struct {
	c       *Case
	example int
}

// exploreWait lets the explorer choose which case happens, that none does in time, or that the run is cancelled.
func (st *state) exploreWait(ctx workflow.Context, label string, limit Limit, cases []Case) string {
	for {
		point := Point{Kind: PointWait, Branch: branchOf(ctx), Label: label, Detail: limit.String()}
		if len(cases) == 0 { // nothing can come before the time does
			point.Detail = strings.TrimPrefix(point.Detail, "up to ")
		}
		if ctx.Err() != nil {
			st.explorer.Note(point, string(Cancelled))
			return ""
		}
		var can []happening
		point.Options, can = optionsOf(cases)
		if limit.bounded() {
			point.Options = append(point.Options, TimedOut)
		}
		point.Options = append(point.Options, string(Cancelled))
		st.chosen = label
		chosen := st.explorer.Choose(point)
		switch {
		case chosen < len(can):
			if can[chosen].c.pretend(ctx, can[chosen].example) != nil {
				continue // turned down: the wait goes on
			}
			return can[chosen].c.name
		case point.Options[chosen] == TimedOut:
			if left := limit.resolve(Now(ctx)).Sub(Now(ctx)); left > 0 && workflow.Sleep(ctx, left) != nil {
				st.explorer.Note(point, string(Cancelled)) // by another branch, meanwhile
				return ""
			}
			return TimedOut
		default:
			st.cancel()
			return ""
		}
	}
}

// optionsOf names what could happen now. An example is told apart by its case where two cases share its name.
func optionsOf(cases []Case) ([]string, []happening) {
	var names []string
	var can []happening
	for i := range cases {
		for j, name := range cases[i].examples {
			if !cases[i].possible(j) {
				continue
			}
			if slices.Contains(names, name) {
				name = cases[i].name + ": " + name
			}
			names = append(names, name)
			can = append(can, happening{&cases[i], j})
		}
	}
	return names, can
}
