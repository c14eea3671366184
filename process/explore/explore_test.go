package explore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
)

func TestBoundedLoopOfReminders(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, reminders)
	require.NotNil(t, r)
	require.Equal(t, map[string]int{"arrived": 2, "searching": 2, "silent": 1, "may not ask": 1, "cancelled": 2, "failed": 1}, endings(r))
	require.Empty(t, r.Limits)
	for _, p := range r.Paths {
		if p.Ending == "silent" {
			require.Equal(t, 3, visits(p, "Remind the customer"), "the bound of the loop is real")
		}
	}
	full, err := explore.Run(reminders, explore.Fan(3))
	require.NoError(t, err)
	require.Zero(t, full.Reduced, "with a fan as wide as the loop nothing is left out")
	require.Greater(t, len(full.Paths), len(r.Paths))
}

func TestBranchesNestedAndCompensated(t *testing.T) {
	t.Parallel()
	r := explore.Test(t, order)
	require.NotNil(t, r)
	for _, p := range r.Paths {
		booked, released := took(p, "Book the goods", "booked"), visits(p, "Release the goods") > 0
		require.Equal(t, booked && p.Ending != "confirmed", released, "whoever booked and does not confirm releases: %s", p)
	}
	require.NotContains(t, fmt.Sprint(r.Graph.Edges), "nonsense", "an update that the check refuses cannot happen")
}

// TestReductionOfBranches proves that the reduction keeps every option and every pair, and what it leaves out.
func TestReductionOfBranches(t *testing.T) {
	t.Parallel()
	const branches = 4
	p := newProcess("four-branches", func(ctx workflow.Context, in input) (result, error) {
		got := make([]int, branches)
		var all []process.Branch
		for i := range branches {
			all = append(all, process.Branch{Name: fmt.Sprintf("B%d", i), Run: func(ctx workflow.Context) (err error) {
				got[i], err = process.Do(ctx, fmt.Sprintf("Check %d", i), check, in.ID)
				return err
			}})
		}
		if err := process.Parallel(ctx, "Check all", all...); err != nil {
			return result{}, err
		}
		low := 0
		for _, n := range got {
			if n == 10 {
				low++
			}
		}
		return end(fmt.Sprintf("%d low", low))
	}, process.Ends("0 low", "1 low", "2 low", "3 low", "4 low"))

	singles, err := explore.Run(p, explore.Together(1))
	require.NoError(t, err)
	require.Len(t, singles.Paths, 1+branches*2)
	pairs, err := explore.Run(p)
	require.NoError(t, err)
	require.Len(t, pairs.Paths, 1+branches*2+6*2*2)
	seen := map[string]bool{}
	for _, path := range pairs.Paths {
		for i := range branches {
			for j := range i {
				seen[fmt.Sprint(i, option(path, fmt.Sprintf("Check %d", i)), j, option(path, fmt.Sprintf("Check %d", j)))] = true
			}
		}
	}
	require.Len(t, seen, 6*3*3, "every pair of options of every pair of branches")
	require.Equal(t, map[string]int{"0 low": 11, "1 low": 16, "2 low": 6}, endings(pairs)) // and no 3 or 4
	require.ErrorContains(t, pairs.Check(), `the ending "3 low" is never reached`)
	require.ErrorContains(t, pairs.Check(), "explore.Product", "the report says what may have hidden it")

	product, err := explore.Run(p, explore.Product())
	require.NoError(t, err)
	require.Len(t, product.Paths, 81)
	require.Zero(t, product.Reduced)
	require.NoError(t, product.Check())
}

// TestNoOptionIsLost has a point that only stands where three branches differ, which the reduction would cut off.
func TestNoOptionIsLost(t *testing.T) {
	t.Parallel()
	p := newProcess("chained", func(ctx workflow.Context, in input) (result, error) {
		a, b := 0, 0
		err := process.Parallel(ctx, "All",
			process.Branch{Name: "A", Run: func(ctx workflow.Context) (err error) {
				a, err = process.Do(ctx, "Check A", check, in.ID)
				return err
			}},
			process.Branch{Name: "B", Run: func(ctx workflow.Context) (err error) {
				if a != 90 {
					b, err = process.Do(ctx, "Check B", check, in.ID)
				}
				return err
			}},
			process.Branch{Name: "C", Run: func(ctx workflow.Context) (err error) {
				if b == 50 {
					_, err = process.Do(ctx, "Check C", check, in.ID)
				}
				return err
			}})
		return result{"done"}, err
	}, process.Ends("done"))
	for together := 1; together <= 3; together++ {
		r, err := explore.Run(p, explore.Together(together))
		require.NoError(t, err)
		require.NoError(t, r.Check(), "together %d", together)
		for _, want := range []string{"high", "middle", "low"} {
			require.True(t, anyTook(r, "Check C", want), "together %d, option %s", together, want)
		}
	}
}

