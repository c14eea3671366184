package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// resolve finds out about a message that was handed over without anybody knowing whether it left: the provider did not
// answer, or the try died. A provider that can be asked is asked; one whose receivers recognise a repeat gets it again;
// of the others, marketing stays unknown, because nobody waits for it, and what is owed is sent again and counted.
func (c *Core) resolve(ctx context.Context, o Order, row *entry) (Receipt, error) {
	p := c.byName[row.Provider]
	if finder, asks := p.(provider.Finder); asks {
		return c.inquire(ctx, o, row, p, finder)
	}
	if _, harmless := p.(provider.Repeater); harmless {
		return c.sendAgain(ctx, o, row, 0)
	}
	if rest := c.stillAtWork(row); rest > 0 {
		return Receipt{}, process.RateLimited("an earlier try of this message may still be at work", rest)
	}
	if forGood(o, p) {
		return c.leaveUnknown(ctx, row)
	}
	return c.sendAgain(ctx, o, row, 1)
}

// stillAtWork is for how long, in real time, the try that marked the hand-over may yet be calling the provider.
func (c *Core) stillAtWork(row *entry) time.Duration {
	if row.State == Unknown || row.HandedAt == nil {
		return 0 // that try has ended
	}
	return c.until(row.HandedAt.Add(c.timeout + skew))
}

// inquire asks the provider. Its "no" counts only once it can be relied upon.
func (c *Core) inquire(ctx context.Context, o Order, row *entry, p provider.Provider, finder provider.Finder) (Receipt, error) {
	m := provider.Message{ID: row.ID, To: row.Recipient, Language: row.Language, Text: row.Words, Category: o.Template}
	if row.FirstHandedAt != nil {
		m.FirstTried = *row.FirstHandedAt
	}
	id, found, err := c.inquiry(ctx, finder, m, func(id string) bool { return c.claimed(ctx, row, p, id) })
	var limited provider.RateLimited
	switch {
	case errors.As(err, &limited):
		return Receipt{}, process.RateLimited("the provider asks to wait", min(max(limited.After, time.Second), longestPause))
	case err != nil:
		return Receipt{}, fmt.Errorf("ask provider %s for message %s: %w", p.Name(), row.ID, err)
	case found:
		return c.found(ctx, o, row, p, id)
	}
	rest := c.stillAtWork(row)
	if row.HandedAt != nil {
		rest = max(rest, c.until(row.HandedAt.Add(finder.Settled())))
	}
	if rest > 0 {
		return Receipt{}, process.RateLimited("the provider does not know the message yet", min(rest, lookEvery))
	}
	if o.gated() {
		return c.decideAndDispatch(ctx, o, row)
	}
	row.HandedAt = nil // it surely has not left
	return c.dispatch(ctx, o, row, gate.Verdict{Language: row.Language}, 0)
}

// lookEvery is how often a provider is asked that may still come to know a message, in real time.
const lookEvery = 5 * time.Second

// inquiry bounds an inquiry by time and catches what it throws.
func (c *Core) inquiry(ctx context.Context, f provider.Finder, m provider.Message, claimed func(string) bool) (id string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("the adapter broke off (%T)", thrown)
		}
	}()
	return f.Find(ctx, m, claimed)
}

// claimed reports whether a provider's id belongs to another message. When that cannot be looked up, the id is left alone.
func (c *Core) claimed(ctx context.Context, row *entry, p provider.Provider, id string) bool {
	claimed, err := c.q.ClaimedProviderID(ctx, c.pool, query.ClaimedProviderIDParams{Provider: p.Name(), ProviderID: id, ID: row.ID})
	return claimed || err != nil
}

// sendAgain repeats a message that may have left, if the gate still lets it pass.
func (c *Core) sendAgain(ctx context.Context, o Order, row *entry, resends int) (Receipt, error) {
	o.Channel = row.Channel
	verdict := gate.Verdict{Language: row.Language}
	if o.gated() {
		var err error
		if verdict, err = c.consult(ctx, o, row); err != nil {
			return Receipt{}, err
		}
		if verdict.Answer != gate.Allow {
			return c.leaveUnknown(ctx, row)
		}
	}
	return c.dispatch(ctx, o, row, verdict, resends)
}

// leaveUnknown settles a message of which nobody will ever know, unless the provider reports it by itself.
func (c *Core) leaveUnknown(ctx context.Context, row *entry) (Receipt, error) {
	if err := c.settle(ctx, row, Unknown, noAnswer); err != nil {
		return Receipt{}, err
	}
	row.State, row.Reason = Unknown, noAnswer
	return receiptOf(row), nil
}
