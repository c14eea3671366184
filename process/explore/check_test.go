package explore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
)

// TestEachFaultIsNamed runs processes that are broken in one way each.
func TestEachFaultIsNamed(t *testing.T) {
	t.Parallel()
	flip := 0
	for _, tc := range []struct {
		name string
		p    process.Definition
		want []string
	}{
		{"panics on one path", newProcess("panics", func(ctx workflow.Context, in input) (result, error) {
			n, err := process.Do(ctx, "Check", check, in.ID)
			if n == 50 {
				var none []int
				_ = none[n]
			}
			return result{"done"}, err
		}, process.Ends("done")), []string{"the code panics: runtime error: index out of range [50] with length 0 (at check_test.go:", "Check = middle"}},

		{"panics in a branch", newProcess("branch-panics", func(ctx workflow.Context, in input) (result, error) {
			err := process.Parallel(ctx, "Both", process.Branch{Name: "One", Run: func(ctx workflow.Context) error {
				if n, _ := process.Do(ctx, "Check", check, in.ID); n == 10 {
					panic("too low")
				}
				return nil
			}}, process.Branch{Name: "Two", Run: func(workflow.Context) error { return nil }})
			return result{"done"}, err
		}, process.Ends("done")), []string{"the code panics: too low (at check_test.go:", "Both/One: Check = low"}},

		{"answers a question with what is no option", newProcess("wrong-answer", func(ctx workflow.Context, in input) (result, error) {
			return end(process.Decide(ctx, "Which?", "maybe", "yes", "no"))
		}, process.Ends("yes", "no")), []string{`the answer to "Which?" is "maybe"`, "check_test.go"}},

		{"waits for what cannot come", newProcess("hangs", func(ctx workflow.Context, in input) (result, error) {
			n, err := process.Do(ctx, "Check", check, in.ID)
			if n == 50 {
				_ = workflow.Await(ctx, func() bool { return false })
			}
			return result{"done"}, err
		}, process.Ends("done")), []string{"the run hangs after step “Check”: nothing can make it go on", "Check = middle"}},

		{"a branch waits for what cannot come", newProcess("branch-hangs", func(ctx workflow.Context, in input) (result, error) {
			err := process.Parallel(ctx, "Both", process.Branch{Name: "One", Run: func(ctx workflow.Context) error {
				return workflow.Await(ctx, func() bool { return false })
			}}, process.Branch{Name: "Two", Run: func(workflow.Context) error { return nil }})
			return result{"done"}, err
		}, process.Ends("done")), []string{"the run hangs after fork “Both”"}},

		{"does not return after a cancellation", newProcess("deaf", func(ctx workflow.Context, in input) (result, error) {
			for {
				if _, ok := stopped.Await(ctx, "Somebody stops it", process.Forever()); ok {
					return end("stopped")
				}
			}
		}, process.Receives(stopped), process.Ends("stopped")), []string{"after a cancellation it comes to the wait “Somebody stops it” without end"}},

		{"ends undeclared", newProcess("strays", func(ctx workflow.Context, in input) (result, error) {
			n, err := process.Do(ctx, "Check", check, in.ID)
			return result{map[int]string{90: "good", 50: "fair", 10: "bad"}[n]}, err
		}, process.Ends("good", "bad")), []string{`the process ends "fair", which it does not declare`}},

		{"an option and an ending that nothing leads to", newProcess("unreachable", func(ctx workflow.Context, in input) (result, error) {
			n, err := process.Do(ctx, "Check", check, in.ID)
			if err == nil && process.Decide(ctx, "Good?", map[bool]string{true: "yes", false: "no"}[n > 0], "yes", "no") == "no" {
				return end("refused")
			}
			return result{"done"}, err
		}, process.Ends("done", "refused")), []string{
			`option "no" of decision “Good?” is never taken: add a Yields`, `the ending "refused" is never reached`}},

		{"never ends", newProcess("forever", func(ctx workflow.Context, in input) (result, error) {
			for {
				if _, err := process.Do(ctx, "Work", record, in.ID); err != nil {
					return result{}, err
				}
			}
		}), []string{"no path comes to an end"}},

		{"is not deterministic", newProcess("random", func(ctx workflow.Context, in input) (result, error) {
			flip++
			_, err := process.Do(ctx, fmt.Sprintf("Check %d", flip%2), check, in.ID)
			return result{"done"}, err
		}, process.Ends("done")), []string{"the code is not deterministic"}},
	} {
		r, err := explore.Run(tc.p)
		require.NoError(t, err, tc.name)
		for _, want := range tc.want {
			require.ErrorContains(t, r.Check(), want, tc.name)
		}
		rec := &recorder{}
		explore.Test(rec, tc.p)
		require.NotEmpty(t, rec.errors, tc.name)
		require.Len(t, rec.logs, 1, tc.name)
	}
}

func TestAFaultIsToldOnce(t *testing.T) {
	t.Parallel()
	p := newProcess("often", func(ctx workflow.Context, in input) (result, error) {
		for range 3 {
			if _, err := process.Do(ctx, "Check", check, in.ID); err != nil {
				return result{}, err
			}
		}
		panic("always")
	}, process.Ends("done"))
	r, err := explore.Run(p)
	require.NoError(t, err)
	require.Greater(t, len(r.Paths), 1)
	require.Equal(t, 1, strings.Count(r.Check().Error(), "the code panics"))
}

func TestLimitsAreSaid(t *testing.T) {
	t.Parallel()
	long := newProcess("long", func(ctx workflow.Context, in input) (result, error) {
		for i := range 10 {
			if _, err := process.Do(ctx, fmt.Sprintf("Check %d", i), check, in.ID); err != nil {
				return result{}, err
			}
		}
		return end("done")
	}, process.Ends("done"))
	r, err := explore.Run(long, explore.Paths(40))
	require.NoError(t, err)
	require.Len(t, r.Paths, 40)
	require.Len(t, r.Limits, 1)
	require.Contains(t, r.Limits[0], "stopped after 40 paths")
	require.Contains(t, r.Limits[0], "alternatives were left")
	require.NoError(t, r.Check(), "options are taken first: even a search cut short has taken all 30")

	r, err = explore.Run(long, explore.Points(5))
	require.NoError(t, err)
	require.Contains(t, strings.Join(r.Limits, " "), "more than 5 points")

	r, err = explore.Run(long, explore.Within(time.Nanosecond))
	require.NoError(t, err)
	require.Contains(t, r.Limits[0], "explore.Within")
}

// recorder is a test that notes what it was told.
type recorder struct{ errors, logs []string }

func (*recorder) Helper() {}

func (r *recorder) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// BenchmarkPaths measures how many paths a second are run.
func BenchmarkPaths(b *testing.B) {
	paths := 0
	for b.Loop() {
		r, err := explore.Run(order, explore.Product())
		require.NoError(b, err)
		paths += len(r.Paths)
	}
	b.ReportMetric(float64(paths)/b.Elapsed().Seconds(), "paths/s")
}
