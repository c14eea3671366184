package collecting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Billing are the books of the house.
type Billing struct{}

// Account implements Books.
func (Billing) Account(ctx context.Context, db query.DBTX, now time.Time, contact uuid.UUID, known []uuid.UUID) (Account, error) {
	b, err := billing.Read(ctx, db, now, contact, known...)
	if err != nil || !b.Known {
		return Account{}, err
	}
	a := Account{Token: b.Token, Known: true, Segment: b.Segment, Zone: b.Zone, Bankrupt: b.Bankrupt, Paid: map[uuid.UUID]int64{}}
	for _, i := range b.Invoices {
		overdue := i.State == billing.Open && i.DaysDue > 0
		if overdue || slices.Contains(known, i.ID) {
			a.Paid[i.ID] = i.Paid.Minor
		}
		o := Owed{InvoiceID: i.ID, Number: i.Number, Left: i.Left, DueOn: i.DueOn, PayURL: i.PayURL, Disputed: i.Disputed}
		switch {
		case overdue:
			a.Due = append(a.Due, o)
		case i.State == billing.Open:
			a.Later = append(a.Later, o)
		}
	}
	for _, p := range b.Promises {
		if p.State == billing.PromiseBroken {
			a.Broken++
		}
	}
	if p, counts := b.Promise(); counts {
		a.Promise = &Pledge{PromiseID: p.ID, On: p.On}
	}
	if len(b.Credits) > 0 {
		a.Credit = b.Credits[0]
	}
	return a, nil
}

// Promise implements Books.
func (Billing) Promise(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, on time.Time) error {
	return tell(ctx, tx, e, told(inbox.OwnSource, e.Key, contact, events.PromiseMade, events.Promise{ContactID: contact, On: on.Format(time.DateOnly)}))
}

// BreakPromise implements Books.
func (Billing) BreakPromise(ctx context.Context, tx pgx.Tx, e Entry, p Promise) error {
	follow, err := billing.BreakPromise(ctx, tx, e.Now, e.By, e.Key, p.PromiseID)
	return accept(ctx, tx, e, follow, err)
}

// Dispute implements Books.
func (Billing) Dispute(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, reason string, invoices ...uuid.UUID) error {
	return mark(ctx, tx, e, contact, events.InvoiceDisputed, reason, invoices)
}

// SettleDispute implements Books.
func (Billing) SettleDispute(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, invoices ...uuid.UUID) error {
	return mark(ctx, tx, e, contact, events.DisputeSettled, "", invoices)
}

// WriteOff implements Books.
func (Billing) WriteOff(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, invoices ...uuid.UUID) error {
	follow, err := billing.WriteOff(ctx, tx, e.Now, e.By, e.Key, contact, invoices...)
	return accept(ctx, tx, e, follow, err)
}

// mark tells an event about each of some invoices, as if whoever keeps it had told it: it bears their name for it.
func mark(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, event process.Event[events.InvoiceMark], reason string, invoices []uuid.UUID) error {
	account, err := billing.Read(ctx, tx, e.Now, contact, invoices...)
	if err != nil {
		return err
	}
	var list []inbox.Event
	for _, i := range account.Invoices {
		if slices.Contains(invoices, i.ID) {
			list = append(list, told(i.Source, e.Key+"/"+i.ID.String(), contact, event, events.InvoiceMark{InvoiceID: i.ExternalID, Reason: reason}))
		}
	}
	return tell(ctx, tx, e, list...)
}

func told[T any](source, key string, contact uuid.UUID, event process.Event[T], data T) inbox.Event {
	raw, _ := json.Marshal(data) // ids, codes and days: it cannot fail
	return inbox.Event{Source: source, ExternalID: key, Type: event.Name(), Subject: contact.String(), Data: raw}
}

func tell(ctx context.Context, tx pgx.Tx, e Entry, list ...inbox.Event) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := billing.Tell(ctx, tx, e.Now, e.By, list...); err != nil {
		return fmt.Errorf("tell the books: %w", err)
	}
	return nil
}

// accept accepts what follows from a booking that the house itself made.
func accept(ctx context.Context, tx pgx.Tx, e Entry, follow []inbox.Event, err error) error {
	if err == nil && len(follow) > 0 {
		_, err = inbox.Accept(ctx, tx, e.Now, follow...)
	}
	return err
}
