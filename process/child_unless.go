package process

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"
)

// FollowUnless is Follow for a child that nobody wants any more once one of the cases has come: then the child is
// cancelled, seen to its end, and the name of the case returned. The name is "" when the child ended by itself or the
// run is cancelled. When both come at once, the end of the child counts: the case may be what the run itself brought about
// on that end, in a workflow task whose results were lost.
func FollowUnless[In any, Out Result](ctx workflow.Context, step string, p *Process[In, Out], in In, cases ...Case) (Out, string, error) {
	st := stateOf(ctx)
	if st.explorer != nil {
		return exploreChildUnless(ctx, st, step, p, cases)
	}
	var out Out
	var err error
	following, stop := workflow.WithCancel(ctx)
	defer stop()
	done := false
	var running workflow.ChildWorkflowFuture
	pt := &openPoint{step: step, waitingFor: p.d.Name}
	for _, c := range cases {
		pt.waitingFor += " or " + c.name
	}
	st.begin(ctx, pt)
	workflow.GoNamed(following, step, func(ctx workflow.Context) {
		err = startChild(ctx, st, step, p, in, enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
			func(ctx workflow.Context, f workflow.ChildWorkflowFuture) error {
				running = f
				return f.Get(ctx, &out)
			})
		done = true
	})
	heard := st.awaitUnless(ctx, step, cases, func() bool { return done || running != nil && running.IsReady() })
	if heard != "" {
		stop()
	}
	// A child that is cancelled ends by itself, so its end is waited for even while the run is cancelled.
	join, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if waitErr := workflow.Await(join, func() bool { return done }); waitErr != nil {
		return out, heard, waitErr
	}
	if heard != "" {
		st.end(ctx, pt, heard)
		return out, heard, nil
	}
	st.end(ctx, pt, verdict(err))
	return out, "", err
}

// awaitUnless waits for a case, and returns its name, or "" once it is done or the run is cancelled.
func (st *state) awaitUnless(ctx workflow.Context, step string, cases []Case, done func() bool) string {
	for {
		var hit *Case
		err := workflow.Await(ctx, func() bool {
			if hit = nil; done() {
				return true
			}
			hit = st.ready(cases)
			return hit != nil
		})
		if err != nil || hit == nil {
			return ""
		}
		if err := hit.take(ctx, st); err != nil { // as in AwaitAny
			st.visit(ctx, step, err.Error())
			continue
		}
		return hit.name
	}
}

// exploreChildUnless ends the child in each of its ways, or lets one of the cases come first.
func exploreChildUnless[In any, Out Result](ctx workflow.Context, st *state, step string, p *Process[In, Out], cases []Case) (Out, string, error) {
	var zero Out
	for {
		if err := ctx.Err(); err != nil {
			return zero, "", err
		}
		ends := childEnds(p)
		names, can := optionsOf(cases)
		i := st.choose(ctx, PointChild, step, p.d.Name, append(ends, names...))
		if i < len(ends) {
			out, err := childEnd(p, ends, i)
			return out, "", err
		}
		came := can[i-len(ends)]
		if came.c.pretend(ctx, came.example) == nil {
			return zero, came.c.name, nil
		}
	}
}
