package process

import (
	"errors"
	"fmt"

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
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.d.Reentry != AfterExit && p.d.Reentry != OnceEver {
			st.choose(ctx, PointChild, step, p.d.Name, []string{"started"})
		} else if st.choose(ctx, PointChild, step, p.d.Name, []string{"started", "refused: " + AlreadyRunning}) == 1 {
			return Refused(AlreadyRunning, "refused while exploring")
		}
		return nil
	}
	pt := &openPoint{step: step}
	st.begin(ctx, pt)
	err := startChild(ctx, st, step, p, in, enums.PARENT_CLOSE_POLICY_ABANDON,
		func(ctx workflow.Context, f workflow.ChildWorkflowFuture) error {
			return f.GetChildWorkflowExecution().Get(ctx, nil)
		})
	if p.d.Reentry == OneAtATime && Code(err) == AlreadyRunning {
		err = nil
	}
	st.end(ctx, pt, verdict(err))
	return err
}

func startChild[In any, Out Result](ctx workflow.Context, st *state, step string, p *Process[In, Out], in In,
	policy enums.ParentClosePolicy, wait func(workflow.Context, workflow.ChildWorkflowFuture) error) error {
	parent := workflow.GetInfo(ctx).WorkflowExecution.ID
	entry := EntryID(st.key(ctx, step))
	subject := p.subject(in)
	id := p.d.WorkflowID(subject, entry)
	if err := ctx.Err(); err != nil {
		return err
	}
	call := Call[Opened]{Key: id + "/" + entry + "/open", Arg: Opened{
		Entry: entry, Process: p.d.Name, Subject: subject, Run: id, Parent: parent,
	}}
	if err := local(ctx, step+": journal", OpenRun.name, call).Get(ctx, nil); err != nil {
		return err
	}
	neverRan := Closed{Entry: entry, Process: p.d.Name, Run: id, State: Cancelled}
	if err := ctx.Err(); err != nil { // cancelled while the journal was written
		neverRan.At = Now(ctx)
		return errors.Join(err, writeEnd(ctx, neverRan))
	}
	options := workflow.ChildWorkflowOptions{
		WorkflowID: id, ParentClosePolicy: policy, StaticSummary: step, WaitForCancellation: true,
	}
	if p.d.Reentry == OnceEver {
		options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	}
	cctx := workflow.WithChildOptions(ctx, options)
	err := wait(ctx, workflow.ExecuteChildWorkflow(cctx, p.d.Name, in, Envelope{Entry: entry, Clock: st.env.Clock}))
	if !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return err
	}
	neverRan.Outcome, neverRan.At = AlreadyRunning, Now(ctx)
	if err := writeEnd(ctx, neverRan); err != nil {
		return err
	}
	return Refused(AlreadyRunning, fmt.Sprintf("process %s has a run for the same subject, and is %s", p.d.Name, p.d.Reentry))
}

// AlreadyRunning is the code with which Follow and Launch are refused when the re-entry rule of the child forbids
// another run. Launch of a process that is OneAtATime joins the run instead.
const AlreadyRunning = "already-running"

// exploreChild ends the child in each of its declared ways. The child itself is explored on its own.
func exploreChild[In any, Out Result](ctx workflow.Context, st *state, step string, p *Process[In, Out]) (Out, error) {
	if err := ctx.Err(); err != nil {
		var zero Out
		return zero, err
	}
	ends := childEnds(p)
	return childEnd(p, ends, st.choose(ctx, PointChild, step, p.d.Name, ends))
}

// The ways in which a child ends that did not come to an ending of its own.
const (
	childFailed  = "failed"
	childRefused = "refused: " + AlreadyRunning
)

// childEnds names the ways in which a child can end.
func childEnds[In any, Out Result](p *Process[In, Out]) []string {
	ends := make([]string, 0, len(p.results)+2)
	for _, r := range p.results {
		name := r.Ending()
		if d, ok := any(r).(Detailed); ok {
			name = d.Detail()
		}
		ends = append(ends, name)
	}
	if len(ends) == 0 {
		ends = append(ends, "ended")
	}
	ends = append(ends, childFailed)
	if p.d.Reentry != Many {
		ends = append(ends, childRefused)
	}
	return ends
}

// childEnd is what the parent gets when the child ends in the i-th of its ways.
func childEnd[In any, Out Result](p *Process[In, Out], ends []string, i int) (Out, error) {
	var zero Out
	switch {
	case i < len(p.results):
		return p.results[i], nil
	case ends[i] == childFailed:
		return zero, Unavailable("the child failed while exploring")
	case ends[i] == childRefused:
		return zero, Refused(AlreadyRunning, "refused while exploring")
	}
	return zero, nil
}
