package arrivals

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Arrivals implements the contracts of this package on PostgreSQL.
type Arrivals struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	gate  *gate.Gate
	q     *query.Queries
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock) *Arrivals {
	return &Arrivals{pool, c, gate.New(), query.New()}
}

// Activities lists what a worker registers.
func (a *Arrivals) Activities() []process.Implementation {
	return []process.Implementation{MakePlan.Implement(a.MakePlan), Understand.Implement(a.Understand)}
}

// MakePlan implements the contract of the same name.
func (a *Arrivals) MakePlan(ctx context.Context, d Delivery) (Plan, error) {
	reach, err := a.gate.Reach(ctx, a.pool, a.clock.Now(), d.ContactID)
	if err != nil {
		return Plan{}, err
	}
	if !reach.Known {
		return Plan{}, process.NotFound("contact", d.ContactID.String())
	}
	policy, _, err := Policies.Current(ctx, a.pool, PolicyName)
	if err != nil {
		return Plan{}, err
	}
	plan, err := policy.plan(d.ArrivesOn, reach.Zone)
	if err != nil {
		return Plan{}, process.Invalid("arrives-on", err.Error())
	}
	return plan, nil
}

// Understand implements the contract of the same name.
func (a *Arrivals) Understand(ctx context.Context, asked Asked) (Answer, error) {
	row, err := a.q.FindNewestAnswer(ctx, a.pool, query.FindNewestAnswerParams{
		ContactID: uuid.NullUUID{UUID: asked.ContactID, Valid: true}, Messages: asked.Messages, Read: asked.Read,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Answer{}, nil
	}
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer of contact %s: %w", asked.ContactID, err)
	}
	answer := Answer{Meaning: answers.YesNo(row.Text, row.Language), InboundID: row.ID}
	if answer.Meaning != answers.Yes || asked.OrderID == "" {
		return answer, nil
	}
	return answer, db.InTx(ctx, a.pool, func(tx pgx.Tx) error {
		return inbox.Emit(ctx, tx, a.clock.Now(), "delivery-confirmed/"+asked.OrderID, asked.OrderID, events.DeliveryConfirmed, events.Confirmation{
			OrderID: asked.OrderID, ContactID: asked.ContactID, Product: asked.Product,
		})
	})
}
