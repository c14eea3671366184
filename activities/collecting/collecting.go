package collecting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Collecting implements the contracts of this package on PostgreSQL.
type Collecting struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
	books Books
	q     *query.Queries
}

// New returns the implementation; it closes nothing. poke may be nil.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker, books Books) *Collecting {
	return &Collecting{pool, c, poke, books, query.New()}
}

// Activities lists what a worker registers.
func (c *Collecting) Activities() []process.Implementation {
	return []process.Implementation{
		Look.Implement(c.look), Break.Implement(c.breakPromise), Settle.Implement(c.settle), Contest.Implement(c.contest),
		WriteOffDebt.Implement(c.writeOff), Close.Implement(c.close),
	}
}

// book changes the books in one transaction and wakes the dispatcher.
func (c *Collecting) book(ctx context.Context, what string, change func(tx pgx.Tx, e Entry) error) error {
	e := Entry{Key: process.Key(ctx), Now: c.clock.Now().Truncate(time.Microsecond), By: audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)}}
	err := db.InTx(ctx, c.pool, func(tx pgx.Tx) error { return change(tx, e) })
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if c.poke != nil {
		c.poke.Poke()
	}
	return nil
}

func (c *Collecting) breakPromise(ctx context.Context, p Promise) (struct{}, error) {
	return struct{}{}, c.book(ctx, "mark a promise as broken", func(tx pgx.Tx, e Entry) error { return c.books.BreakPromise(ctx, tx, e, p) })
}

func (c *Collecting) settle(ctx context.Context, d Dispute) (struct{}, error) {
	return struct{}{}, c.book(ctx, "settle a dispute", func(tx pgx.Tx, e Entry) error {
		return c.books.SettleDispute(ctx, tx, e, d.ContactID, d.Invoices...)
	})
}

func (c *Collecting) contest(ctx context.Context, d Dispute) (struct{}, error) {
	return struct{}{}, c.book(ctx, "dispute invoices", func(tx pgx.Tx, e Entry) error {
		return c.books.Dispute(ctx, tx, e, d.ContactID, byTelephone, d.Invoices...)
	})
}

// byTelephone is the reason of a dispute that somebody heard on the telephone.
const byTelephone = "telephone"

func (c *Collecting) writeOff(ctx context.Context, l Loss) (out Written, err error) {
	err = c.book(ctx, "write a debt off", func(tx pgx.Tx, e Entry) error {
		out = Written{}
		// Whoever called before under this key has changed the account themselves: then it does not stand, but is written off.
		done, err := c.q.HasWrittenOff(ctx, tx, e.Key)
		if err != nil {
			return err
		}
		if done {
			out.Done = true
			return nil
		}
		moved, err := fence.Move(ctx, tx, l.Fence.Kind, l.Fence.ID) // nobody else changes the account from here on
		if err != nil {
			return err
		}
		if moved.Version != l.Fence.Version+1 {
			return errOvertaken
		}
		var invoices []uuid.UUID
		for _, claim := range l.Claims {
			invoices = append(invoices, claim.InvoiceID)
		}
		if err := c.books.WriteOff(ctx, tx, e, l.ContactID, invoices...); err != nil {
			return err
		}
		out.Done = true
		return c.q.NoteWriteOff(ctx, tx, query.NoteWriteOffParams{Key: e.Key, ContactID: l.ContactID, ApprovalID: l.ApprovalID, Now: e.Now})
	})
	if errors.Is(err, errOvertaken) {
		return Written{}, nil
	}
	return out, err
}

var errOvertaken = errors.New("the account has changed")

func (c *Collecting) close(ctx context.Context, e Ending) (struct{}, error) {
	err := c.q.EndCollection(ctx, c.pool, query.EndCollectionParams{ContactID: e.ContactID, Outcome: e.Outcome, Now: c.clock.Now()})
	if err != nil {
		return struct{}{}, fmt.Errorf("note the end of a collection: %w", err)
	}
	return struct{}{}, nil
}

// planOf reads the plan of a file, or chooses one for a customer.
func planOf(ctx context.Context, tx query.DBTX, f File, a Account) (Plan, string, int, error) {
	if f.Plan != "" {
		p, err := Plans.At(ctx, tx, f.Plan, f.Version)
		return p, f.Plan, f.Version, err
	}
	names, err := Plans.Names(ctx, tx)
	if err != nil {
		return Plan{}, "", 0, err
	}
	open, _ := a.collectable()
	due := sum(open)
	// The standard plan is there for everybody whom no other suits.
	best, version, err := Plans.Current(ctx, tx, PlanStandard)
	name := PlanStandard
	if err != nil {
		return Plan{}, "", 0, err
	}
	suits := best.Match.suits(a.Segment, due)
	for _, other := range names {
		p, v, err := Plans.Current(ctx, tx, other)
		if errors.Is(err, definitions.ErrUnknown) {
			continue
		}
		if err != nil {
			return Plan{}, "", 0, err
		}
		if other != PlanStandard && p.Match.suits(a.Segment, due) && (!suits || p.Priority > best.Priority) {
			best, name, version, suits = p, other, v, true
		}
	}
	return best, name, version, nil
}
