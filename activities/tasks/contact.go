package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/process"
)

// The kinds of tasks about a person, apart from any lead.
const (
	CallBack        = "call-back"        // call a customer who is not satisfied; the invitation in its context leads to the answer
	DeliveryMissing = "delivery-missing" // manager: a delivery did not arrive; see the order and what the customer wrote
	DeliveryUnclear = "delivery-unclear" // answer a customer whose words about a delivery nobody understood
)

// ContactRequest asks for one task about a person, apart from any lead.
type ContactRequest struct {
	Kind      string    `json:"kind"`
	For       Recipient `json:"for"`
	ContactID uuid.UUID `json:"contact_id"`
	// Within is the working time until the task is due, on the default business calendar.
	Within time.Duration `json:"within,omitempty"`
	// InvitationID is the survey invitation whose answer the task is about, if any.
	InvitationID uuid.UUID `json:"invitation_id,omitzero"`
	// OrderID is the shop's id of the order that the task is about, InboundID what the person wrote about it, if any.
	OrderID   string    `json:"order_id,omitempty"`
	InboundID uuid.UUID `json:"inbound_id,omitzero"`
}

// context is what the task holds besides whom it is about; nil for nothing.
func (r ContactRequest) context() map[string]any {
	held := map[string]any{}
	if r.InvitationID != uuid.Nil {
		held["invitation_id"] = r.InvitationID
	}
	if r.OrderID != "" {
		held["order_id"] = r.OrderID
	}
	if r.InboundID != uuid.Nil {
		held["inbound_id"] = r.InboundID
	}
	if len(held) == 0 {
		return nil
	}
	return held
}

// OpenForContact makes a task about a person, once under the key of its step. It is for the owner of the contact or,
// when there is none, for a manager.
var OpenForContact = process.NewActivity[ContactRequest, Opened]("tasks.open-for-contact", process.Database,
	process.Yields("given to somebody", Opened{
		TaskID: uuid.Max, AssigneeID: uuid.Max, DueAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}))

// OpenForContact implements the contract of the same name.
func (t *Tasks) OpenForContact(ctx context.Context, req ContactRequest) (Opened, error) {
	var out Opened
	err := db.InTx(ctx, t.pool, func(tx pgx.Tx) error {
		contact, err := t.q.GetContact(ctx, tx, req.ContactID)
		if err != nil {
			return missing(err, "contact", req.ContactID)
		}
		before, err := t.q.GetTaskByKey(ctx, tx, process.Key(ctx))
		if err == nil {
			out = opened(before)
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the task: %w", err)
		}
		who, err := t.answersFor(ctx, tx, contact.OwnerID, req.For)
		if err != nil {
			return err
		}
		now := t.clock.Now().Truncate(time.Microsecond)
		_, cal, err := Hours(ctx, tx)
		if err != nil {
			return err
		}
		row := Row{
			ID: uuid.Must(uuid.NewV7()), Key: process.Key(ctx), Kind: req.Kind, Title: titles[req.Kind], AssigneeID: who,
			ContactID: uuid.NullUUID{UUID: contact.ID, Valid: true}, Process: ProcessOf(ctx), Subject: contact.ID.String(),
			DueAt: cal.Add(now, req.Within), CreatedAt: now, Context: req.context(),
		}
		rows, err := json.Marshal([]Row{row})
		if err != nil {
			return fmt.Errorf("encode the task: %w", err)
		}
		if err := t.q.AddTasks(ctx, tx, rows); err != nil {
			return fmt.Errorf("write the task: %w", err)
		}
		out = Opened{TaskID: row.ID, AssigneeID: who.UUID, DueAt: row.DueAt.UTC()}
		return audit.Append(ctx, tx, now, audit.Record{
			ActorKind: audit.Process, ActorID: Actor(ctx), Action: "task.open", ResourceKind: "task", ResourceID: row.ID.String(),
			Fields: []string{"assignee_id", "due_at"},
		})
	})
	return out, err
}

// answersFor is the owner while active, else their manager or any; nobody when there is nobody to be found.
func (t *Tasks) answersFor(ctx context.Context, tx pgx.Tx, owner uuid.NullUUID, whose Recipient) (uuid.NullUUID, error) {
	team := ""
	if owner.Valid {
		user, err := t.q.GetUser(ctx, tx, owner.UUID)
		if err != nil {
			return owner, fmt.Errorf("read the owner: %w", err)
		}
		if user.Active && whose == Owner {
			return owner, nil
		}
		team = user.Team
	}
	return FindManager(ctx, tx, owner, team)
}
