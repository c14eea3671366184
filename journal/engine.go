package journal

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// EntryMemo is the key of the workflow memo that holds a run's entry: it tells a run from an earlier one with the same
// workflow ID. Continue-as-new keeps it; children have none.
const EntryMemo = "perdura_entry"

// Engine answers for a run from its own state, never from visibility, which lags.
type Engine interface {
	// Look returns what the engine knows of the newest run with this workflow ID.
	Look(ctx context.Context, run string) (Sighting, error)
}

// Sighting is what an engine knows of a run.
type Sighting struct {
	// Status is unspecified when the engine knows no such run.
	Status enums.WorkflowExecutionStatus
	// Entry is the run's entry; empty when the run carries none.
	Entry string
}

// Describer is the part of a Temporal client that Temporal needs.
type Describer interface {
	DescribeWorkflow(ctx context.Context, workflowID, runID string) (*client.WorkflowExecutionDescription, error)
}

// Temporal is the Engine behind a Temporal client.
func Temporal(c Describer) Engine { return temporalEngine{c} }

type temporalEngine struct{ client Describer }

func (t temporalEngine) Look(ctx context.Context, run string) (Sighting, error) {
	d, err := t.client.DescribeWorkflow(ctx, run, "")
	switch {
	case errors.As(err, new(*serviceerror.NotFound)):
		return Sighting{}, nil
	case err != nil:
		return Sighting{}, fmt.Errorf("ask Temporal about a run: %w", err)
	}
	s := Sighting{Status: d.Status}
	if _, has := d.Memo.GetFields()[EntryMemo]; has {
		if err := d.GetMemoValue(EntryMemo, &s.Entry); err != nil {
			return Sighting{}, fmt.Errorf("read the memo of a run: %w", err)
		}
	}
	return s, nil
}
