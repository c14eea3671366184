// Package journal keeps one row for every run: it decides whether a start may begin a new run (re-entry), and answers
// for runs that Temporal no longer keeps.
//
// Admit decides and enters in the caller's transaction. The runs themselves report through the activities of the kit
// (Activities): children when they start, every run when it ends. Reconcile puts rows right whose run ended without a
// word, because somebody terminated it or it timed out.
package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Verdict is what the re-entry rule says about a start.
type Verdict struct {
	// Run is the workflow ID of the run that the caller's start leads to, or of the one that stands in its way.
	Run string
	// Entry is the journal's key of that run.
	Entry string
	// Fresh means that this entry is in the journal and its run is to be started, if it is not running yet. A repeat of
	// the same start is fresh again for as long as the run has not ended: starting it again must be harmless.
	Fresh bool
	// Refused means that the rule declined the start. When neither Fresh nor Refused is set, the start joined Run, or it
	// is a repeat and its run has ended.
	Refused bool
	// Reason says in words why a start is not fresh.
	Reason string
	// Since is when Run began, in business time; zero for a fresh entry.
	Since time.Time
}

// Admit applies d's re-entry rule to a start about subject, under a lock on the two that tx holds until it ends. entry
// is the run's id, a UUID: see process.EntryID. eventID is the inbox event that asks for the start; the zero UUID when
// there is none. Admitting an entry again is harmless.
func Admit(ctx context.Context, tx query.DBTX, now time.Time, d process.Description, subject, entry string, eventID uuid.UUID) (Verdict, error) {
	id, err := uuid.Parse(entry)
	if err != nil {
		return Verdict{}, fmt.Errorf("admit a run of %s: the entry is not a UUID: derive it with process.EntryID", d.Name)
	}
	q := query.New()
	if d.Reentry != process.Many {
		if err := q.LockRuns(ctx, tx, query.LockRunsParams{Process: d.Name, Subject: subject}); err != nil {
			return Verdict{}, fmt.Errorf("admit a run of %s: lock its subject: %w", d.Name, err)
		}
	}
	run := d.WorkflowID(subject, entry)
	row, err := q.AdmitRun(ctx, tx, query.AdmitRunParams{
		Entry: id, Process: d.Name, Subject: subject, Run: run, StartedAt: now,
		EventID:   db.NullID(eventID),
		Exclusive: d.Reentry != process.Many, Once: d.Reentry == process.OnceEver,
	})
	if err != nil {
		return Verdict{}, fmt.Errorf("admit a run of %s: %w", d.Name, err)
	}
	return judge(d, run, entry, row), nil
}

func judge(d process.Description, run, entry string, row query.AdmitRunRow) Verdict {
	switch {
	case row.Entered:
		return Verdict{Run: run, Entry: entry, Fresh: true}
	case row.SameState != nil:
		v := Verdict{Run: *row.SameRun, Entry: entry, Fresh: *row.SameState == string(process.Running)}
		if !v.Fresh {
			v.Reason = "the run that this start began has ended"
		}
		return v
	case row.RivalRun == nil: // the same entry was admitted at this very moment
		return Verdict{Run: run, Entry: entry, Fresh: true}
	}
	v := Verdict{Run: *row.RivalRun, Entry: row.RivalEntry.UUID.String(), Since: *row.RivalStartedAt}
	switch {
	case d.Reentry == process.OnceEver:
		v.Refused, v.Reason = true, "this process runs once for a subject, and it has begun before"
	case d.Reentry == process.AfterExit:
		v.Refused, v.Reason = true, "a run about this subject is still going on"
	default:
		v.Reason = "a run about this subject is going on; the start joins it"
	}
	return v
}
