package process

import (
	"errors"

	"go.temporal.io/sdk/workflow"
)

// Branch is one strand of work that runs beside others.
type Branch struct {
	Name string
	Run  func(ctx workflow.Context) error
}

// Parallel runs the branches side by side and waits for all. The errors of the branches come back joined.
func Parallel(ctx workflow.Context, label string, branches ...Branch) error {
	st := stateOf(ctx)
	prefix := label
	if outer := branchOf(ctx); outer != "" {
		prefix = outer + "/" + label
	}
	names := make([]string, len(branches))
	for i, b := range branches {
		names[i] = b.Name
	}
	if st.explorer != nil {
		st.explorer.Note(Point{Kind: PointFork, Branch: branchOf(ctx), Label: label, Options: names}, "")
	}
	errs := make([]error, len(branches))
	left := len(branches)
	for i, b := range branches {
		bctx := workflow.WithValue(ctx, branchKey{}, prefix+"/"+b.Name)
		workflow.GoNamed(bctx, b.Name, func(ctx workflow.Context) {
			errs[i] = b.Run(ctx)
			left--
		})
	}
	// Branches end by themselves when the run is cancelled, so the join is not cut short: their work is seen through.
	join, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := workflow.Await(join, func() bool { return left == 0 }); err != nil {
		return err
	}
	err := errors.Join(errs...)
	if st.explorer != nil {
		st.explorer.Note(Point{Kind: PointJoin, Branch: branchOf(ctx), Label: label, Options: names}, verdict(err))
	}
	return err
}
