package records

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Poker wakes whoever delivers events. Poke is cheap and never blocks.
type Poker interface{ Poke() }

// Records implements the contracts of this package on PostgreSQL.
type Records struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poker Poker
	q     *query.Queries
}

// New returns the implementation. poker may be nil. It closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock, poker Poker) *Records {
	return &Records{pool: pool, clock: c, poker: poker, q: query.New()}
}

// Activities lists what a worker registers.
func (r *Records) Activities() []process.Implementation {
	return []process.Implementation{
		Check.Implement(r.Check), Dismiss.Implement(r.Dismiss),
		Resolve.Implement(r.Resolve), Settle.Implement(r.Settle), KeepApart.Implement(r.KeepApart),
		Score.Implement(r.Score), Assign.Implement(r.Assign), FollowUp.Implement(r.FollowUp), Renew.Implement(r.Renew),
		ReadTerms.Implement(r.ReadTerms), PassOn.Implement(r.PassOn), Judge.Implement(r.Judge), GiveBack.Implement(r.GiveBack),
		CaptureRows.Implement(r.CaptureRows), FinishImport.Implement(r.FinishImport), FailImport.Implement(r.FailImport),
	}
}
