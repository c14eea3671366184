package optins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// The states of an opt-in.
const (
	Pending   = "pending"
	Confirmed = "confirmed"
	Expired   = "expired"
)

// ErrContact means that there is no such contact.
var ErrContact = errors.New("no such contact")

// Asking is the wish that a person confirms a consent. Source says where it was asked for, such as a form's name.
type Asking struct {
	ID        uuid.UUID
	ContactID uuid.UUID
	Purpose   string
	Source    string
}

// Ask writes an opt-in and emits opt-in.asked, which starts the process that asks the person. While one for the same
// purpose waits, that one is returned and nothing is sent again. Errors: ErrContact, or PostgreSQL's.
func Ask(ctx context.Context, tx pgx.Tx, now time.Time, a Asking, actor audit.Record) (query.OptIn, error) {
	now = now.Truncate(time.Microsecond)
	q := query.New()
	person, err := q.LockPerson(ctx, tx, a.ContactID)
	if errors.Is(err, pgx.ErrNoRows) {
		return query.OptIn{}, ErrContact
	}
	if err != nil {
		return query.OptIn{}, fmt.Errorf("ask for an opt-in: lock the contact: %w", err)
	}
	waiting, err := q.FindPendingOptIn(ctx, tx, query.FindPendingOptInParams{ContactID: person.ID, Purpose: a.Purpose})
	switch {
	case err == nil && now.Before(waiting.ExpiresAt):
		return waiting, nil
	case err == nil: // its process has yet to notice
		if _, err := q.ExpireOptIn(ctx, tx, waiting.ID); err != nil {
			return query.OptIn{}, fmt.Errorf("ask for an opt-in: close the one before: %w", err)
		}
	case !errors.Is(err, pgx.ErrNoRows):
		return query.OptIn{}, fmt.Errorf("ask for an opt-in: look for one that waits: %w", err)
	}
	policy, _, err := Policies.Current(ctx, tx, PolicyName)
	if err != nil {
		return query.OptIn{}, fmt.Errorf("ask for an opt-in: %w", err)
	}
	terms := policy.terms(now)
	row := query.OptIn{
		ID: a.ID, ContactID: person.ID, Purpose: a.Purpose, State: Pending, Source: a.Source, CreatedAt: now, ExpiresAt: terms.Until,
	}
	if !terms.RemindAt.IsZero() {
		row.RemindAt = &terms.RemindAt
	}
	if err := q.AddOptIn(ctx, tx, query.AddOptInParams{
		ID: row.ID, ContactID: row.ContactID, Purpose: row.Purpose, Source: row.Source, CreatedAt: row.CreatedAt,
		RemindAt: row.RemindAt, ExpiresAt: row.ExpiresAt,
	}); err != nil {
		return query.OptIn{}, fmt.Errorf("ask for an opt-in: write it: %w", err)
	}
	actor.Action, actor.ResourceKind, actor.ResourceID = "opt_in.ask", "opt_in", row.ID.String()
	if err := audit.Append(ctx, tx, now, actor); err != nil {
		return query.OptIn{}, err
	}
	return row, inbox.Emit(ctx, tx, now, "opt-in/"+row.ID.String()+"/asked", row.ID.String(), events.OptInAsked,
		events.OptIn{OptInID: row.ID, ContactID: row.ContactID})
}

// ErrUnknown and ErrExpired: an opt-in that does not exist, and one that was not confirmed in time.
var (
	ErrUnknown = errors.New("no such opt-in")
	ErrExpired = errors.New("the time to confirm has passed")
)

// Find returns an opt-in as it stands. Errors: ErrUnknown, ErrExpired with the row, or PostgreSQL's.
func Find(ctx context.Context, db query.DBTX, now time.Time, id uuid.UUID) (query.OptIn, error) {
	row, err := query.New().GetOptIn(ctx, db, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrUnknown
	}
	if err != nil {
		return row, fmt.Errorf("read an opt-in: %w", err)
	}
	return row, standing(row, now)
}

func standing(row query.OptIn, now time.Time) error {
	if row.State == Expired || row.State == Pending && !now.Before(row.ExpiresAt) {
		return ErrExpired
	}
	return nil
}

// Confirm makes a consent of an opt-in, once: it grants the purpose, notes time and message as the proof, and emits
// opt-in.confirmed. One that was confirmed before changes nothing. Errors: ErrUnknown, ErrExpired, or PostgreSQL's.
func Confirm(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID) error {
	now = now.Truncate(time.Microsecond)
	q := query.New()
	row, err := q.GetOptIn(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("confirm an opt-in: %w", err)
	}
	// The person before the opt-in, as Ask does.
	if _, err := q.LockPerson(ctx, tx, row.ContactID); err != nil {
		return fmt.Errorf("confirm an opt-in: lock the contact: %w", err)
	}
	if row, err = q.LockOptIn(ctx, tx, id); err != nil {
		return fmt.Errorf("confirm an opt-in: %w", err)
	}
	if err := standing(row, now); err != nil || row.State == Confirmed {
		return err
	}
	message, err := q.ConfirmOptIn(ctx, tx, query.ConfirmOptInParams{ID: id, Now: now})
	if err != nil {
		return fmt.Errorf("confirm an opt-in: %w", err)
	}
	by := consent.By{Source: "opt-in", Actor: audit.Record{
		ActorKind: audit.Person, ActorID: row.ContactID.String(), Reason: "confirmed opt-in " + id.String() + asked(message),
	}}
	if err := consent.OptIn(ctx, tx, now, events.Choice{ContactID: row.ContactID, Purpose: row.Purpose}, by); err != nil {
		return err
	}
	confirmed := by.Actor
	confirmed.Action, confirmed.ResourceKind, confirmed.ResourceID = "opt_in.confirm", "opt_in", id.String()
	confirmed.Fields = []string{"state", "confirmed_at", "message_id"}
	if err := audit.Append(ctx, tx, now, confirmed); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, now, "opt-in/"+id.String()+"/confirmed", id.String(), events.OptInConfirmed,
		events.OptIn{OptInID: id, ContactID: row.ContactID})
}

// asked names the message that carried the link.
func asked(message uuid.NullUUID) string {
	if !message.Valid {
		return ""
	}
	return ", asked by message " + message.UUID.String()
}