func TestChildren(t *testing.T) {
	t.Parallel()
	child := newProcess("child", nil, process.Ends("won", "lost"), process.Returns(result{"won"}, result{"lost"}))
	p := newProcess("parent", func(ctx workflow.Context, in input) (result, error) {
		out, err := process.Follow(ctx, "Have it done", child, in)
		if err != nil {
			return end("broken")
		}
		if err := process.Launch(ctx, "Tell the others", reminders, in); err != nil {
			return result{}, err
		}
		return end("child " + process.Decide(ctx, "How did it go?", out.End, "won", "lost"))
	}, process.Ends("child won", "child lost", "broken"))
	r := explore.Test(t, p)
	require.Equal(t, map[string]int{"child won": 1, "child lost": 1, "broken": 2}, endings(r))
}

func TestAChildThatIsNotWantedAnyMore(t *testing.T) {
	t.Parallel()
	child := newProcess("child", nil, process.Ends("won", "lost"), process.Returns(result{"won"}, result{"lost"}))
	p := newProcess("parent", func(ctx workflow.Context, in input) (result, error) {
		out, heard, err := process.FollowUnless(ctx, "Have it done", child, in, stopped.Into(new(struct{})))
		switch {
		case err != nil:
			return end("broken")
		case heard != "":
			return end("stopped")
		}
		return end("child " + out.End)
	}, process.Receives(stopped), process.Ends("child won", "child lost", "broken", "stopped"))
	require.Equal(t, map[string]int{"child won": 1, "child lost": 1, "broken": 2, "stopped": 1}, endings(explore.Test(t, p)))
}

func TestContinueAsNew(t *testing.T) {
	t.Parallel()
	p := newProcess("entity", func(ctx workflow.Context, in input) (result, error) {
		for {
			if _, ok := stopped.Await(ctx, "Something happens", process.For(24*time.Hour)); ok {
				return end("stopped")
			}
			if err := ctx.Err(); err != nil {
				return result{}, err
			}
			if process.ShouldContinue(ctx) {
				return result{}, process.Continue(in)
			}
		}
	}, process.Receives(stopped), process.Ends("stopped"))
	r := explore.Test(t, p)
	require.Positive(t, endings(r)["continues"])
	require.Positive(t, endings(r)["stopped"])
	require.NotEmpty(t, r.Limits, "the path that never stops was cut, and that is said")
	require.NotContains(t, r.Graph.Mermaid(), "renewal", "the map speaks of the business")
	require.Contains(t, r.Graph.Mermaid(explore.Everything()), "renewal")
}

func TestTheCalendarDecides(t *testing.T) {
	t.Parallel()
	p := newProcess("hours", func(ctx workflow.Context, _ input) (result, error) {
		if process.DecideIf(ctx, "Weekend?", process.Now(ctx).Weekday() == time.Sunday) {
			return end("later")
		}
		return end("now")
	}, process.Ends("now", "later"))
	r, err := explore.Run(p)
	require.NoError(t, err)
	require.ErrorContains(t, r.Check(), `option "yes" of decision “Weekend?” is never taken`)
	sunday := time.Date(2026, 1, 4, 12, 0, 0, 0, time.UTC)
	require.NoError(t, explore.Test(t, p, explore.At(sunday, sunday.AddDate(0, 0, 1))).Check())
}

func TestAnotherBranchIsCancelledInItsWait(t *testing.T) {
	t.Parallel()
	p := newProcess("two-waits", func(ctx workflow.Context, in input) (result, error) {
		err := process.Parallel(ctx, "Both",
			process.Branch{Name: "Long", Run: func(ctx workflow.Context) error {
				return process.Sleep(ctx, "A month passes", process.For(30*24*time.Hour))
			}},
			process.Branch{Name: "Short", Run: func(ctx workflow.Context) error {
				stopped.Await(ctx, "Somebody stops it", process.Forever())
				_, err := process.Do(ctx, "Note it", record, in.ID)
				return err
			}})
		return result{"done"}, err
	}, process.Receives(stopped), process.Ends("done"))
	r := explore.Test(t, p)
	for _, path := range r.Paths {
		if took(path, "Somebody stops it", "cancelled") {
			require.Equal(t, "cancelled", option(path, "A month passes"), "cancelling the run ends the other wait as well")
			require.Equal(t, "cancelled", path.Ending)
			require.Zero(t, visits(path, "Note it"), "a step of a cancelled run is not done")
		}
	}
}

func TestBadBounds(t *testing.T) {
	t.Parallel()
	_, err := explore.Run(order, explore.Paths(0))
	require.ErrorContains(t, err, "order-confirm")
	_, err = explore.Run(nil)
	require.Error(t, err)
}

func endings(r *explore.Result) map[string]int {
	n := map[string]int{}
	for _, p := range r.Paths {
		if p.Fate == explore.Ended {
			n[p.Ending]++
		}
	}
	return n
}

func visits(p explore.Path, label string) int {
	n := 0
	for _, m := range p.Moves {
		if m.Point.Label == label {
			n++
		}
	}
	return n
}

// option is what was last taken at a point of the path.
func option(p explore.Path, label string) string {
	taken := ""
	for _, m := range p.Moves {
		if m.Point.Label == label {
			taken = m.Taken
		}
	}
	return taken
}

func took(p explore.Path, label, taken string) bool { return option(p, label) == taken }

func anyTook(r *explore.Result, label, taken string) bool {
	for _, p := range r.Paths {
		if took(p, label, taken) {
			return true
		}
	}
	return false
}
