package process

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// Decide names a decision of the business, so that the trail, the map and the procedure show it. answer must be one of
// the options; it is returned as it is. Exploration follows the real answer and reports options that no path reaches.
func Decide(ctx workflow.Context, question, answer string, options ...string) string {
	st := stateOf(ctx)
	if !slices.Contains(options, answer) {
		panic(fmt.Sprintf("process %s: the answer to %q is %q, which is none of %q", st.d.Name, question, answer, options))
	}
	if st.explorer != nil {
		st.explorer.Note(Point{Kind: PointDecision, Branch: branchOf(ctx), Label: question, Options: options}, answer)
		return answer
	}
	st.visit(ctx, question, answer)
	return answer
}

// DecideIf is Decide for a question of yes or no.
func DecideIf(ctx workflow.Context, question string, yes bool) bool {
	answer := "no"
	if yes {
		answer = "yes"
	}
	return Decide(ctx, question, answer, "yes", "no") == "yes"
}
