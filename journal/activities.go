package journal

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/sqlc-dev/pqtype"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Activities implements process.OpenRun and process.CloseRun. Both may be repeated.
func Activities(pool *pgxpool.Pool, clk clock.Clock) []process.Implementation {
	return []process.Implementation{
		process.OpenRun.Implement(func(ctx context.Context, o process.Opened) (struct{}, error) {
			return struct{}{}, openRun(ctx, pool, clk.Now(), o)
		}),
		process.CloseRun.Implement(func(ctx context.Context, c process.Closed) (struct{}, error) {
			err := closeRun(ctx, pool, c)
			if err == nil {
				countEnded(ctx, c)
			}
			return struct{}{}, err
		}),
	}
}

func openRun(ctx context.Context, db query.DBTX, now time.Time, o process.Opened) error {
	entry, err := uuid.Parse(o.Entry)
	if err != nil {
		return process.Invalid("entry", "the entry of a child is not a UUID")
	}
	return query.New().OpenRun(ctx, db, query.OpenRunParams{
		Entry: entry, Process: o.Process, Subject: o.Subject, Run: o.Run, Parent: &o.Parent, StartedAt: now,
	})
}

func closeRun(ctx context.Context, db query.DBTX, c process.Closed) error {
	arg, err := closing(c)
	if err != nil {
		return err
	}
	return query.New().CloseRun(ctx, db, arg)
}

// closing makes a whole row, for a run that the journal does not know: somebody started it past the inbox.
func closing(c process.Closed) (query.CloseRunParams, error) {
	if c.Entry == "" {
		c.Entry = process.EntryID(c.Run + "/" + c.At.UTC().Format(time.RFC3339Nano))
	}
	entry, err := uuid.Parse(c.Entry)
	if err != nil {
		return query.CloseRunParams{}, process.Invalid("entry", "the entry of a run is not a UUID")
	}
	began := c.At
	if len(c.Trail) > 0 {
		began = c.Trail[0].At
	}
	arg := query.CloseRunParams{
		Entry: entry, Process: c.Process, Subject: inbox.SubjectOf(c.Process, c.Run), Run: c.Run,
		State: string(c.State), Trail: json.RawMessage("[]"), StartedAt: began, ClosedAt: &c.At,
	}
	if c.Outcome != "" {
		arg.Outcome = &c.Outcome
	}
	if len(c.Trail) > 0 {
		if arg.Trail, err = json.Marshal(c.Trail); err != nil {
			return arg, err
		}
	}
	if len(c.Unread) > 0 {
		raw, err := json.Marshal(c.Unread)
		if err != nil {
			return arg, err
		}
		arg.Unread = pqtype.NullRawMessage{RawMessage: raw, Valid: true}
	}
	return arg, nil
}
