package process

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Do carries out one named step of the business through an activity and returns its result. The kit chooses how the
// activity runs from its kind, gives it an idempotency key, and shows the step by its name. The error, if any, is one
// of the classes in errors.go or a cancellation.
//
// On a run that is cancelled, a step does not begin. A step that has begun is seen through, so that its error tells
// truly whether it took effect and has to be undone.
func Do[A, R any](ctx workflow.Context, step string, act Activity[A, R], arg A) (R, error) {
	st := stateOf(ctx)
	if st.explorer != nil {
		return exploreStep(ctx, st, step, act)
	}
	var result R
	p := &openPoint{step: step}
	st.begin(ctx, p)
	err := ctx.Err() // Temporal would start a local activity all the same
	if err == nil {
		call := Call[A]{Key: st.key(ctx, step), Arg: arg}
		if act.kind == Database {
			err = local(ctx, step, act.name, call).Get(ctx, &result)
		} else {
			actx := workflow.WithActivityOptions(ctx, providerOptions(step, any(arg)))
			err = workflow.ExecuteActivity(actx, act.name, call).Get(ctx, &result)
		}
	}
	st.end(ctx, p, verdict(err))
	return result, err
}

// local runs an activity of our own database within the workflow task. Cancelling the run does not cut it short: it
// may have taken effect by then, and nobody would know.
func local(ctx workflow.Context, summary, activity string, call any) workflow.Future {
	whole, _ := workflow.NewDisconnectedContext(ctx)
	return workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(whole, databaseOptions(summary)), activity, call)
}

// Undo is Do for compensation: it runs even though the run is being cancelled.
func Undo[A, R any](ctx workflow.Context, step string, act Activity[A, R], arg A) (R, error) {
	finish, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return Do(finish, step, act, arg)
}

func verdict(err error) string {
	switch {
	case err == nil:
		return "done"
	case isCanceled(err):
		return string(Cancelled)
	case Code(err) != "":
		return "refused: " + Code(err)
	default:
		return "failed"
	}
}

// withoutEnd is longer than any outage; Temporal has no word for "for ever" here.
const withoutEnd = 10 * 365 * 24 * time.Hour

// databaseOptions retry without end: nothing of ours works without PostgreSQL, and a run must survive any outage of it.
func databaseOptions(step string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		// Without it the SDK takes the time-out of one try as the limit of all.
		ScheduleToCloseTimeout: withoutEnd,
		Summary:                step,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second,
			NonRetryableErrorTypes: permanent,
		},
	}
}

// heartbeatTimeout is how soon a provider step is taken from a worker that died.
const heartbeatTimeout = 6 * time.Second

// providerOptions retry for a day, the longest outage of a provider that a step should sit out by itself.
func providerOptions(step string, arg any) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		Priority:               priority(arg),
		StartToCloseTimeout:    30 * time.Second,
		HeartbeatTimeout:       heartbeatTimeout,
		ScheduleToCloseTimeout: 24 * time.Hour,
		WaitForCancellation:    true,
		Summary:                step,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
			NonRetryableErrorTypes: permanent,
		},
	}
}

// exploreStep takes one of the results that the activity's contract names.
func exploreStep[A, R any](ctx workflow.Context, st *state, step string, act Activity[A, R]) (R, error) {
	var zero R
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	var options []string
	for _, o := range act.outcomes {
		options = append(options, o.name)
	}
	if len(act.outcomes) == 0 {
		options = append(options, "done")
	}
	results := len(options)
	for _, code := range act.refusals {
		options = append(options, "refused: "+code)
	}
	if act.kind == Provider {
		options = append(options, "failed")
	}
	i := st.choose(ctx, PointStep, step, act.name, options)
	switch {
	case i < len(act.outcomes):
		return act.outcomes[i].value, nil
	case i < results:
		return zero, nil
	case i < results+len(act.refusals):
		return zero, Refused(act.refusals[i-results], "refused while exploring")
	default:
		return zero, Unavailable("failed while exploring")
	}
}
