package process

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// PointKind is the kind of a place in a process where the world decides how it goes on.
type PointKind string

const (
	PointInput    PointKind = "input"
	PointStep     PointKind = "step"
	PointWait     PointKind = "wait"
	PointChild    PointKind = "child"
	PointDecision PointKind = "decision"
	PointFork     PointKind = "fork"
	PointJoin     PointKind = "join"
	PointEnd      PointKind = "end"
	// PointRenewal is where a long run may go on as a new one; maps leave it out.
	PointRenewal PointKind = "renewal"
)

// Point is one such place, as an Explorer meets it on a path.
type Point struct {
	Kind PointKind
	// Branch is the path of parallel branches ("Notify/By webhook"), empty on the main line.
	Branch string
	// Label is the business name of the step, wait or question.
	Label string
	// Options names every way on, in the order of the contract.
	Options []string
	// Detail adds what the map shows below the label: an activity's name, a wait's limit, a child's process.
	Detail string
}

// Explorer stands in for the world while a process is explored: it chooses how each point ends.
type Explorer interface {
	// Choose returns the index of the option to take.
	Choose(p Point) int
	// Note records a point whose option the code itself took: a decision, a fork, a join, an end. A wait is noted
	// when the run was cancelled before or during it.
	Note(p Point, taken string)
}

// explorable is the part of a Definition that only package explore calls.
type explorable interface {
	// ExploreWith returns a workflow function without arguments that runs the process against e.
	ExploreWith(e Explorer) func(workflow.Context) error
}

// ExploreWith returns a workflow function that runs the real code with every outcome chosen by e.
func (p *Process[In, Out]) ExploreWith(e Explorer) func(workflow.Context) error {
	return func(ctx workflow.Context) error {
		names := make([]string, len(p.inputs))
		for i, in := range p.inputs {
			names[i] = in.Name
		}
		in := p.inputs[0]
		if len(p.inputs) > 1 {
			in = p.inputs[e.Choose(Point{Kind: PointInput, Label: "Given", Options: names})]
		}
		st := newState(p.d, Envelope{})
		st.explorer = e
		ctx, st.cancel = workflow.WithCancel(ctx)
		out, err := p.run(withState(ctx, st), in.Value)
		e.Note(Point{Kind: PointEnd, Label: p.d.Name, Options: p.d.Endings}, ending(out, err))
		if err == nil && !slices.Contains(p.d.Endings, out.Ending()) {
			return fmt.Errorf("process %s ended %q, which process.Ends does not list", p.d.Name, out.Ending())
		}
		return nil
	}
}

// choose lets the explorer take one of the options and returns its index.
func (st *state) choose(ctx workflow.Context, kind PointKind, label, detail string, options []string) int {
	st.chosen = label
	return st.explorer.Choose(Point{Kind: kind, Branch: branchOf(ctx), Label: label, Detail: detail, Options: options})
}
