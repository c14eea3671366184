package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// What the books call changes that no event from outside tells; they stand in events.Account.What.
const (
	InvoiceWrittenOff = "invoice.written-off"
	PromiseNotKept    = "promise.broken"
)

// WriteOff gives up what is left of open invoices of a customer, and returns the events that follow, for the caller to
// accept. What is not open, or not theirs, stays as it is. Money that comes in for one later pays it all the same.
// key names the step: the events of a repeat are the same.
func WriteOff(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, key string, contact uuid.UUID, invoices ...uuid.UUID) ([]inbox.Event, error) {
	b := own(tx, now, by, InvoiceWrittenOff, key)
	if err := lockAccount(ctx, tx, contact); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(invoices), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range sorted {
		row, err := b.q.LockInvoiceByID(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && (row.ContactID != contact || row.State != Open) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read invoice %s: %w", id, err)
		}
		before := row
		row.State = WrittenOff
		if err := b.save(ctx, row); err != nil {
			return nil, err
		}
		b.did("invoice.write-off", "invoice", row.ID, "state")
		b.changed(contact)
		if err := b.told(row, before); err != nil {
			return nil, err
		}
	}
	return b.end(ctx)
}

// BreakPromise marks an open promise of a customer as broken, and returns the events that follow. Any other stays as it is.
func BreakPromise(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, key string, promise uuid.UUID) ([]inbox.Event, error) {
	b := own(tx, now, by, PromiseNotKept, key)
	contact, err := b.q.FindPromiseAccount(ctx, tx, promise)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for promise %s: %w", promise, err)
	}
	if err := lockAccount(ctx, tx, contact); err != nil {
		return nil, err
	}
	_, err = b.q.BreakPromise(ctx, tx, query.BreakPromiseParams{ID: promise, Now: b.now})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("break promise %s: %w", promise, err)
	}
	b.did("promise.break", "promise", promise, "state")
	b.changed(contact)
	return b.end(ctx)
}

// own is a booking that the house itself makes.
func own(tx pgx.Tx, now time.Time, by audit.Record, what, key string) *booking {
	return &booking{tx: tx, q: query.New(), now: now.Truncate(time.Microsecond), by: by, e: inbox.Event{Source: inbox.OwnSource, ExternalID: key, Type: what}}
}

func (b *booking) end(ctx context.Context) ([]inbox.Event, error) {
	if err := b.finish(ctx); err != nil {
		return nil, err
	}
	return b.follow, audit.Append(ctx, b.tx, b.now, b.records...)
}
