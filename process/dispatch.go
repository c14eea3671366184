package process

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Dispatch orders a provider step among those that wait for a worker.
type Dispatch struct {
	// Priority is 1 (first) to 5 (last); 0 is the middle.
	Priority int
	// Fairness names whose work it is: within a priority each name gets its share, however much one of them asks for.
	Fairness string
}

// Dispatched is an argument of a provider step that knows how urgent it is.
type Dispatched interface{ Dispatch() Dispatch }

// maxFairness is what Temporal takes as a fairness key, in bytes.
const maxFairness = 64

func priority(arg any) temporal.Priority {
	d, ok := arg.(Dispatched)
	if !ok {
		return temporal.Priority{}
	}
	of := d.Dispatch()
	return temporal.Priority{PriorityKey: of.Priority, FairnessKey: of.Fairness[:min(len(of.Fairness), maxFairness)]}
}

// OwnerOf is the team that answers for the process that is running.
func OwnerOf(ctx workflow.Context) string { return stateOf(ctx).d.Owner }
