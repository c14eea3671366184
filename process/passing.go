package process

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Passing makes the end of a limit one of the things that are waited for, where the wait takes no limit of its own:
// FollowUnless. The name of the case is TimedOut. stop ends the timer once the wait is over. The limit must be bounded.
func Passing(ctx workflow.Context, label string, limit Limit) (passing Case, stop func()) {
	st := stateOf(ctx)
	until := limit.resolve(Now(ctx))
	c := Case{name: TimedOut, examples: []string{TimedOut}, possible: func(int) bool { return true }}
	c.take = func(workflow.Context, *state) error { return nil }
	if st.explorer != nil {
		c.pretend = func(ctx workflow.Context, _ int) error {
			if left := until.Sub(Now(ctx)); left > 0 {
				return workflow.Sleep(ctx, left)
			}
			return nil
		}
		return c, func() {}
	}
	timing, cancel := workflow.WithCancel(ctx)
	span := max(0, st.env.Clock.Span(until.Sub(Now(ctx))))
	timer := workflow.NewTimerWithOptions(timing, span, workflow.TimerOptions{Summary: label + " until " + until.UTC().Format(time.RFC3339)})
	c.ready = func(*state) bool { return timer.IsReady() && timing.Err() == nil }
	return c, cancel
}
