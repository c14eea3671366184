package retaining

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Poker wakes whoever delivers events. Poke is cheap and never blocks.
type Poker interface{ Poke() }

// Retaining implements the contracts of this package on PostgreSQL.
type Retaining struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poker Poker
	q     *query.Queries
}

// New returns the implementation. poker may be nil. It closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock, poker Poker) *Retaining {
	return &Retaining{pool, c, poker, query.New()}
}

// Activities lists what a worker registers.
func (r *Retaining) Activities() []process.Implementation {
	return []process.Implementation{Begin.Implement(r.Begin), FindSleepy.Implement(r.FindSleepy)}
}

// Begin implements the contract Begin. It takes up the round that the watch has found, or begins one when the last was
// long enough ago.
func (r *Retaining) Begin(ctx context.Context, c Customer) (Round, error) {
	var out Round
	err := db.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		policy, _, err := PolicyKind.Current(ctx, tx, DefaultName)
		if err != nil {
			return err
		}
		contact, err := r.q.LockContactRow(ctx, tx, c.ContactID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && contact.MergedInto.Valid {
			out.Verdict = Nobody
			return nil
		}
		if err != nil {
			return fmt.Errorf("begin a round of retention: %w", err)
		}
		number, err := r.number(ctx, tx, c.ContactID, policy.Rest.Duration())
		if err != nil {
			return err
		}
		if number == 0 {
			out.Verdict = TooSoon
			return nil
		}
		out = Round{Verdict: Begun, Occasion: "round-" + strconv.Itoa(int(number)), Survey: policy.Survey, Letters: policy.Letters, Offer: Offer{
			Name: policy.Coupon.Offer, Percent: policy.Coupon.Percent, AmountMinor: policy.Coupon.AmountMinor, Currency: policy.Coupon.Currency,
			ValidFor: policy.Coupon.ValidFor.Duration(), Template: policy.Coupon.Template,
		}}
		return nil
	})
	return out, err
}

// number is the number of the round that this step begins; 0 when the customer rests.
func (r *Retaining) number(ctx context.Context, tx pgx.Tx, contact uuid.UUID, rest time.Duration) (int32, error) {
	failed := func(err error) (int32, error) { return 0, fmt.Errorf("begin a round of retention: %w", err) }
	mine, err := r.q.FindRetentionRound(ctx, tx, query.FindRetentionRoundParams{ContactID: contact, BegunBy: process.Key(ctx)})
	if err == nil {
		return mine.Round, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return failed(err)
	}
	last, err := r.q.LastRetentionRound(ctx, tx, contact)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return failed(err)
	}
	now := r.clock.Now().Truncate(time.Microsecond)
	known := err == nil
	next := query.BeginRetentionRoundParams{ContactID: contact, Round: last.Round + 1, FoundAt: now, BegunBy: process.Key(ctx)}
	switch {
	case known && last.BegunBy == nil:
		next.Round, next.FoundAt = last.Round, last.FoundAt
	case known && last.FoundAt.Add(rest).After(now):
		return 0, nil
	}
	if err := r.q.BeginRetentionRound(ctx, tx, next); err != nil {
		return failed(err)
	}
	return next.Round, audit.Append(ctx, tx, now, audit.Record{
		ActorKind: audit.Process, ActorID: tasks.Actor(ctx), Action: "retention_round.begin", ResourceKind: "contact", ResourceID: contact.String(),
	})
}
