package collecting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
)

// Statement is what a customer sees of their account.
type Statement struct {
	// Open are the invoices with something left to pay, those that are overdue first.
	Open []Owed
	// PromisedOn is the day of the promise that counts; zero without one. Earliest and Latest bound a new one.
	PromisedOn       time.Time
	Earliest, Latest time.Time
	Bankrupt         bool
}

// Reasons are what a customer may say against an invoice, as the books keep it.
var Reasons = []string{"already-paid", "wrong-amount", "not-ordered", "not-received", "other"}

// ErrNotTaken means that a promise or an objection is of no use: a day that is none or too far, an invoice that is not
// theirs or not open.
var ErrNotTaken = errors.New("it cannot be taken")

// ReadStatement reads what a customer sees.
func ReadStatement(ctx context.Context, db query.DBTX, books Books, now time.Time, contact uuid.UUID) (Statement, error) {
	a, err := books.Account(ctx, db, now, contact, nil)
	if err != nil {
		return Statement{}, fmt.Errorf("read the account of contact %s: %w", contact, err)
	}
	plan, err := planOfContact(ctx, db, contact, a)
	if err != nil {
		return Statement{}, err
	}
	open, disputed := a.collectable()
	s := Statement{Open: append(append(open, disputed...), a.Later...), Bankrupt: a.Bankrupt}
	if a.Promise != nil {
		s.PromisedOn = a.Promise.On
	}
	zone := a.Zone
	if zone == nil {
		zone = time.UTC
	}
	today := dayOf(now, zone)
	s.Earliest, s.Latest = today.AddDate(0, 0, 1), today.Add(plan.PromiseWithin.Duration())
	return s, nil
}

// dayOf is the day of an instant in a zone, at midnight UTC.
func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// planOfContact is the plan of the customer's run or, without one, the one that a run would take.
func planOfContact(ctx context.Context, db query.DBTX, contact uuid.UUID, a Account) (Plan, error) {
	file := File{ContactID: contact}
	row, err := query.New().GetCollection(ctx, db, contact)
	switch {
	case err == nil && !row.Ended:
		file.Plan, file.Version = row.Plan, int(row.PlanVersion)
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return Plan{}, fmt.Errorf("look for the plan of contact %s: %w", contact, err)
	}
	plan, _, _, err := planOf(ctx, db, file, a)
	return plan, err
}

// PromiseIn keeps, in the caller's transaction, the word of a customer to pay on a day. It emits events, so call it late.
// Errors: ErrNotTaken, or PostgreSQL's.
func PromiseIn(ctx context.Context, tx pgx.Tx, books Books, now time.Time, contact uuid.UUID, on time.Time) error {
	s, err := ReadStatement(ctx, tx, books, now, contact)
	if err != nil {
		return err
	}
	if len(s.Open) == 0 || s.Bankrupt || on.Before(s.Earliest) || on.After(s.Latest) {
		return ErrNotTaken
	}
	if s.PromisedOn.Equal(on) {
		return nil // said twice
	}
	return books.Promise(ctx, tx, byPerson(now, contact), contact, on)
}

// ContestIn keeps, in the caller's transaction, what a customer says against an invoice. It emits events, so call it late.
// Errors: ErrNotTaken, or PostgreSQL's.
func ContestIn(ctx context.Context, tx pgx.Tx, books Books, now time.Time, contact, invoice uuid.UUID, reason string) error {
	s, err := ReadStatement(ctx, tx, books, now, contact)
	if err != nil {
		return err
	}
	for _, o := range s.Open {
		switch {
		case o.InvoiceID != invoice:
		case o.Disputed:
			return nil // said twice
		default:
			return books.Dispute(ctx, tx, byPerson(now, contact), contact, reason, invoice)
		}
	}
	return ErrNotTaken
}

// byPerson is an entry that a customer makes on the page.
func byPerson(now time.Time, contact uuid.UUID) Entry {
	return Entry{Key: "page/" + uuid.NewString(), Now: now.Truncate(time.Microsecond), By: audit.Record{ActorKind: audit.Person, ActorID: contact.String()}}
}
