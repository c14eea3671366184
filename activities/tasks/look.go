package tasks

import (
	"context"
	"errors"
	"fmt"
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

// Look implements the contract of the same name.
func (t *Tasks) Look(ctx context.Context, w Watch) (out Plan, err error) {
	err = db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		out, err = t.look(ctx, tx, t.clock.Now().Truncate(time.Microsecond), w)
		return err
	})
	return out, err
}

func (t *Tasks) look(ctx context.Context, tx pgx.Tx, now time.Time, w Watch) (Plan, error) {
	task, err := t.q.LockTask(ctx, tx, w.TaskID)
	if err != nil {
		return Plan{}, missing(err, "task", w.TaskID)
	}
	if Finished(task.State) {
		out := Plan{State: task.State}
		if task.Outcome != nil {
			out.Outcome = *task.Outcome
		}
		return out, nil
	}
	left, err := t.q.ListUnfinishedBefore(ctx, tx, task.ID)
	if err != nil {
		return Plan{}, fmt.Errorf("look for what the task waits for: %w", err)
	}
	if len(left) > 0 {
		return Plan{State: Waiting}, nil
	}
	if task, err = t.cover(ctx, tx, now, task); err != nil {
		return Plan{}, err
	}
	return t.plan(ctx, tx, now, task, w)
}

// cover gives the task of somebody who is away to whoever stands in for them.
func (t *Tasks) cover(ctx context.Context, tx pgx.Tx, now time.Time, task query.Task) (query.Task, error) {
	if !task.AssigneeID.Valid {
		return task, nil
	}
	who, err := Cover(ctx, tx, now, task.AssigneeID.UUID)
	if err != nil || who == task.AssigneeID.UUID {
		return task, err
	}
	if task, err = t.q.ReassignTask(ctx, tx, query.ReassignTaskParams{ID: task.ID, AssigneeID: who}); err != nil {
		return task, fmt.Errorf("give the task to the deputy: %w", err)
	}
	if err := audit.Append(ctx, tx, now, audit.Record{
		ActorKind: audit.Process, ActorID: Actor(ctx), Action: "task.reassign", ResourceKind: "task", ResourceID: task.ID.String(),
		Reason: "the assignee is away", Fields: []string{"assignee_id", "state"},
	}); err != nil {
		return task, err
	}
	_, err = inbox.Accept(ctx, tx, now, MovedEvent(task, events.TaskReassigned, Actor(ctx)))
	return task, err
}

// plan begins the clock where it has not begun, and works out what is next.
func (t *Tasks) plan(ctx context.Context, tx pgx.Tx, now time.Time, task query.Task, w Watch) (Plan, error) {
	_, cal, err := HoursOf(ctx, tx, now, task.AssigneeID)
	if err != nil {
		return Plan{}, err
	}
	policy, err := policyOf(ctx, tx, task.Kind)
	if err != nil {
		return Plan{}, err
	}
	if task.BegunAt == nil || task.DueAt == nil {
		within := working(cal, policy.Due[task.Priority])
		if task.WithinMinutes != nil {
			within = time.Duration(*task.WithinMinutes) * time.Minute
		}
		if task, err = t.q.BeginTask(ctx, tx, query.BeginTaskParams{ID: task.ID, Now: now, DueAt: cal.Add(now, within)}); err != nil {
			return Plan{}, fmt.Errorf("begin the clock of the task: %w", err)
		}
	}
	if !task.AssigneeID.Valid {
		return Plan{State: OpenState, Next: task.DueAt.UTC(), What: GiveUp}, nil
	}
	who := task.AssigneeID.UUID
	if who != w.Told {
		w = w.Fresh(who, now)
	}
	out := Plan{State: OpenState, AssigneeID: who}
	out.Next, out.What = hours{cal: cal, begun: *task.BegunAt, due: *task.DueAt, seen: task.State != "open"}.next(policy, w)
	away, err := t.q.NextAbsence(ctx, tx, query.NextAbsenceParams{UserID: who, At: now})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Plan{}, fmt.Errorf("read the absences: %w", err)
	}
	if err == nil && away.Before(out.Next) {
		out.Next, out.What = away, LookAgain
	}
	out.Next = out.Next.UTC()
	return out, nil
}

// Climb implements the contract of the same name. Managers who are away are covered by their deputies.
func (t *Tasks) Climb(ctx context.Context, r Rung) (out Raised, err error) {
	breached := ""
	err = db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		now := t.clock.Now().Truncate(time.Microsecond)
		task, err := t.q.LockTask(ctx, tx, r.TaskID)
		if err != nil {
			return missing(err, "task", r.TaskID)
		}
		manager, err := t.above(ctx, tx, task.AssigneeID, r.Rung)
		if err != nil || !manager.Valid {
			return err
		}
		if out.ManagerID, err = Cover(ctx, tx, now, manager.UUID); err != nil {
			return err
		}
		noted, err := t.q.NoteEscalation(ctx, tx, query.NoteEscalationParams{ID: task.ID, Rung: int32(r.Rung)})
		if err != nil || noted == 0 {
			return err
		}
		breached = task.Kind
		return audit.Append(ctx, tx, now, audit.Record{
			ActorKind: audit.Process, ActorID: Actor(ctx), Action: "task.escalate", ResourceKind: "task", ResourceID: task.ID.String(), Fields: []string{"escalations"},
		})
	})
	if err == nil && breached != "" {
		countBreach(ctx, breached)
	}
	return out, err
}

// above is the manager so many rungs above a user; not valid when the ladder is not that high. The first rung is there
// whenever anybody manages but the user.
func (t *Tasks) above(ctx context.Context, tx pgx.Tx, user uuid.NullUUID, rungs int) (uuid.NullUUID, error) {
	seen := map[uuid.UUID]bool{}
	for i := range rungs {
		if !user.Valid {
			return user, nil
		}
		seen[user.UUID] = true
		row, err := t.q.GetUser(ctx, tx, user.UUID)
		if err != nil {
			return user, fmt.Errorf("read who is above: %w", err)
		}
		next := row.ManagerID
		if i == 0 {
			if next, err = FindManager(ctx, tx, user, row.Team); err != nil {
				return user, err
			}
		}
		if next.Valid && seen[next.UUID] {
			next.Valid = false
		}
		user = next
	}
	return user, nil
}

// NoteTold implements the contract of the same name.
func (t *Tasks) NoteTold(ctx context.Context, n Note) (struct{}, error) {
	err := t.q.NoteReminder(ctx, t.pool, query.NoteReminderParams{
		Key: process.Key(ctx), TaskID: n.TaskID, UserID: n.UserID, Kind: n.Kind, At: t.clock.Now(),
	})
	if err != nil {
		return struct{}{}, fmt.Errorf("note a reminder: %w", err)
	}
	return struct{}{}, nil
}
