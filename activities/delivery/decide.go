package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/gate"
)

// decide asks the gate and writes its word into the ledger in the same transaction, under the gate's lock on the
// contact: of two messages to one person, the second is decided knowing of the first. seen is nil for a new message.
// Errors: errRaced when another try decided meanwhile.
func (c *Core) decide(ctx context.Context, o Order, seen *entry) (*entry, gate.Verdict, error) {
	row, err := c.newRow(o)
	if err != nil {
		return nil, gate.Verdict{}, err
	}
	if seen != nil {
		again := *seen
		row = &again
	}
	var verdict gate.Verdict
	err = db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		now := c.now()
		if verdict, err = c.ask(ctx, tx, now, o, row); err != nil {
			return err
		}
		row.apply(verdict, c.byChannel, now)
		var written bool
		if seen == nil {
			written, err = c.add(ctx, tx, row)
		} else {
			written, err = c.redecide(ctx, tx, o, seen, row)
		}
		if err == nil && !written {
			err = errRaced
		}
		return err
	})
	if err == nil {
		countVerdict(ctx, verdict)
		if verdict.Answer == gate.Refuse {
			countSettled(ctx, o, row)
		}
	}
	return row, verdict, err
}

// consult asks the gate about a message that may have left already, and writes nothing.
func (c *Core) consult(ctx context.Context, o Order, row *entry) (verdict gate.Verdict, err error) {
	err = db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		verdict, err = c.ask(ctx, tx, c.now(), o, row)
		return err
	})
	return verdict, err
}

func (c *Core) ask(ctx context.Context, tx pgx.Tx, now time.Time, o Order, row *entry) (gate.Verdict, error) {
	possible := slices.DeleteFunc(slices.Clone(o.Channels), func(ch provider.Channel) bool { return !c.Carries(ch) })
	if len(possible) == 0 || o.Channel != "" && !slices.Contains(possible, o.Channel) {
		channel := o.Channel
		if channel == "" {
			channel = provider.Email // the column names one; the reason says that there is none
		}
		return gate.Verdict{Answer: gate.Refuse, Reason: gate.NotConfigured, Channel: channel}, nil
	}
	stands, err := o.Fence.Stands(ctx, tx)
	if err != nil || !stands {
		channel := o.Channel
		if channel == "" {
			channel = possible[0]
		}
		return gate.Verdict{Answer: gate.Refuse, Reason: Overtaken, Channel: channel}, err
	}
	verdict, err := c.gate.Admit(ctx, tx, now, gate.Request{
		MessageID: row.ID, ContactID: o.ContactID, Channel: o.Channel, Channels: possible, Class: o.Class, Purpose: o.Purpose, Topic: o.Topic,
		Department: o.Department, Template: o.Template, AskedAt: row.CreatedAt, ExpiresAt: o.ExpiresAt, Test: o.Test,
	})
	if err != nil {
		return verdict, fmt.Errorf("ask the policy gate: %w", err)
	}
	if verdict.Channel == "" {
		verdict.Channel = possible[0]
		if o.Channel != "" {
			verdict.Channel = o.Channel
		}
	}
	return verdict, nil
}
