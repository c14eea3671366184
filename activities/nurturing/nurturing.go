package nurturing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// Poker wakes whoever delivers events. Poke is cheap and never blocks.
type Poker interface{ Poke() }

// Nurturing implements the contracts of this package on PostgreSQL. It is safe for concurrent use.
type Nurturing struct {
	pool      *pgxpool.Pool
	clock     clock.Clock
	poker     Poker
	q         *query.Queries
	gate      *gate.Gate
	templates *templates.Store
	everybody everybody
}

// New returns the implementation. poker may be nil. It closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock, poker Poker) *Nurturing {
	return &Nurturing{pool: pool, clock: c, poker: poker, q: query.New(), gate: gate.New(), templates: &templates.Store{}}
}

// Activities lists what a worker registers.
func (n *Nurturing) Activities() []process.Implementation {
	return []process.Implementation{
		Choose.Implement(n.Choose), Plan.Implement(n.Plan), Credit.Implement(n.Credit), Exhaust.Implement(n.Exhaust),
		ReadRule.Implement(n.ReadRule), Look.Implement(n.Look), Enlist.Implement(n.Enlist),
	}
}

// now is the business time, as exact as PostgreSQL keeps it.
func (n *Nurturing) now() time.Time { return n.clock.Now().Truncate(time.Microsecond) }

// record notes in the audit log what the run did.
func record(ctx context.Context, tx pgx.Tx, now time.Time, action, kind, id, reason string, fields ...string) error {
	return audit.Append(ctx, tx, now, audit.Record{
		ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: action, ResourceKind: kind, ResourceID: id, Reason: reason, Fields: fields,
	})
}
