package stripe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// Errors of Link.
var (
	ErrNoContact = errors.New("there is no such contact")
	// ErrLinked means that the customer is somebody else here, for whom events may be booked already.
	ErrLinked = errors.New("the customer is linked to another contact")
)

// Linked says who a customer is from now on, and how much that waited for it was booked.
type Linked struct {
	Contact uuid.UUID // after all joins of contacts
	Booked  int
}

// Link says who a customer of Stripe is here, and books what waited for it. Saying it again changes nothing. Call it late in
// the transaction: it takes the locks of inbox.Accept. by says who tells it. Errors: ErrNoContact, ErrLinked, or PostgreSQL's.
func Link(ctx context.Context, tx pgx.Tx, now time.Time, at func(time.Time) time.Time, by audit.Record, customer string, contact uuid.UUID) (Linked, error) {
	t := &taking{tx: tx, q: query.New(), now: now.Truncate(time.Microsecond), at: at}
	if err := t.q.LockBilled(ctx, tx, "source/"+Source); err != nil {
		return Linked{}, fmt.Errorf("link a customer of Stripe: %w", err)
	}
	contact, err := t.q.ResolveContact(ctx, tx, contact)
	if errors.Is(err, pgx.ErrNoRows) {
		return Linked{}, ErrNoContact
	}
	if err != nil {
		return Linked{}, fmt.Errorf("link a customer of Stripe: %w", err)
	}
	n, err := t.q.LinkBillingCustomer(ctx, tx, query.LinkBillingCustomerParams{Source: Source, ExternalID: customer, ContactID: contact})
	if err != nil {
		return Linked{}, fmt.Errorf("link a customer of Stripe: %w", err)
	}
	if n == 0 {
		return Linked{Contact: contact}, t.same(ctx, customer, contact)
	}
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "stripe-customer.link", "contact", contact.String(), []string{"stripe_customer"}
	if err := audit.Append(ctx, tx, t.now, by); err != nil {
		return Linked{}, err
	}
	if err := t.retry(ctx, []string{customer}); err != nil {
		return Linked{}, err
	}
	accepted, err := inbox.Accept(ctx, tx, t.now, t.keep...)
	for _, a := range accepted {
		if !a.Duplicate {
			t.taken.Booked++
		}
	}
	return Linked{contact, t.taken.Booked}, err
}

// same errs unless a customer is linked to a contact, or to one that was joined with it.
func (t *taking) same(ctx context.Context, customer string, contact uuid.UUID) error {
	before, err := t.q.FindBillingCustomer(ctx, t.tx, query.FindBillingCustomerParams{Source: Source, ExternalID: customer})
	if err != nil {
		return fmt.Errorf("look for a customer of Stripe: %w", err)
	}
	before, err = t.q.ResolveContact(ctx, t.tx, before)
	if err != nil {
		return fmt.Errorf("look for a customer of Stripe: %w", err)
	}
	if before != contact {
		return ErrLinked
	}
	return nil
}
