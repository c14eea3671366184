package dealing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Opening is what a deal begins with. Key of the context names the request or step. What is not given comes from the lead,
// the contact or the pipeline.
type Opening struct {
	Pipeline          string
	Name              string
	ContactID, LeadID uuid.UUID
	OwnerID           uuid.UUID
	Amount, List      *money.Amount
	CloseOn           string
	Attributes        deals.Attributes
	// By is who opens it, as the audit log names them, and ActorID as the deal's history does.
	By      audit.Record
	ActorID uuid.UUID
}

// WrongOpening says with what a deal cannot begin, by field.
type WrongOpening struct{ Fields []deals.Unmet }

func (e *WrongOpening) Error() string { return "a deal cannot begin so: " + e.Fields[0].Field }

func wrong(field, message string) error {
	return &WrongOpening{[]deals.Unmet{{Field: field, Message: message}}}
}

// OpenForLead implements the contract OpenForLead.
func (d *Dealing) OpenForLead(ctx context.Context, leadID uuid.UUID) (Opened, error) {
	var out Opened
	err := db.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		rules, _, err := deals.Kind.Current(ctx, tx, deals.StandardName)
		if err != nil {
			return err
		}
		if out.Result = NotWanted; !rules.Entry.Automatic {
			return nil
		}
		out, err = Open(ctx, tx, d.clock.Now(), Opening{Pipeline: deals.StandardName, LeadID: leadID, By: byRun(ctx)})
		if errors.As(err, new(*WrongOpening)) { // nobody is known behind the lead
			out, err = Opened{Result: NotWanted}, nil
		}
		return err
	})
	if err == nil && d.poke != nil {
		d.poke.Poke()
	}
	return out, err
}

// OpenOnce opens a deal in a transaction of its own, once under key; see Open.
func OpenOnce(ctx context.Context, pool *pgxpool.Pool, now time.Time, key string, o Opening) (out Opened, err error) {
	err = db.InTx(ctx, pool, func(tx pgx.Tx) error {
		out, err = Open(process.WithKey(ctx, key), tx, now, o)
		return err
	})
	return out, err
}

// Open opens a deal in tx, once under the key of ctx, and emits deal.opened. A lead that has an open deal gets no second
// one. Errors: *WrongOpening, or PostgreSQL's.
func Open(ctx context.Context, tx pgx.Tx, now time.Time, o Opening) (Opened, error) {
	q := query.New()
	if deal, err := q.GetDealByKey(ctx, tx, process.Key(ctx)); err == nil {
		return Opened{DealID: deal.ID, Result: DealOpened}, nil
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return Opened{}, fmt.Errorf("look for the deal: %w", err)
	}
	row, rules, err := begin(ctx, tx, now.Truncate(time.Microsecond), o)
	if err != nil {
		return Opened{}, err
	}
	added, err := q.AddDeal(ctx, tx, row)
	if err != nil {
		return Opened{}, fmt.Errorf("write the deal: %w", err)
	}
	if added == 0 {
		return there(ctx, tx, row)
	}
	k := &desk{ctx: ctx, tx: tx, q: q, now: row.Now, rules: rules, by: o.By, request: request{row.ID, "open", o.ActorID}}
	if err := k.lock(); err != nil {
		return Opened{}, err
	}
	if err := k.read(); err != nil {
		return Opened{}, err
	}
	k.deal.Version = 0 // its history begins with 1
	tell(k, events.DealOpened, k.event)
	k.giveLater(k.chores())
	verdict, err := k.accept(false, "stage", "amount", "owner_id")
	if err != nil {
		return Opened{}, err
	}
	return Opened{DealID: row.ID, Result: DealOpened}, k.settle(verdict)
}

// there finds the deal that stands in the way of a new one.
func there(ctx context.Context, tx pgx.Tx, row query.AddDealParams) (Opened, error) {
	deal, err := query.New().GetDealByKey(ctx, tx, row.Key)
	if err == nil {
		return Opened{DealID: deal.ID, Result: DealOpened}, nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		if deal, err = query.New().FindOpenDeal(ctx, tx, row.LeadID.UUID); err == nil {
			return Opened{DealID: deal.ID, Result: DealThere}, nil
		}
	}
	return Opened{}, fmt.Errorf("look for the deal that is there already: %w", err)
}
