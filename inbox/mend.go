package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// The states of an event.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Ignored   = "ignored"
	// SetAside was tried in vain until those behind it went on without it.
	SetAside = "set-aside"
	// Dropped was set aside, and somebody decided that nothing comes of it.
	Dropped = "dropped"
)

var (
	// ErrUnknown is the answer about an event that is not kept.
	ErrUnknown = errors.New("there is no such event")
	// ErrNotSetAside is the answer about an event that the dispatcher has not set aside, or that was dropped since.
	ErrNotSetAside = errors.New("the event is not set aside")
)

// Retry has an event that was set aside delivered once more, at the next turn of a dispatcher; when that fails for the
// same kind of reason it is set aside again. What was accepted after it for its subject may have been delivered before.
// by is who asks. An event that is being tried already stays as it is. Errors: ErrUnknown, ErrNotSetAside, PostgreSQL's.
func Retry(ctx context.Context, pool *pgxpool.Pool, now time.Time, id uuid.UUID, by audit.Record) error {
	by.Action = "event.retry"
	return mend(ctx, pool, now, id, by, Pending, func(tx pgx.Tx) error {
		return query.New().RetryEvent(ctx, tx, query.RetryEventParams{ID: id, Now: now})
	})
}

// Drop decides that nothing comes of an event that was set aside. The row stays. Dropping it again changes nothing.
// Errors: as of Retry.
func Drop(ctx context.Context, pool *pgxpool.Pool, now time.Time, id uuid.UUID, by audit.Record) error {
	by.Action = "event.drop"
	return mend(ctx, pool, now, id, by, Dropped, func(tx pgx.Tx) error {
		return query.New().DropEvent(ctx, tx, query.DropEventParams{ID: id, Now: now})
	})
}

func mend(ctx context.Context, pool *pgxpool.Pool, now time.Time, id uuid.UUID, by audit.Record, done string, change func(pgx.Tx) error) error {
	by.ResourceKind, by.ResourceID, by.Fields = "event", id.String(), []string{"state"}
	return db.InTx(ctx, pool, func(tx pgx.Tx) error {
		state, err := query.New().LockEvent(ctx, tx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return ErrUnknown
		case err != nil:
			return fmt.Errorf("%s: look at event %s: %w", by.Action, id, err)
		case state == done:
			return nil
		case state != SetAside:
			return ErrNotSetAside
		}
		if err := change(tx); err != nil {
			return fmt.Errorf("%s: event %s: %w", by.Action, id, err)
		}
		return audit.Append(ctx, tx, now, by)
	})
}
