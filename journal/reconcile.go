package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Times are the business instants that a check works with.
type Times struct {
	Now time.Time
	// UncheckedSince: Reconcile takes the rows that were begun and last checked before it.
	UncheckedSince time.Time
	// LostSince: a row older than this whose run the engine does not show is closed. Until then the run may be about to
	// start.
	LostSince time.Time
}

// Reconcile compares up to limit running rows with the engine and closes those whose run has ended. It returns how many
// it closed. Several may work at once; the error is PostgreSQL's or the engine's, and what was done until then stays.
func Reconcile(ctx context.Context, db query.DBTX, engine Engine, t Times, limit int) (int, error) {
	rows, err := query.New().TakeRunsToCheck(ctx, db, query.TakeRunsToCheckParams{
		Now: t.Now, UncheckedSince: t.UncheckedSince, MaxRows: int32(limit),
	})
	if err != nil {
		return 0, fmt.Errorf("take runs to compare with Temporal: %w", err)
	}
	repaired := 0
	for _, row := range rows {
		open, err := compare(ctx, db, engine, t, row.Entry, row.Run, row.StartedAt)
		if err != nil {
			return repaired, err
		}
		if !open {
			repaired++
		}
	}
	return repaired, nil
}

// Check reports whether the journal's running run is open indeed, and closes its row when it is not. A run whose start
// still waits in the inbox counts as open.
func Check(ctx context.Context, db query.DBTX, engine Engine, t Times, entry uuid.UUID) (bool, error) {
	run, err := ByEntry(ctx, db, entry)
	if err != nil {
		return false, err
	}
	if run.State != process.Running {
		return false, nil
	}
	pending, err := query.New().IsRunStartPending(ctx, db, entry)
	if err != nil {
		return false, fmt.Errorf("look for the start of a run in the inbox: %w", err)
	}
	if pending {
		return true, nil
	}
	return compare(ctx, db, engine, t, entry, run.Run, run.StartedAt)
}

func compare(ctx context.Context, db query.DBTX, engine Engine, t Times, entry uuid.UUID, run string, startedAt time.Time) (bool, error) {
	seen, err := engine.Look(ctx, run)
	if err != nil {
		return true, err
	}
	state, outcome, open := verdictOn(seen, entry.String(), startedAt.Before(t.LostSince))
	if open {
		return true, nil
	}
	arg := query.RepairRunParams{Entry: entry, State: string(state), ClosedAt: &t.Now}
	if outcome != "" {
		arg.Outcome = &outcome
	}
	if _, err := query.New().RepairRun(ctx, db, arg); err != nil {
		return false, fmt.Errorf("close a run in the journal: %w", err)
	}
	return false, nil
}

// verdictOn tells what became of a row's run. Only a sighting with the row's own entry is proof; any other may show an
// earlier run with the same workflow ID, so the row must be old for it to count.
func verdictOn(seen Sighting, entry string, old bool) (state process.State, outcome string, open bool) {
	foreign := seen.Entry != "" && seen.Entry != entry
	switch {
	case seen.Status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING && !foreign:
		return process.Running, "", true
	case seen.Entry != entry && !old:
		return process.Running, "", true
	case foreign, seen.Status == enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED:
		return process.Terminated, "Temporal does not know the run", false
	}
	switch seen.Status {
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return process.Completed, "", false
	case enums.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return process.Cancelled, "", false
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return process.Terminated, "", false
	case enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return process.Failed, process.TimedOut, false
	case enums.WORKFLOW_EXECUTION_STATUS_FAILED:
		return process.Failed, "", false
	default: // continued as new, paused: goes on
		return process.Running, "", true
	}
}
