package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Proof is one piece of evidence that a task was done. Reference is the id or address of what proves it.
type Proof struct {
	Kind      string    `json:"kind"`
	Reference string    `json:"reference"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
}

// Hindrance is one reason why a task cannot be completed, by the field that it concerns.
type Hindrance struct{ Field, Reason string }

// Hindrances says what keeps a task from being completed with an outcome; unfinished are the tasks that it waits for.
func Hindrances(task query.Task, outcome string, unfinished []uuid.UUID) []Hindrance {
	var out []Hindrance
	if len(task.Outcomes) > 0 && !slices.Contains(task.Outcomes, outcome) {
		out = append(out, Hindrance{"outcome", fmt.Sprintf("must be one of %q", task.Outcomes)})
	}
	var given []Proof
	_ = json.Unmarshal(task.Evidence, &given) // written by us
	for _, kind := range task.EvidenceKinds {
		if !slices.ContainsFunc(given, func(p Proof) bool { return p.Kind == kind }) {
			out = append(out, Hindrance{"evidence", fmt.Sprintf("%q is missing: add it first", kind)})
		}
	}
	for _, id := range unfinished {
		out = append(out, Hindrance{"after", fmt.Sprintf("task %s is not finished", id)})
	}
	return out
}

// CallOff implements the contract of the same name.
func (t *Tasks) CallOff(ctx context.Context, n Named) (struct{}, error) {
	return struct{}{}, db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		now := t.clock.Now().Truncate(time.Microsecond)
		return CallOffIn(ctx, tx, now, n.TaskID, audit.Record{ActorKind: audit.Process, ActorID: Actor(ctx)})
	})
}

// CallOffIn is CallOff in the caller's transaction, on behalf of by. It accepts events, so call it late.
func CallOffIn(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, by audit.Record) error {
	q := query.New()
	task, err := q.LockTask(ctx, tx, id)
	if err != nil {
		return missing(err, "task", id)
	}
	if Finished(task.State) {
		return nil
	}
	if task, err = q.CancelTask(ctx, tx, query.CancelTaskParams{ID: id, Now: &now}); err != nil {
		return fmt.Errorf("cancel the task: %w", err)
	}
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "task.cancel", "task", id.String(), []string{"state"}
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return err
	}
	list, err := Release(ctx, tx, task)
	if err != nil {
		return err
	}
	_, err = inbox.Accept(ctx, tx, now, append(list, MovedEvent(task, events.TaskCancelled, by.ActorID))...)
	return err
}

// Finished reports whether nothing is to be done about a task in this state any more.
func Finished(state string) bool { return state == Completed || state == Cancelled }

// Release returns the events for those who wait for a task that was just finished, as far as nothing else holds them up.
// The caller accepts them in the same transaction.
func Release(ctx context.Context, tx pgx.Tx, task query.Task) ([]inbox.Event, error) {
	q := query.New()
	waiting, err := q.LockTasksAfter(ctx, tx, task.ID)
	if err != nil {
		return nil, fmt.Errorf("look for the tasks that wait: %w", err)
	}
	var list []inbox.Event
	for _, id := range waiting {
		left, err := q.ListUnfinishedBefore(ctx, tx, id)
		if err != nil {
			return nil, fmt.Errorf("look for what a task waits for: %w", err)
		}
		if len(left) > 0 {
			continue
		}
		next, err := q.GetTask(ctx, tx, id)
		if err != nil {
			return nil, fmt.Errorf("read the task that waits: %w", err)
		}
		list = append(list, ChangedEvent(next, "after/"+task.ID.String()))
	}
	return list, nil
}

// MovedEvent tells that somebody moved a task; its version names the move.
func MovedEvent(task query.Task, e process.Event[events.TaskMoved], actor string) inbox.Event {
	data := events.TaskMoved{TaskID: task.ID, LeadID: task.LeadID.UUID, DealID: task.DealID.UUID, Kind: task.Kind, ActorID: actor}
	if task.State == Completed && task.Outcome != nil && e.Name() == events.TaskCompleted.Name() {
		data.Outcome = *task.Outcome
	}
	raw, _ := json.Marshal(data) // ids and codes: it cannot fail
	return inbox.Event{
		Source: inbox.OwnSource, ExternalID: fmt.Sprintf("task/%s/%d/%s", task.ID, task.Version, e.Name()),
		Type: e.Name(), Subject: EventSubject(task), Data: raw,
	}
}

// ChangedEvent tells the process of a task to look at it again; why names the change for good.
func ChangedEvent(task query.Task, why string) inbox.Event {
	raw, _ := json.Marshal(events.TaskGiven{TaskID: task.ID, Kind: task.Kind})
	return inbox.Event{
		Source: inbox.OwnSource, ExternalID: "task/" + task.ID.String() + "/changed/" + why,
		Type: events.TaskChanged.Name(), Subject: EventSubject(task), Data: raw,
	}
}

// EventSubject orders a task's events with those of the lead or deal that it is about.
func EventSubject(t query.Task) string {
	switch {
	case t.LeadID.Valid:
		return t.LeadID.UUID.String()
	case t.DealID.Valid:
		return t.DealID.UUID.String()
	}
	return t.ID.String()
}

// holdBefore sees to it that nobody finishes those tasks before the transaction ends, and reports whether one is unfinished.
func holdBefore(ctx context.Context, tx pgx.Tx, after []uuid.UUID) (bool, error) {
	if len(after) == 0 {
		return false, nil
	}
	rows, err := query.New().HoldTasks(ctx, tx, after)
	if err != nil {
		return false, fmt.Errorf("look at the tasks that come before: %w", err)
	}
	waits := false
	known := map[uuid.UUID]bool{}
	for _, r := range rows {
		known[r.ID] = true
		waits = waits || !Finished(r.State)
	}
	for _, id := range after {
		if !known[id] {
			return false, process.NotFound("task", id.String())
		}
	}
	return waits, nil
}
