package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Redelivered says what is done over.
type Redelivered struct{ Events, Runs int64 }

// Redeliver makes up for a Temporal that was restored to an instant before this database's: events that were delivered
// since are delivered again, and runs that began since begin again under the same ids. Their steps find their keys and
// repeat no effect; runs that Temporal still has know the events by their ids. No worker and no dispatcher may be at work.
func Redeliver(ctx context.Context, pool *pgxpool.Pool, now, since time.Time, by audit.Record) (done Redelivered, err error) {
	by.Action, by.ResourceKind, by.ResourceID = "event.redeliver", "events", since.UTC().Format(time.RFC3339Nano)
	err = db.InTx(ctx, pool, func(tx pgx.Tx) error {
		q := query.New()
		if done.Runs, err = q.ForgetRunsSince(ctx, tx, since); err != nil {
			return fmt.Errorf("forget the runs that began since: %w", err)
		}
		if done.Events, err = q.RedeliverEvents(ctx, tx, query.RedeliverEventsParams{Now: now, Since: since}); err != nil {
			return fmt.Errorf("have the events delivered again: %w", err)
		}
		return audit.Append(ctx, tx, now, by)
	})
	return done, err
}
