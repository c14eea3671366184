package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Tasks implements the contracts of this package on PostgreSQL.
type Tasks struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	q     *query.Queries
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Tasks { return &Tasks{pool, c, query.New()} }

// Activities lists what a worker registers.
func (t *Tasks) Activities() []process.Implementation {
	return []process.Implementation{
		Open.Implement(t.Open), OpenForContact.Implement(t.OpenForContact), Withdraw.Implement(t.Withdraw),
		Give.Implement(t.Give), CallOff.Implement(t.CallOff), Look.Implement(t.Look), Climb.Implement(t.Climb), NoteTold.Implement(t.NoteTold),
	}
}

// Row is a task as it is written to the database.
type Row struct {
	ID         uuid.UUID      `json:"id"`
	Key        string         `json:"key"`
	Kind       string         `json:"kind"`
	Title      string         `json:"title"`
	AssigneeID uuid.NullUUID  `json:"assignee_id"`
	ContactID  uuid.NullUUID  `json:"contact_id"`
	LeadID     uuid.NullUUID  `json:"lead_id"`
	Process    string         `json:"process"`
	Subject    string         `json:"subject"`
	Context    map[string]any `json:"context,omitempty"`
	DueAt      time.Time      `json:"due_at"`
	CreatedAt  time.Time      `json:"created_at"`
}

// titles are what people read in their list. Whom it is about stands beside, from the contact.
var titles = map[string]string{
	MergeReview:     "Compare a lead with a contact that it resembles",
	LeadData:        "Complete or correct what a lead said",
	Overdue:         "A lead was not taken up in time",
	Reply:           "Answer somebody who wrote back",
	CallBack:        "Call back a customer who is not satisfied",
	DeliveryMissing: "A delivery did not arrive: see that it is sent again",
	DeliveryUnclear: "Answer a customer who wrote about a delivery",
}

// Open implements the contract Open.
func (t *Tasks) Open(ctx context.Context, req Request) (Opened, error) {
	var out Opened
	err := db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		lead, err := t.q.LockLead(ctx, tx, req.LeadID)
		if err != nil {
			return missing(err, "lead", req.LeadID)
		}
		before, err := t.q.GetTaskByKey(ctx, tx, process.Key(ctx))
		if err == nil {
			out = opened(before)
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the task: %w", err)
		}
		out, err = t.open(ctx, tx, lead, req)
		return err
	})
	return out, err
}

func (t *Tasks) open(ctx context.Context, tx pgx.Tx, lead query.Lead, req Request) (Opened, error) {
	now := t.clock.Now().Truncate(time.Microsecond) // as precise as PostgreSQL keeps it
	_, cal, err := Hours(ctx, tx)
	if err != nil {
		return Opened{}, err
	}
	due := cal.Add(now, req.Within+Days(cal, req.Days))
	who, err := t.recipient(ctx, tx, lead, req)
	if err != nil {
		return Opened{}, err
	}
	given := audit.Record{ActorKind: audit.Process, ActorID: Actor(ctx), Action: "task.give", ResourceKind: "task", Fields: []string{"assignee_id", "due_at"}}
	open, err := t.q.FindOpenTask(ctx, tx, query.FindOpenTaskParams{LeadID: req.LeadID, Kind: req.Kind})
	switch {
	case err == nil:
		if givenBy(open) == process.Key(ctx) {
			return opened(open), nil
		}
		if err := t.q.GiveTask(ctx, tx, query.GiveTaskParams{ID: open.ID, AssigneeID: who, DueAt: &due, Key: process.Key(ctx)}); err != nil {
			return Opened{}, fmt.Errorf("give the task to somebody else: %w", err)
		}
		given.ResourceID = open.ID.String()
		return Opened{TaskID: open.ID, AssigneeID: who.UUID, DueAt: due}, audit.Append(ctx, tx, now, given)
	case !errors.Is(err, pgx.ErrNoRows):
		return Opened{}, fmt.Errorf("look for an open task: %w", err)
	}
	row := Row{
		ID: uuid.Must(uuid.NewV7()), Key: process.Key(ctx), Kind: req.Kind, Title: titles[req.Kind], AssigneeID: who,
		ContactID: lead.ContactID, LeadID: uuid.NullUUID{UUID: lead.ID, Valid: true},
		Process: ProcessOf(ctx), Subject: lead.ID.String(), DueAt: due, CreatedAt: now,
	}
	if req.ReviewID != uuid.Nil {
		row.Context = map[string]any{"review_id": req.ReviewID}
	}
	rows, err := json.Marshal([]Row{row})
	if err != nil {
		return Opened{}, fmt.Errorf("encode the task: %w", err)
	}
	if err := t.q.AddTasks(ctx, tx, rows); err != nil {
		return Opened{}, fmt.Errorf("write the task: %w", err)
	}
	given.Action, given.ResourceID = "task.open", row.ID.String()
	return Opened{TaskID: row.ID, AssigneeID: who.UUID, DueAt: due}, audit.Append(ctx, tx, now, given)
}

