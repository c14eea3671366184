package optins

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// OptIns implements the contracts of this package on PostgreSQL.
type OptIns struct {
	pool  *pgxpool.Pool
	clock clock.Clock
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *OptIns { return &OptIns{pool, c} }

// Activities lists what a worker registers.
func (o *OptIns) Activities() []process.Implementation {
	return []process.Implementation{Read.Implement(o.Read), Close.Implement(o.Close)}
}

// Read implements the contract Read.
func (o *OptIns) Read(ctx context.Context, r Ref) (Terms, error) {
	row, err := query.New().GetOptIn(ctx, o.pool, r.OptInID)
	if err != nil {
		return Terms{}, missing(err, r)
	}
	t := Terms{Until: row.ExpiresAt.UTC()}
	if row.RemindAt != nil {
		t.RemindAt = row.RemindAt.UTC()
	}
	return t, nil
}

// Close implements the contract Close.
func (o *OptIns) Close(ctx context.Context, r Ref) (Closed, error) {
	var out Closed
	err := db.InTx(ctx, o.pool, func(tx pgx.Tx) error {
		n, err := query.New().ExpireOptIn(ctx, tx, r.OptInID)
		if err != nil {
			return fmt.Errorf("close an opt-in: %w", err)
		}
		if n == 1 {
			return audit.Append(ctx, tx, o.clock.Now(), audit.Record{
				ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: "opt_in.expire",
				ResourceKind: "opt_in", ResourceID: r.OptInID.String(), Fields: []string{"state"},
			})
		}
		row, err := query.New().GetOptIn(ctx, tx, r.OptInID)
		if err != nil {
			return missing(err, r)
		}
		out.Confirmed = row.State == Confirmed
		return nil
	})
	return out, err
}

func missing(err error, r Ref) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return process.NotFound("opt-in", r.OptInID.String())
	}
	return fmt.Errorf("read an opt-in: %w", err)
}
