package receivables

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Receivables implements the contracts of this package on PostgreSQL.
type Receivables struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
	gate  *gate.Gate
	q     *query.Queries
}

// New returns the implementation; it closes nothing. poke may be nil.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker) *Receivables {
	return &Receivables{pool, c, poke, gate.New(), query.New()}
}

// Activities lists what a worker registers.
func (r *Receivables) Activities() []process.Implementation {
	return []process.Implementation{Look.Implement(r.Look), Tell.Implement(r.Tell)}
}

// Look implements the contract of the same name.
func (r *Receivables) Look(ctx context.Context, i Invoice) (Standing, error) {
	row, err := r.q.GetInvoice(ctx, r.pool, i.InvoiceID)
	return r.standing(ctx, r.pool, row, err)
}

// standing is how the invoice of a row stands; err is that of reading it.
func (r *Receivables) standing(ctx context.Context, tx query.DBTX, row query.Invoice, err error) (Standing, error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Standing{Stands: Void}, nil
	case err != nil:
		return Standing{}, fmt.Errorf("read an invoice: %w", err)
	case row.State == billing.Paid:
		return Standing{Stands: Paid}, nil
	case row.State != billing.Open:
		return Standing{Stands: Void}, nil
	}
	reach, err := r.gate.Reach(ctx, tx, r.clock.Now(), row.ContactID)
	if err != nil {
		return Standing{}, err
	}
	zone := reach.Zone
	if zone == nil {
		zone = time.UTC
	}
	policy, _, err := Policies.Current(ctx, tx, PolicyName)
	if err != nil {
		return Standing{}, err
	}
	return Standing{Stands: Open, OverdueAt: policy.overdueAt(row.DueOn.Time, zone)}, nil
}

// Tell implements the contract of the same name. It holds the invoice, so that it is told only of one that is not paid.
func (r *Receivables) Tell(ctx context.Context, p Passed) (out Told, err error) {
	err = db.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		out = Told{}
		row, err := r.q.LockInvoiceByID(ctx, tx, p.InvoiceID)
		s, err := r.standing(ctx, tx, row, err)
		if err != nil || s.Stands != Open || s.OverdueAt.After(p.At) {
			return err
		}
		out.Told = true
		return inbox.Emit(ctx, tx, r.clock.Now().Truncate(time.Microsecond), "invoice-overdue/"+process.Key(ctx), row.ContactID.String(),
			events.InvoiceOverdue, events.InvoiceRef{InvoiceID: row.ID, ContactID: row.ContactID})
	})
	if err != nil {
		return Told{}, fmt.Errorf("tell that invoice %s is overdue: %w", p.InvoiceID, err)
	}
	if out.Told && r.poke != nil {
		r.poke.Poke()
	}
	return out, nil
}
