package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// persist runs what must be known although the step is out of time or the database stumbles: a few tries within seconds.
func (c *Core) persist(ctx context.Context, write func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.settleFor)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := write(ctx)
		if err == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// sent writes that the message left, with the person's timeline.
func (c *Core) sent(ctx context.Context, o Order, row *entry, providerID string) (Receipt, error) {
	err := c.persist(ctx, func(ctx context.Context) error {
		return c.q.SettleSent(ctx, c.pool, query.SettleSentParams{ID: row.ID, ProviderID: providerID, Now: c.now()})
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("settle message %s as sent: %w", row.ID, err)
	}
	row.State, row.Reason = Sent, ""
	countSettled(ctx, o, row)
	return receiptOf(row), nil
}

// found settles a doubtful message that the provider has. Errors: errRaced when another message was settled by the
// provider's id meanwhile.
func (c *Core) found(ctx context.Context, o Order, row *entry, p provider.Provider, providerID string) (Receipt, error) {
	err := db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		if err := c.q.LockProviderID(ctx, tx, query.LockProviderIDParams{Provider: p.Name(), ProviderID: providerID}); err != nil {
			return fmt.Errorf("lock a provider's id: %w", err)
		}
		claimed, err := c.q.ClaimedProviderID(ctx, tx, query.ClaimedProviderIDParams{Provider: p.Name(), ProviderID: providerID, ID: row.ID})
		switch {
		case err != nil:
			return fmt.Errorf("look a provider's id up: %w", err)
		case claimed:
			return errRaced
		}
		return c.q.SettleSent(ctx, tx, query.SettleSentParams{ID: row.ID, ProviderID: providerID, Now: c.now()})
	})
	if err != nil {
		return Receipt{}, err
	}
	row.State, row.Reason = Sent, ""
	countSettled(ctx, o, row)
	return receiptOf(row), nil
}

// settle writes what this try learned, unless a later one has taken over.
func (c *Core) settle(ctx context.Context, row *entry, state, reason string) error {
	err := c.persist(ctx, func(ctx context.Context) error {
		_, err := c.q.SettleTry(ctx, c.pool, query.SettleTryParams{ID: row.ID, Fence: row.Attempts, State: state, Reason: reason})
		return err
	})
	if err != nil {
		return fmt.Errorf("settle message %s as %s: %w", row.ID, state, err)
	}
	return nil
}

// release writes that the message surely did not leave.
func (c *Core) release(ctx context.Context, row *entry) error {
	err := c.persist(ctx, func(ctx context.Context) error {
		_, err := c.q.ReleaseMessage(ctx, c.pool, query.ReleaseMessageParams{ID: row.ID, Fence: row.Attempts})
		return err
	})
	if err != nil {
		return fmt.Errorf("release message %s: %w", row.ID, err)
	}
	return nil
}

// rejected settles a message that the provider will never take, and what that says of the address or the person.
func (c *Core) rejected(ctx context.Context, o Order, row *entry, p provider.Provider, r provider.Rejected) (Receipt, error) {
	err := c.persist(ctx, func(ctx context.Context) error {
		return db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
			// The person first: the gate locks in this order too.
			if err := c.learn(ctx, tx, o, row, p, r); err != nil {
				return err
			}
			_, err := c.q.SettleTry(ctx, tx, query.SettleTryParams{ID: row.ID, Fence: row.Attempts, State: Failed, Reason: r.Code})
			return err
		})
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("settle message %s as failed: %w", row.ID, err)
	}
	row.State, row.Reason = Failed, r.Code
	countSettled(ctx, o, row)
	return receiptOf(row), nil
}

// learn keeps an address from being used that does not exist, and hears a person who told the provider to stop.
func (c *Core) learn(ctx context.Context, tx pgx.Tx, o Order, row *entry, p provider.Provider, r provider.Rejected) error {
	if !o.gated() || o.ContactID == uuid.Nil {
		return nil
	}
	actor := audit.Record{ActorKind: audit.Process, ActorID: actorOf(o.Key), Reason: "provider " + p.Name() + " answered " + r.Code}
	var err error
	switch {
	case r.OptedOut:
		err = consent.OptOut(ctx, tx, c.now(), events.Choice{ContactID: o.ContactID, Channel: string(p.Channel())}, consent.By{Source: "stop", Actor: actor})
	case r.Address:
		err = consent.Suppress(ctx, tx, c.now(), consent.Suppression{
			Channel: string(p.Channel()), Address: row.Recipient, Reason: consent.Bounce, ContactID: o.ContactID,
		}, consent.By{Source: "bounce", Actor: actor})
	}
	if errors.Is(err, consent.ErrUnknown) || errors.Is(err, consent.ErrAddress) {
		return nil // erased meanwhile, or nothing that the gate would ever let through again
	}
	return err
}

func actorOf(key string) string {
	run, _ := keyParts(key)
	return run
}