// recipient finds whose work it is; nobody when there is nobody to be found.
func (t *Tasks) recipient(ctx context.Context, tx pgx.Tx, lead query.Lead, req Request) (uuid.NullUUID, error) {
	owner, err := t.owner(ctx, tx, lead, req)
	if err != nil || owner.Valid && req.For == Owner {
		return owner, err
	}
	return managerFor(ctx, tx, owner, lead)
}

// owner is the assignee of the lead, else the owner of the contact that it resembles or belongs to, if active.
func (t *Tasks) owner(ctx context.Context, tx pgx.Tx, lead query.Lead, req Request) (uuid.NullUUID, error) {
	owner := lead.AssigneeID
	contact := lead.ContactID
	if req.ReviewID != uuid.Nil {
		review, err := t.q.GetMergeReview(ctx, tx, req.ReviewID)
		if err != nil {
			return owner, missing(err, "merge review", req.ReviewID)
		}
		contact = uuid.NullUUID{UUID: review.ContactID, Valid: true}
	}
	if !owner.Valid && contact.Valid {
		c, err := t.q.GetContact(ctx, tx, contact.UUID)
		if err != nil {
			return owner, missing(err, "contact", contact.UUID)
		}
		owner = c.OwnerID
	}
	if !owner.Valid {
		return owner, nil
	}
	active, err := t.q.ListActiveUsers(ctx, tx, []uuid.UUID{owner.UUID})
	if err != nil {
		return owner, fmt.Errorf("read the owner: %w", err)
	}
	return uuid.NullUUID{UUID: owner.UUID, Valid: len(active) == 1}, nil
}

// FindManager is the active manager of a user, else of a team, else anybody who manages; not valid when nobody does.
func FindManager(ctx context.Context, tx query.DBTX, user uuid.NullUUID, team string) (uuid.NullUUID, error) {
	id, err := query.New().FindManager(ctx, tx, query.FindManagerParams{UserID: user.UUID, Team: team})
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.NullUUID{}, nil
	}
	if err != nil {
		return uuid.NullUUID{}, fmt.Errorf("look for a manager: %w", err)
	}
	return uuid.NullUUID{UUID: id, Valid: true}, nil
}

// Withdraw implements the contract Withdraw.
func (t *Tasks) Withdraw(ctx context.Context, w Withdrawal) (struct{}, error) {
	return struct{}{}, db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		return Cancel(ctx, tx, t.clock.Now(), w.LeadID, w.Kind)
	})
}

// Cancel cancels the open tasks of the kinds about a lead, in the caller's transaction.
func Cancel(ctx context.Context, tx pgx.Tx, now time.Time, leadID uuid.UUID, kinds ...string) error {
	cancelled, err := query.New().CancelTasks(ctx, tx, query.CancelTasksParams{Now: &now, LeadID: leadID, Kinds: kinds})
	if err != nil {
		return fmt.Errorf("cancel tasks: %w", err)
	}
	records := make([]audit.Record, len(cancelled))
	var told []inbox.Event
	for i, task := range cancelled {
		records[i] = audit.Record{ActorKind: audit.Process, ActorID: Actor(ctx), Action: "task.cancel", ResourceKind: "task", ResourceID: task.ID.String(), Fields: []string{"state"}}
		freed, err := Release(ctx, tx, task)
		if err != nil {
			return err
		}
		told = append(told, freed...)
		if task.BegunAt != nil || task.WithinMinutes != nil { // a run looks after it
			told = append(told, MovedEvent(task, events.TaskCancelled, Actor(ctx)))
		}
	}
	if _, err := inbox.Accept(ctx, tx, now, told...); err != nil {
		return err
	}
	return audit.Append(ctx, tx, now, records...)
}

// Actor is the run that the activity works for, as the audit log names it.
func Actor(ctx context.Context) string {
	run, _, _ := strings.Cut(process.Key(ctx), "/")
	return run
}

// ProcessOf is the name of the process that the activity works for.
func ProcessOf(ctx context.Context) string {
	name, _, _ := strings.Cut(Actor(ctx), ":")
	return name
}

// givenBy is the step that last gave the task to somebody else.
func givenBy(t query.Task) string {
	var c struct {
		GivenBy string `json:"given_by"`
	}
	if json.Unmarshal(t.Context, &c) != nil {
		return ""
	}
	return c.GivenBy
}

func opened(t query.Task) Opened {
	out := Opened{TaskID: t.ID, AssigneeID: t.AssigneeID.UUID}
	if t.DueAt != nil {
		out.DueAt = t.DueAt.UTC()
	}
	return out
}

func missing(err error, what string, id uuid.UUID) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return process.NotFound(what, id.String())
	}
	return fmt.Errorf("read %s: %w", what, err)
}
