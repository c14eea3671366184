package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/sqlc-dev/pqtype"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Give implements the contract of the same name.
func (t *Tasks) Give(ctx context.Context, b Brief) (out Opened, err error) {
	err = db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		out, err = GiveIn(ctx, tx, t.clock.Now().Truncate(time.Microsecond), b, process.Key(ctx))
		return err
	})
	return out, err
}

// GiveIn gives a task in the caller's transaction, once under key. It emits events.TaskOpened unless the brief is
// tended, so call it late. Errors: process.Invalid for a brief that makes no sense, process.NotFound for what it names and
// does not exist; anything else is PostgreSQL's.
func GiveIn(ctx context.Context, tx pgx.Tx, now time.Time, b Brief, key string) (Opened, error) {
	before, err := query.New().GetTaskByKey(ctx, tx, key)
	if err == nil {
		return opened(before), nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Opened{}, fmt.Errorf("look for the task: %w", err)
	}
	b.Priority = cmp.Or(b.Priority, Normal)
	if key == "" || b.Kind == "" || b.Title == "" || !slices.Contains(Priorities, b.Priority) || !slices.Contains(Recipients, b.For) {
		return Opened{}, process.Invalid("brief", "a task needs a key, a kind, a title, a known priority and a known recipient")
	}
	who, err := recipientOf(ctx, tx, now, &b)
	if err != nil {
		return Opened{}, err
	}
	waits, err := holdBefore(ctx, tx, b.After)
	if err != nil {
		return Opened{}, err
	}
	row := query.GiveNewTaskParams{
		ID: uuid.Must(uuid.NewV7()), Key: key, Kind: b.Kind, Title: b.Title, AssigneeID: who, ContactID: db.NullID(b.ContactID), LeadID: db.NullID(b.LeadID),
		DealID: db.NullID(b.DealID), Priority: b.Priority, Outcomes: orNone(b.Outcomes), EvidenceKinds: orNone(b.Evidence),
		Instructions: db.NullText(b.Instructions), Process: db.NullText(ProcessOf(ctx)), Subject: db.NullText(subjectOf(b)), CreatedAt: now,
	}
	if err := schedule(ctx, tx, &row, b, waits); err != nil {
		return Opened{}, err
	}
	if row.Context, row.Rule, err = encode(b); err != nil {
		return Opened{}, err
	}
	return write(ctx, tx, row, b)
}

// schedule says when the task is due or, while it waits for others, how long it may take from then on.
func schedule(ctx context.Context, tx pgx.Tx, row *query.GiveNewTaskParams, b Brief, waits bool) error {
	_, cal, err := HoursOf(ctx, tx, row.CreatedAt, row.AssigneeID)
	if err != nil {
		return err
	}
	within := b.Within + Days(cal, b.Days)
	if within == 0 && b.DueAt.IsZero() {
		policy, err := policyOf(ctx, tx, b.Kind)
		if err != nil {
			return err
		}
		within = working(cal, policy.Due[b.Priority])
	}
	minutes := int32(within / time.Minute)
	row.WithinMinutes = &minutes
	if !b.DueAt.IsZero() {
		row.DueAt, row.WithinMinutes = &b.DueAt, nil
	}
	if waits {
		return nil
	}
	row.BegunAt = &row.CreatedAt
	if row.DueAt == nil {
		due := cal.Add(row.CreatedAt, within)
		row.DueAt = &due
	}
	return nil
}

func encode(b Brief) (json.RawMessage, pqtype.NullRawMessage, error) {
	if b.Context == nil {
		b.Context = map[string]string{}
	}
	about, err := json.Marshal(b.Context)
	if err != nil || b.Rule == nil {
		return about, pqtype.NullRawMessage{}, err
	}
	rule, err := json.Marshal(b.Rule)
	return about, pqtype.NullRawMessage{RawMessage: rule, Valid: true}, err
}

func write(ctx context.Context, tx pgx.Tx, row query.GiveNewTaskParams, b Brief) (Opened, error) {
	q := query.New()
	fresh, err := q.GiveNewTask(ctx, tx, row)
	if err != nil {
		return Opened{}, fmt.Errorf("write the task: %w", err)
	}
	task, err := q.GetTaskByKey(ctx, tx, row.Key)
	if err != nil {
		return Opened{}, fmt.Errorf("read the task: %w", err)
	}
	if fresh == 0 { // another call with the same key came first
		return opened(task), nil
	}
	if err := q.AddTaskDependencies(ctx, tx, query.AddTaskDependenciesParams{TaskID: task.ID, AfterIds: orNone(b.After)}); err != nil {
		return Opened{}, fmt.Errorf("write what the task waits for: %w", err)
	}
	by := b.By
	if by.ActorKind == "" {
		by = audit.Record{ActorKind: audit.Process, ActorID: Actor(ctx)}
	}
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "task.open", "task", task.ID.String(), []string{"assignee_id", "due_at"}
	if err := audit.Append(ctx, tx, row.CreatedAt, by); err != nil || b.Tended {
		return opened(task), err
	}
	return opened(task), inbox.Emit(ctx, tx, row.CreatedAt, "task/"+task.ID.String()+"/opened", EventSubject(task), events.TaskOpened,
		events.TaskGiven{TaskID: task.ID, Kind: task.Kind})
}

// subjectOf is what the task is about, as lists of a process's tasks name it.
func subjectOf(b Brief) string {
	for _, id := range []uuid.UUID{b.DealID, b.LeadID, b.ContactID} {
		if id != uuid.Nil {
			return id.String()
		}
	}
	return ""
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
