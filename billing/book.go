// Package billing keeps the books: what customers owe, what they paid, and how they stand. Whoever keeps the books outside
// (Stripe, an ERP, a shop) tells events; Book writes them in the transaction that accepts them. Bookings of one account
// come one after the other, a repeat books nothing, and every change moves the account's fence.
package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// AccountFence is the kind of the fence of an account; its id is the contact's.
const AccountFence = "account"

// InvalidError says why an event cannot be booked. Field is a place in its data. It names no value.
type InvalidError struct {
	// Index is the event's place among those given to Book.
	Index   int
	Field   string
	Message string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("event %d cannot be booked: %s %s", e.Index, e.Field, e.Message)
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// booking is one event on its way into the books.
type booking struct {
	tx  pgx.Tx
	q   *query.Queries
	now time.Time
	by  audit.Record
	e   inbox.Event

	touched []uuid.UUID // accounts that changed
	follow  []inbox.Event
	records []audit.Record
}

// kinds are the events that are booked.
var kinds = map[string]func(context.Context, *booking) error{
	events.InvoiceIssued.Name():   on((*booking).issue),
	events.InvoiceVoided.Name():   on((*booking).void),
	events.InvoiceDisputed.Name(): on((*booking).dispute),
	events.DisputeSettled.Name():  on((*booking).settleDispute),
	events.InvoiceCredited.Name(): on((*booking).credit),
	events.PaymentReceived.Name(): on((*booking).receive),
	events.PaymentRefunded.Name(): on((*booking).refund),
	events.PromiseMade.Name():     on((*booking).promise),
	events.DebtorBankrupt.Name():  on((*booking).bankrupt),
	events.DebtorSolvent.Name():   on((*booking).solvent),
}

// Takes reports whether events of a type are booked.
func Takes(eventType string) bool { return kinds[eventType] != nil }

func on[T any](book func(*booking, context.Context, T) error) func(context.Context, *booking) error {
	return func(ctx context.Context, b *booking) error {
		var data T
		if err := json.Unmarshal(b.e.Data, &data); err != nil {
			return invalid("", "does not have the form that %s has", b.e.Type)
		}
		return book(b, ctx, data)
	}
}

// Book writes events into the books, in their order, and returns the events that follow. The caller accepts both in one
// call of inbox.Accept at the end of the transaction. An event that was accepted before, or is of a type that is not
// booked, books nothing. by says who tells it. Errors: *InvalidError when an event says what cannot be; then the
// transaction is to be rolled back. Anything else is PostgreSQL's.
func Book(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, told ...inbox.Event) ([]inbox.Event, error) {
	now = now.Truncate(time.Microsecond)
	if err := lockAccounts(ctx, tx, told); err != nil {
		return nil, err
	}
	known, err := accepted(ctx, tx, told)
	if err != nil {
		return nil, err
	}
	var follow []inbox.Event
	var records []audit.Record
	for i, e := range told {
		name := eventName{e.Source, e.ExternalID}
		if !Takes(e.Type) || known[name] {
			continue
		}
		known[name] = true
		b := &booking{tx: tx, q: query.New(), now: now, by: by, e: e}
		if err := kinds[e.Type](ctx, b); err != nil {
			if wrong, ok := err.(*InvalidError); ok {
				wrong.Index = i
				return nil, wrong
			}
			return nil, fmt.Errorf("book %s: %w", e.Type, err)
		}
		if err := b.finish(ctx); err != nil {
			return nil, fmt.Errorf("book %s: %w", e.Type, err)
		}
		follow, records = append(follow, b.follow...), append(records, b.records...)
	}
	return follow, audit.Append(ctx, tx, now, records...)
}

// Tell books events and accepts them with what follows, in the caller's transaction. Call it once, late; wake the
// dispatcher after the commit. The answers are those of told, in their order.
func Tell(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, told ...inbox.Event) ([]inbox.Accepted, error) {
	follow, err := Book(ctx, tx, now, by, told...)
	if err != nil {
		return nil, err
	}
	all, err := inbox.Accept(ctx, tx, now, append(append([]inbox.Event{}, told...), follow...)...)
	if err != nil {
		return nil, err
	}
	return all[:len(told)], nil
}

type eventName struct{ source, externalID string }

// accepted are those of the events that were accepted before.
func accepted(ctx context.Context, tx pgx.Tx, told []inbox.Event) (map[eventName]bool, error) {
	var arg query.FindEventsParams
	for _, e := range told {
		arg.Sources, arg.ExternalIds = append(arg.Sources, e.Source), append(arg.ExternalIds, e.ExternalID)
	}
	rows, err := query.New().FindEvents(ctx, tx, arg)
	if err != nil {
		return nil, fmt.Errorf("look for events that were booked before: %w", err)
	}
	known := map[eventName]bool{}
	for _, r := range rows {
		known[eventName{r.Source, r.ExternalID}] = true
	}
	return known, nil
}

// changed notes that an account is not what it was.
func (b *booking) changed(contact uuid.UUID) { b.touched = append(b.touched, contact) }

// did notes a record for the audit log.
func (b *booking) did(action, kind string, id uuid.UUID, fields ...string) {
	r := b.by
	r.Action, r.ResourceKind, r.ResourceID, r.Fields = action, kind, id.String(), fields
	b.records = append(b.records, r)
}

// finish moves the fences of the accounts that changed, looks whether promises are kept, and tells of it.
func (b *booking) finish(ctx context.Context) error {
	seen := map[uuid.UUID]bool{}
	for _, contact := range b.touched {
		if seen[contact] {
			continue
		}
		seen[contact] = true
		if b.e.Type == events.PaymentReceived.Name() || b.e.Type == events.InvoiceCredited.Name() {
			if _, err := b.q.KeepPromises(ctx, b.tx, query.KeepPromisesParams{Now: b.now, ContactID: contact}); err != nil {
				return fmt.Errorf("look at the promises of contact %s: %w", contact, err)
			}
		}
		if _, err := fence.Move(ctx, b.tx, AccountFence, contact); err != nil {
			return err
		}
		if err := emit(b, contact, contact, events.AccountChanged, events.Account{ContactID: contact, What: b.e.Type}); err != nil {
			return err
		}
	}
	return nil
}

// followSpace is the UUID name space of the ids of events that follow.
var followSpace = uuid.MustParse("6f0a6f3e-27a5-5f0d-9f55-0d5b8ab9a1c4")

// emit adds an event that follows. Events of an account have the contact as subject, so that they are heard in their order.
func emit[T any](b *booking, contact, about uuid.UUID, e process.Event[T], data T) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("tell %s: %w", e.Name(), err)
	}
	key := uuid.NewSHA1(followSpace, fmt.Appendf(nil, "%q/%q/%s/%d", b.e.Source, b.e.ExternalID, about, len(b.follow)))
	b.follow = append(b.follow, inbox.Event{
		Source: inbox.OwnSource, ExternalID: e.Name() + "/" + key.String(), Type: e.Name(), Subject: contact.String(), Data: raw, OccurredAt: b.now,
	})
	return nil
}
