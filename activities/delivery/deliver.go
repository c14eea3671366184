package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// Deliver sees one message through as far as it goes now. A refusal is a Receipt, not an error. Errors:
// process.RateLimited with the time to come back, process.Invalid when it can never be sent as it is, Compose's, or
// one after which a later try may succeed.
func (c *Core) Deliver(ctx context.Context, o Order) (Receipt, error) {
	if o.Key == "" {
		return Receipt{}, process.Invalid("no-key", "a message needs the key of its step")
	}
	if err := c.real.Measure(ctx, c.pool); err != nil {
		return Receipt{}, fmt.Errorf("ask PostgreSQL for its time: %w", err)
	}
	if !o.gated() {
		return c.deliverHouse(ctx, o)
	}
	row, err := c.find(ctx, o)
	if err != nil {
		return Receipt{}, err
	}
	if row == nil {
		return c.decideAndDispatch(ctx, o, nil)
	}
	return c.goOn(ctx, o, row)
}

// deliverHouse is the short way to people of the house: the ledger's row and the mark of the hand-over are one statement.
func (c *Core) deliverHouse(ctx context.Context, o Order) (Receipt, error) {
	row, err := c.newRow(o)
	if err != nil {
		return Receipt{}, err
	}
	p := c.byChannel[o.Channel]
	if reason := unreachable(o, p); reason != "" {
		row.State, row.Reason = Refused, reason
		return c.addOrGoOn(ctx, o, row, func() (Receipt, error) { return receiptOf(row), nil })
	}
	// Words first: a message that cannot be composed must not stand in the ledger as handed over.
	composed, err := o.Compose(ctx, Parcel{MessageID: row.ID, Channel: o.Channel})
	if err != nil {
		return Receipt{}, err
	}
	taken, err := c.take(ctx, p.Name(), o.Urgency)
	if err != nil {
		return Receipt{}, err
	}
	at := time.Now()
	stamp := c.real.Now().UTC().Truncate(time.Microsecond)
	row.Provider, row.Attempts, row.HandedAt, row.TemplateVersion = p.Name(), 1, &stamp, int32(composed.Version)
	added := false
	receipt, err := c.addOrGoOn(ctx, o, row, func() (Receipt, error) {
		added = true
		return c.send(ctx, o, row, p, composed, at, func() {})
	})
	if !added {
		taken.giveBack()
	}
	return receipt, err
}

func unreachable(o Order, p provider.Provider) string {
	switch {
	case p == nil:
		return gate.NotConfigured
	case o.Address == "":
		return gate.NoAddress
	default:
		return ""
	}
}

// addOrGoOn adds the row and calls then, or goes on from the row that another try has added.
func (c *Core) addOrGoOn(ctx context.Context, o Order, row *entry, then func() (Receipt, error)) (Receipt, error) {
	added, err := c.add(ctx, c.pool, row)
	if err != nil {
		return Receipt{}, err
	}
	if added {
		return then()
	}
	before, err := c.find(ctx, o)
	switch {
	case err != nil:
		return Receipt{}, err
	case before == nil:
		return Receipt{}, errRaced
	}
	return c.goOn(ctx, o, before)
}

// goOn takes a message up where an earlier try left it.
func (c *Core) goOn(ctx context.Context, o Order, row *entry) (Receipt, error) {
	switch {
	case row.State == Shifted && o.Resume == uuid.Nil && !o.Resumes:
		return receiptOf(row), nil
	case row.State == Shifted:
		return c.decideAndDispatch(ctx, o, row)
	case row.State == Unknown, row.State == reserved && row.HandedAt != nil:
		return c.resolve(ctx, o, row)
	case row.State == reserved && o.gated():
		return c.decideAndDispatch(ctx, o, row)
	case row.State == reserved:
		return c.dispatch(ctx, o, row, gate.Verdict{Language: row.Language}, 0)
	default:
		return receiptOf(row), nil
	}
}

// decideAndDispatch asks the gate about a message that has surely not left. row is nil when there is none yet.
func (c *Core) decideAndDispatch(ctx context.Context, o Order, row *entry) (Receipt, error) {
	row, verdict, err := c.decide(ctx, o, row)
	if err != nil {
		return Receipt{}, err
	}
	if verdict.Answer != gate.Allow {
		return receiptOf(row), nil
	}
	return c.dispatch(ctx, o, row, verdict, 0)
}

// dispatch hands over a message that may leave. resends is 1 when nobody knows whether it has left before.
func (c *Core) dispatch(ctx context.Context, o Order, row *entry, verdict gate.Verdict, resends int) (Receipt, error) {
	p := c.carrier(row)
	if p == nil { // it was taken out of the settings in between
		return Receipt{}, process.Unavailable("no provider carries the channel of a reserved message: configure one for " + string(row.Channel))
	}
	taken, err := c.take(ctx, p.Name(), o.Urgency)
	if err != nil {
		return Receipt{}, err
	}
	left := false
	defer func() {
		if !left {
			taken.giveBack()
		}
	}()
	if taken.waited && o.gated() && row.HandedAt == nil {
		// The person may have changed their mind meanwhile.
		if row, verdict, err = c.decide(ctx, o, row); err != nil {
			return Receipt{}, err
		}
		if verdict.Answer != gate.Allow {
			return receiptOf(row), nil
		}
	}
	composed, err := o.Compose(ctx, Parcel{MessageID: row.ID, Channel: row.Channel, Language: verdict.Language, Track: verdict.Track})
	if err != nil {
		return Receipt{}, err
	}
	return c.unlessOvertaken(ctx, o, row, func(release func()) (Receipt, error) {
		at := time.Now()
		if err := c.handOver(ctx, row, p, composed, c.real.Now(), resends); err != nil {
			return Receipt{}, err
		}
		left = true
		return c.send(ctx, o, row, p, composed, at, release)
	})
}

// carrier is the provider that a message leaves by. One that may have left already goes to the provider that may have it.
func (c *Core) carrier(row *entry) provider.Provider {
	if p := c.byName[row.Provider]; p != nil && row.HandedAt != nil {
		return p
	}
	return c.byChannel[row.Channel]
}

// errRaced says that another try of the same step is at work.
var errRaced = process.RateLimited("another try of this message is at work", time.Second)

// find looks for the row of the order; nil when there is none.
func (c *Core) find(ctx context.Context, o Order) (*entry, error) {
	var m query.Message
	var err error
	if o.Resume != uuid.Nil {
		m, err = c.q.GetMessage(ctx, c.pool, o.Resume)
	} else {
		m, err = c.q.FindMessage(ctx, c.pool, o.Key)
	}
	run, _ := keyParts(o.Key)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && o.Resume == uuid.Nil:
		return nil, nil
	case errors.Is(err, pgx.ErrNoRows), err == nil && o.Resume != uuid.Nil && m.Run != run:
		return nil, process.Invalid("not-its-message", "message "+o.Resume.String()+" is none of this run: resume one that it has sent")
	case err != nil:
		return nil, fmt.Errorf("look a message up in the ledger: %w", err)
	}
	return entryOf(m), nil
}
