package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// ErrNotFound means that the journal knows no such run.
var ErrNotFound = errors.New("there is no such run")

// maxPage bounds the runs of one List.
const maxPage = 500

// Run is one row of the journal. Times are business time, UTC.
type Run struct {
	Entry   uuid.UUID
	Process string
	Subject string
	// Run is the Temporal workflow ID.
	Run string
	// Parent is the workflow ID of the run that started this one as a child; else empty.
	Parent string
	// EventID is the inbox event that asked for the start; else the zero UUID.
	EventID uuid.UUID
	// State is running, completed, failed, cancelled or terminated. A running run may be waiting: its status query says.
	State   process.State
	Outcome string
	// Trail is filled when the run has ended.
	Trail []process.Visit
	// Unread counts, by signal, the facts that the run never awaited.
	Unread    map[string]int
	StartedAt time.Time
	ClosedAt  *time.Time
}

// Filter chooses runs. Empty fields choose all.
type Filter struct {
	Process string // required
	State   process.State
	Subject string
	// After continues a list behind its last run.
	After *Position
	// Limit is the number of runs; 1 to 500.
	Limit int
}

// Position is a run's place in a list.
type Position struct {
	StartedAt time.Time
	Entry     uuid.UUID
}

// Position is where a list that ended with r goes on.
func (r Run) Position() *Position { return &Position{r.StartedAt, r.Entry} }

// Get returns the run with this workflow ID: the one that goes on, else the newest. It errs with ErrNotFound.
func Get(ctx context.Context, db query.DBTX, processName, run string) (Run, error) {
	row, err := query.New().GetRun(ctx, db, query.GetRunParams{Process: processName, Run: run})
	return one(row, err)
}

// ByEntry returns the run with this entry. It errs with ErrNotFound.
func ByEntry(ctx context.Context, db query.DBTX, entry uuid.UUID) (Run, error) {
	row, err := query.New().GetRunByEntry(ctx, db, entry)
	return one(row, err)
}

// List returns runs, the newest first.
func List(ctx context.Context, db query.DBTX, f Filter) ([]Run, error) {
	arg := query.ListRunsParams{Process: f.Process, MaxRows: int32(min(max(f.Limit, 1), maxPage))}
	if f.State != "" {
		s := string(f.State)
		arg.State = &s
	}
	if f.Subject != "" {
		arg.Subject = &f.Subject
	}
	if f.After != nil {
		arg.Before, arg.BeforeEntry = &f.After.StartedAt, f.After.Entry
	}
	rows, err := query.New().ListRuns(ctx, db, arg)
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", f.Process, err)
	}
	runs := make([]Run, len(rows))
	for i, row := range rows {
		if runs[i], err = fromRow(row); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Counts returns how many runs go on, by process. Processes without any are left out.
func Counts(ctx context.Context, db query.DBTX) (map[string]int, error) {
	rows, err := query.New().CountRunning(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("count the running runs: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Process] = int(r.Running)
	}
	return counts, nil
}

func one(row query.ProcessRun, err error) (Run, error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Run{}, ErrNotFound
	case err != nil:
		return Run{}, fmt.Errorf("read a run: %w", err)
	}
	return fromRow(row)
}

func fromRow(row query.ProcessRun) (Run, error) {
	r := Run{
		Entry: row.Entry, Process: row.Process, Subject: row.Subject, Run: row.Run, EventID: row.EventID.UUID,
		State: process.State(row.State), StartedAt: row.StartedAt.UTC(), ClosedAt: row.ClosedAt,
	}
	if row.Parent != nil {
		r.Parent = *row.Parent
	}
	if row.Outcome != nil {
		r.Outcome = *row.Outcome
	}
	if r.ClosedAt != nil {
		*r.ClosedAt = r.ClosedAt.UTC()
	}
	if err := json.Unmarshal(row.Trail, &r.Trail); err != nil {
		return r, fmt.Errorf("read run %s: its trail is damaged: %w", row.Entry, err)
	}
	if row.Unread.Valid {
		if err := json.Unmarshal(row.Unread.RawMessage, &r.Unread); err != nil {
			return r, fmt.Errorf("read run %s: its unread signals are damaged: %w", row.Entry, err)
		}
	}
	return r, nil
}
