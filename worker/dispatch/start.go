package dispatch

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

var (
	processAttribute = temporal.NewSearchAttributeKeyKeyword("PerduraProcess")
	subjectAttribute = temporal.NewSearchAttributeKeyKeyword("PerduraSubject")
)

const (
	// trusted is how long a running row that stands in a start's way is believed without asking Temporal.
	trusted = 30 * time.Second
	// lost is how old a row must be to be closed when Temporal does not show its run.
	lost = 10 * time.Minute
)

// start admits the run in the journal and starts it. Wherever a crash interrupts it, doing it again leads to one run:
// an admitted entry is fresh until its run has ended, and Temporal refuses a second run under the workflow ID.
func (d *deliverer) start(ctx context.Context, t task) (state, contact, error) {
	desc := t.def.Describe()
	if t.subject == "" {
		return pending, none, poisonf("start of process %s: the input names no subject: mend the sender or the trigger", desc.Name)
	}
	entry := cmp.Or(t.entry, inbox.Entry(t.event.id, desc.Name, t.subject))
	verdict, err := d.admit(ctx, desc, t, entry)
	if err != nil {
		return pending, none, err
	}
	if !verdict.Fresh && d.doubtful(verdict) {
		if verdict, err = d.admitAfterCheck(ctx, desc, t, entry, verdict); err != nil {
			return pending, learned(err), err
		}
	}
	switch {
	case verdict.Refused:
		return ignored, none, problem("refused: " + verdict.Reason)
	case !verdict.Fresh: // joined, or a repeat of a start whose run has ended
		return delivered, none, nil
	}
	_, err = d.temporal.ExecuteWorkflow(ctx, d.startOptions(desc, t.subject, entry), desc.Name,
		t.data, process.Envelope{Entry: entry, Clock: d.opts.Clock})
	if errors.As(err, new(*serviceerror.WorkflowExecutionAlreadyStarted)) {
		return d.alreadyStarted(ctx, desc, verdict)
	}
	if err != nil {
		return pending, learned(err), err
	}
	return delivered, answered, nil
}

func (d *deliverer) admit(ctx context.Context, desc process.Description, t task, entry string) (v journal.Verdict, err error) {
	err = db.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		v, err = journal.Admit(ctx, tx, d.opts.instant(0), desc, t.subject, entry, t.event.id)
		return err
	})
	return v, err
}

// doubtful reports whether the run that stands in the way has been there for so long that it may be gone.
func (d *deliverer) doubtful(v journal.Verdict) bool {
	return !v.Since.IsZero() && v.Since.Before(d.opts.instant(-trusted))
}

// admitAfterCheck asks Temporal about the run in the way, and admits again when it is gone.
func (d *deliverer) admitAfterCheck(ctx context.Context, desc process.Description, t task, entry string, v journal.Verdict) (journal.Verdict, error) {
	rival, err := uuid.Parse(v.Entry)
	if err != nil {
		return v, err
	}
	open, err := journal.Check(ctx, d.pool, d.runs, d.times(), rival)
	if err != nil || open {
		return v, err
	}
	return d.admit(ctx, desc, t, entry)
}

func (d *deliverer) times() journal.Times {
	return journal.Times{Now: d.opts.instant(0), LostSince: d.opts.instant(-lost)}
}

func (d *deliverer) startOptions(desc process.Description, subject, entry string) client.StartWorkflowOptions {
	o := client.StartWorkflowOptions{
		ID: desc.WorkflowID(subject, entry), TaskQueue: d.opts.TaskQueue, EnableEagerStart: d.opts.EagerStart,
		// A run of an earlier entry may still be closing under the same ID: joining it would lose this one.
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{journal.EntryMemo: entry},
		StaticSummary:                            title(desc.Name) + " of " + subject,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			processAttribute.ValueSet(desc.Name), subjectAttribute.ValueSet(subject)),
	}
	if desc.Reentry == process.OnceEver {
		o.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	}
	return o
}

// alreadyStarted tells whether the run under the workflow ID is the one that was to be started.
func (d *deliverer) alreadyStarted(ctx context.Context, desc process.Description, v journal.Verdict) (state, contact, error) {
	seen, err := d.runs.Look(ctx, v.Run)
	switch {
	case err != nil:
		return pending, learned(err), err
	case seen.Entry == v.Entry:
		return delivered, answered, nil
	default:
		return pending, answered, problemf("start of process %s: an earlier run of the same workflow ID has not closed yet", desc.Name)
	}
}

// title makes "Lead capture" of "lead-capture".
func title(name string) string {
	words := strings.ReplaceAll(name, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
