package closure_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/closure"
)

// left is what a path has left behind outside, the last first undone; an undo out of order is told as trouble.
func left(moves []explore.Move) (stack []string, returned, begun, lost int, trouble string) {
	pop := func(name string) {
		if len(stack) == 0 || stack[len(stack)-1] != name {
			trouble += fmt.Sprintf("undoes %s while %v stand; ", name, stack)
			return
		}
		stack = stack[:len(stack)-1]
	}
	for _, m := range moves {
		taken := m.Taken
		switch m.Point.Detail {
		case approving.Ask.Name():
			if taken == "asked" {
				stack = append(stack, "approval")
			}
		case work.Approval.Name(): // a question that was answered otherwise has ended by itself
			if taken == work.Rejected || taken == work.Voided || taken == work.Expired || taken == work.Withdrawn {
				pop("approval")
			}
		case approving.Withdraw.Name(): // a cancelled question is taken back even when it has just ended otherwise
			if !strings.HasSuffix(m.Point.Label, "take the question back") || slices.Contains(stack, "approval") {
				pop("approval")
			}
		case contracting.Issue.Name():
			if taken == "issued" {
				stack = append(stack, "contract")
			}
		case contracting.Void.Name():
			pop("contract")
		case dealing.Close.Name():
			switch done := taken == "done"; m.Point.Label {
			case "Close the deal as won":
				if done {
					stack = append(stack, "won")
				}
			case "Close the deal as lost":
				if done {
					lost++
				}
			default:
				returned++
			}
		case dealing.Reopen.Name():
			pop("won")
		case commissioning.Book.Name():
			if taken == "booked" {
				stack = append(stack, "commissions")
			}
		case commissioning.Reverse.Name():
			pop("commissions")
		}
		if m.Point.Label == "Begin the onboarding" {
			begun++
		}
	}
	return stack, returned, begun, lost, trouble
}

// balanced fails the test when a path leaves behind what its ending does not allow.
func balanced(t *testing.T, moves []explore.Move, ending string, about any) {
	t.Helper()
	stack, returned, begun, lost, trouble := left(moves)
	require.Empty(t, trouble, about)
	stands := strings.TrimPrefix(strings.Join(stack, " "), "approval ")
	switch ending {
	case closure.Won:
		require.Equal(t, "contract won commissions", stands, about)
		require.Equal(t, []int{0, 1, 0}, []int{returned, begun, lost}, about)
	case closure.Lost: // the customer's refusal has ended the contract
		require.Equal(t, "contract", stands, about)
		require.Equal(t, []int{0, 0, 1}, []int{returned, begun, lost}, about)
	case closure.Gone:
		require.Empty(t, stack, about)
		require.Equal(t, []int{0, 0}, []int{returned, lost}, about)
	default:
		require.Empty(t, stack, about)
		require.Equal(t, []int{1, 0}, []int{returned, lost}, about)
	}
}

// Whatever happens, effects and their undos balance, and undos come in the reverse order.
func TestEveryPathEndsAsDeclaredAndBalances(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, closure.Process, explore.Paths(50_000))
	for _, p := range r.Paths {
		balanced(t, p.Moves, p.Ending, p)
	}
}

// The same holds when the run is cancelled in any step of any path, whether the step took effect or not.
func TestCancelledAtAnyStepItBalances(t *testing.T) {
	t.Parallel()
	r, err := explore.Run(closure.Process, explore.Paths(50_000))
	require.NoError(t, err)
	runs, cancelled := 0, 0
	seen := map[string]bool{}
	for _, p := range r.Paths {
		var script []string
		for _, m := range p.Moves {
			if m.Point.Kind != process.PointStep && m.Point.Kind != process.PointChild {
				continue
			}
			script = append(script, m.Taken)
			if prefix := strings.Join(script, "/"); !seen[prefix] { // many paths begin alike
				seen[prefix] = true
				again := &replayed{script: script, at: len(script)}
				again.run(t)
				runs++
				if again.ending == "cancelled" {
					cancelled++
				}
				balanced(t, again.moves, again.ending, again.moves)
			}
		}
	}
	t.Logf("%d runs, %d of them ended cancelled", runs, cancelled)
	require.Greater(t, cancelled, 50)
}

// replayed goes a known way, and is cancelled in a step of it; from there on, everything succeeds.
type replayed struct {
	script []string
	at     int // the step, from 1

	cancel workflow.CancelFunc
	asked  int
	moves  []explore.Move
	ending string
}

func (r *replayed) Choose(p process.Point) int {
	taken := 0
	for i, option := range p.Options {
		if r.asked < len(r.script) && option == r.script[r.asked] {
			taken = i
		}
	}
	if r.asked++; r.asked == r.at {
		r.cancel()
	}
	r.moves = append(r.moves, explore.Move{Point: p, Taken: p.Options[taken]})
	return taken
}

func (r *replayed) Note(p process.Point, taken string) {
	r.moves = append(r.moves, explore.Move{Point: p, Taken: taken})
	if p.Kind == process.PointEnd {
		r.ending = taken
	}
}

func (r *replayed) run(t *testing.T) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	explored := closure.Process.ExploreWith(r)
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx, r.cancel = workflow.WithCancel(ctx)
		return explored(ctx)
	}, workflow.RegisterOptions{Name: "cancelled"})
	env.ExecuteWorkflow("cancelled")
	require.NoError(t, env.GetWorkflowError())
	require.NotEmpty(t, r.ending)
}
