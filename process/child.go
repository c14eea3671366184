package process

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Opened is what the journal keeps of a run that another run starts.
type Opened struct {
	Entry   string `json:"entry"`
	Process string `json:"process"`
	Subject string `json:"subject"`
	Run     string `json:"run"` // the Temporal workflow ID
	Parent  string `json:"parent"`
}

// OpenRun writes a started child into the journal. It is implemented where the journal lives.
var OpenRun = NewActivity[Opened, struct{}]("runs.open", Database)

// Follow runs another process as a child and waits for its result. Cancelling the parent cancels the child.
func Follow[In any, Out Result](ctx workflow.Context, step string, p *Process[In, Out], in In) (Out, error) {
	st := stateOf(ctx)
	var out Out
	if st.explorer != nil {
		return exploreChild(ctx, st, step, p)
	}
	pt := &openPoint{step: step, waitingFor: p.d.Name}
	st.begin(ctx, pt)
	err := startChild(ctx, st, step, p, in, enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		func(ctx workflow.Context, f workflow.ChildWorkflowFuture) error { return f.Get(ctx, &out) })
	st.end(ctx, pt, verdict(err))
	return out, err
}

// Launch starts another process and goes on as soon as it runs; the two live apart from then on.
func Launch[In any, Out Result](ctx workflow.Context, step string, p *Process[In, Out], in In) error {
	st := stateOf(ctx)
	if st.explorer != nil {
		if st.cancelled {
			return temporal.NewCanceledError()
		}
		st.choose(ctx, PointChild, step, p.d.Name, []string{"started"})
		return nil
	}
	pt := &openPoint{step: step}
	st.begin(ctx, pt)
	err := startChild(ctx, st, step, p, in, enums.PARENT_CLOSE_POLICY_ABANDON,
		func(ctx workflow.Context, f workflow.ChildWorkflowFuture) error {
			return f.GetChildWorkflowExecution().Get(ctx, nil)
		})
	st.end(ctx, pt, verdict(err))
	return err
}

func startChild[In any, Out Result](ctx workflow.Context, st *state, step string, p *Process[In, Out], in In,
	policy enums.ParentClosePolicy, wait func(workflow.Context, workflow.ChildWorkflowFuture) error) error {
	parent := workflow.GetInfo(ctx).WorkflowExecution.ID
	entry := EntryID(st.key(ctx, step))
	subject := p.subject(in)
	id := p.d.WorkflowID(subject, entry)
	lctx := workflow.WithLocalActivityOptions(ctx, databaseOptions(step+": journal"))
	call := Call[Opened]{Key: id + "/" + entry + "/open", Arg: Opened{
		Entry: entry, Process: p.d.Name, Subject: subject, Run: id, Parent: parent,
	}}
	if err := workflow.ExecuteLocalActivity(lctx, OpenRun.name, call).Get(ctx, nil); err != nil {
		return err
	}
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: id, ParentClosePolicy: policy, StaticSummary: step, WaitForCancellation: true,
	})
	return wait(ctx, workflow.ExecuteChildWorkflow(cctx, p.d.Name, in, Envelope{Entry: entry, Clock: st.env.Clock}))
}

// exploreChild ends the child in each of its declared ways. The child itself is explored on its own.
func exploreChild[In any, Out Result](ctx workflow.Context, st *state, step string, p *Process[In, Out]) (Out, error) {
	var zero Out
	if st.cancelled {
		return zero, temporal.NewCanceledError()
	}
	options := make([]string, 0, len(p.results)+1)
	for _, r := range p.results {
		options = append(options, r.Ending())
	}
	if len(options) == 0 {
		options = append(options, "ended")
	}
	ends := len(options)
	i := st.choose(ctx, PointChild, step, p.d.Name, append(options, "failed"))
	switch {
	case i < len(p.results):
		return p.results[i], nil
	case i < ends:
		return zero, nil
	default:
		return zero, Unavailable("the child failed while exploring")
	}
}
