package dealing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Dealing implements the contracts of this package on PostgreSQL.
type Dealing struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
}

// New returns the implementation; it closes nothing. poke wakes the dispatcher after a commit, nil where none runs.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker) *Dealing {
	return &Dealing{pool, c, poke}
}

// Activities lists what a worker registers.
func (d *Dealing) Activities() []process.Implementation {
	return []process.Implementation{
		ReadTerms.Implement(d.ReadTerms), Close.Implement(d.Close), Reopen.Implement(d.Reopen), Look.Implement(d.Look),
		Move.Implement(d.Move), Amend.Implement(d.Amend), Log.Implement(d.Log), Work.Implement(d.Work), Lose.Implement(d.Lose),
		Stall.Implement(d.Stall), OpenForLead.Implement(d.OpenForLead),
	}
}

// request is one change that is asked for. actor is the user or API key behind it, zero for the house itself.
type request struct {
	deal  uuid.UUID
	what  string
	actor uuid.UUID
}

// decide lets rule judge and change the deal, under its lock and once under the key of the step: a repeat gets the verdict
// of the first. An error of rule leaves no trace.
func decide[R any](ctx context.Context, d *Dealing, r request, rule func(*desk) (R, error)) (R, error) {
	var out R
	err := db.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		k := &desk{ctx: ctx, tx: tx, q: query.New(), now: d.clock.Now().Truncate(time.Microsecond), by: byRun(ctx), request: r}
		if err := k.lock(); err != nil {
			return err
		}
		before, err := k.q.GetDealVerdict(ctx, tx, process.Key(ctx))
		if err == nil {
			return json.Unmarshal(before, &out)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the verdict: %w", err)
		}
		if err := k.read(); err != nil {
			return err
		}
		if out, err = rule(k); err != nil {
			return err
		}
		return k.settle(out)
	})
	if err == nil && d.poke != nil {
		d.poke.Poke()
	}
	return out, err
}

// Look implements the contract Look.
func (d *Dealing) Look(ctx context.Context, id uuid.UUID) (Verdict, error) {
	var out Verdict
	err := pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		k := &desk{ctx: ctx, tx: tx, q: query.New(), now: d.clock.Now(), request: request{deal: id}}
		if k.deal, err = k.q.GetDeal(ctx, tx, id); err != nil {
			return missing(err, id)
		}
		if err := k.read(); err != nil {
			return err
		}
		out, err = k.verdict(k.ended())
		return err
	})
	return out, err
}

func missing(err error, id uuid.UUID) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return process.NotFound("deal", id.String())
	}
	return fmt.Errorf("read a deal: %w", err)
}
