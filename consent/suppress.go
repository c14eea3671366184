package consent

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
)

// Reasons for a suppression.
const (
	Bounce      = "bounce"      // the address does not exist: nothing may be sent to it
	Complaint   = "complaint"   // the person called a message spam
	Unsubscribe = "unsubscribe" // the person does not want marketing there
	Manual      = "manual"      // somebody of the house decided so
	Import      = "import"      // taken over from another system
)

// Scopes of a suppression.
const (
	All       = "all"
	Marketing = "marketing"
)

// Suppression asks that an address is not used.
type Suppression struct {
	Channel string // "email" or "sms"
	// Address in any spelling. Empty with a ContactID means every address of the contact.
	Address string
	Reason  string
	// Scope is All or Marketing for Manual and Import, where empty means All. The other reasons have one of their own:
	// All for Bounce, Marketing for Complaint and Unsubscribe.
	Scope string
	// ContactID is whose address it is; zero when it is not known, then it is looked up.
	ContactID uuid.UUID
}

// Suppress keeps an address from being used. One that is suppressed for the same reason already stays as it is. Errors:
// ErrAddress, ErrUnknown, or PostgreSQL's.
func Suppress(ctx context.Context, tx pgx.Tx, now time.Time, s Suppression, by By) error {
	s.Scope = s.scope()
	if s.Address == "" && s.ContactID == uuid.Nil {
		return fmt.Errorf("suppress an address: %w: give an address or a contact", ErrAddress)
	}
	p := &person{tx: tx, now: now.Truncate(time.Microsecond), by: by}
	var err error
	if s.ContactID == uuid.Nil {
		if address, ok := Canonical(s.Channel, s.Address, ""); ok {
			s.ContactID, err = owner(ctx, tx, s.Channel, address)
		}
	}
	if err == nil && s.ContactID != uuid.Nil {
		p, err = lock(ctx, tx, now, s.ContactID, by)
	}
	if err != nil {
		return fmt.Errorf("suppress an address: %w", err)
	}
	var addresses []string
	if s.Address == "" {
		if addresses, err = p.addresses(ctx, s.Channel); err != nil {
			return fmt.Errorf("suppress an address: %w", err)
		}
	} else if address, ok := Canonical(s.Channel, s.Address, p.Country); ok {
		addresses = []string{address}
	}
	if len(addresses) == 0 {
		return fmt.Errorf("suppress an address: %w", ErrAddress)
	}
	for _, s.Address = range addresses {
		if _, err := p.suppress(ctx, s); err != nil {
			return fmt.Errorf("suppress an address: %w", err)
		}
	}
	return nil
}

func (s Suppression) scope() string {
	switch {
	case s.Reason == Bounce:
		return All
	case s.Reason == Complaint || s.Reason == Unsubscribe:
		return Marketing
	case s.Scope == "":
		return All
	default:
		return s.Scope
	}
}

// owner is the contact that an address belongs to; zero when it is nobody's.
func owner(ctx context.Context, tx pgx.Tx, channel, address string) (uuid.UUID, error) {
	contact, err := query.New().FindAddressOwner(ctx, tx, query.FindAddressOwnerParams{Kind: identityKind(channel), Value: address})
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	return contact, err
}

// suppress writes one row under its canonical address, with its record, and reports whether that changed anything.
func (p *person) suppress(ctx context.Context, s Suppression) (bool, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return false, err
	}
	id, err = query.New().AddSuppression(ctx, p.tx, query.AddSuppressionParams{
		ID: id, Channel: s.Channel, Address: s.Address, Reason: s.Reason, Scope: s.Scope,
		ContactID: db.NullID(p.ID), Source: p.by.Source, CreatedAt: p.now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, audit.Append(ctx, p.tx, p.now, p.by.record("suppression.add", id, s.Reason+", "+s.Scope))
}

// Lift makes an address usable again, as far as the suppression with this id is concerned. One that was lifted before
// stays as it is. Errors: ErrUnknown, or PostgreSQL's.
func Lift(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, by By) error {
	now = now.Truncate(time.Microsecond)
	n, err := query.New().LiftSuppression(ctx, tx, query.LiftSuppressionParams{ID: id, LiftedAt: now, LiftedBy: by.lifter()})
	if err != nil {
		return fmt.Errorf("lift suppression %s: %w", id, err)
	}
	if n > 0 {
		return audit.Append(ctx, tx, now, by.record("suppression.lift", id, "by way of "+by.Source, "lifted_at"))
	}
	_, err = query.New().GetSuppression(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("lift suppression %s: %w", id, err)
	}
	return nil
}

// record is the audit record of a change to a suppression.
func (b By) record(action string, id uuid.UUID, reason string, fields ...string) audit.Record {
	r := b.Actor
	r.Action, r.ResourceKind, r.ResourceID, r.Fields = action, "suppression", id.String(), fields
	if r.Reason == "" {
		r.Reason = reason
	}
	return r
}

func (b By) lifter() string { return b.Actor.ActorKind + " " + b.Actor.ActorID }
