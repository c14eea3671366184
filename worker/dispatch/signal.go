package dispatch

import (
	"context"
	"errors"
	"slices"

	"go.temporal.io/api/serviceerror"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

const noOpenRun = problem("no open run")

// signal tells the run, or every open run about the subject where several may go on, of a fact. The run knows a repeat
// by the event's id. A fact that finds no open run is ignored.
func (d *deliverer) signal(ctx context.Context, t task) (state, contact, error) {
	desc := t.def.Describe()
	if !slices.ContainsFunc(desc.Signals, func(s process.MessageInfo) bool { return s.Name == t.signal }) {
		return pending, none, poisonf("process %s has no such signal: deploy the version that has it, or mend the sender", desc.Name)
	}
	runs := []string{t.run}
	switch {
	case t.run != "":
	case t.subject == "":
		return ignored, none, noOpenRun
	case desc.Reentry == process.Many:
		rows, err := query.New().ListRunningOf(ctx, d.pool, query.ListRunningOfParams{Process: desc.Name, Subject: t.subject})
		if err != nil {
			return pending, none, err
		}
		runs = runs[:0]
		for _, r := range rows {
			runs = append(runs, r.Run)
		}
	default:
		runs[0] = desc.WorkflowID(t.subject, "")
	}
	outcome, reached := ignored, none
	for _, run := range runs {
		state, contact, err := d.signalRun(ctx, desc, run, t)
		if contact != none {
			reached = contact
		}
		if state == pending {
			return pending, reached, err
		}
		if state == delivered {
			outcome = delivered
		}
	}
	if outcome == ignored {
		return ignored, reached, noOpenRun
	}
	return delivered, reached, nil
}

func (d *deliverer) signalRun(ctx context.Context, desc process.Description, run string, t task) (state, contact, error) {
	// An event may give the same run two different signals.
	fact := process.Delivery{EventID: t.event.id.String() + "/" + t.signal, Data: t.data}
	err := d.temporal.SignalWorkflow(ctx, run, "", t.signal, fact)
	switch {
	case err == nil:
		return delivered, answered, nil
	case !errors.As(err, new(*serviceerror.NotFound)):
		return pending, learned(err), err
	}
	return d.unreachable(ctx, desc, run)
}

// unreachable decides about a run that Temporal does not show: one that the journal has admitted is about to start.
func (d *deliverer) unreachable(ctx context.Context, desc process.Description, run string) (state, contact, error) {
	row, err := journal.Get(ctx, d.pool, desc.Name, run)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		return ignored, answered, noOpenRun
	case err != nil:
		return pending, answered, err
	case row.State != process.Running:
		return ignored, answered, noOpenRun
	}
	open, err := journal.Check(ctx, d.pool, d.runs, d.times(), row.Entry)
	switch {
	case err != nil:
		return pending, learned(err), err
	case open:
		return pending, answered, problemf("signal to process %s: its run is admitted and has not started yet", desc.Name)
	default:
		return ignored, answered, noOpenRun
	}
}
