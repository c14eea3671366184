package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// send calls the provider, which only the try that has marked the hand-over at the given real time may do, and settles
// what it answers.
func (c *Core) send(ctx context.Context, o Order, row *entry, p provider.Provider, m Composed, at time.Time, release func()) (Receipt, error) {
	m.ID, m.To = row.ID, row.Recipient
	if row.FirstHandedAt != nil {
		m.FirstTried = *row.FirstHandedAt
	}
	id, err := c.call(ctx, p, m.Message, at)
	release() // a person who opted out changes what the message speaks of, below
	var rejected provider.Rejected
	var limited provider.RateLimited
	switch {
	case err == nil:
		return c.sent(ctx, o, row, id)
	case errors.As(err, &rejected):
		return c.rejected(ctx, o, row, p, rejected)
	case errors.As(err, &limited):
		wait := c.pause(ctx, p, limited.After)
		return Receipt{}, errors.Join(process.RateLimited("the provider asks to wait", wait), c.release(ctx, row))
	case provider.Doubtful(err):
		return c.doubt(ctx, o, row, p)
	default:
		return Receipt{}, errors.Join(err, c.release(ctx, row))
	}
}

// call bounds the provider's work by time and catches what it throws. It outlives the step's own time-out: a message that
// is being handed over must be seen through.
func (c *Core) call(ctx context.Context, p provider.Provider, m provider.Message, at time.Time) (id string, err error) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), at.Add(c.timeout))
	defer cancel()
	defer func() {
		if thrown := recover(); thrown != nil {
			// What was thrown may quote an address.
			id, err = "", provider.Unknown{Cause: fmt.Errorf("the adapter of provider %s broke off (%T)", p.Name(), thrown)}
		}
	}()
	id, err = watched(ctx, p, func(ctx context.Context) (string, error) { return p.Send(ctx, m) })
	if err != nil && ctx.Err() != nil && !classed(err) {
		err = provider.Unknown{Cause: err} // cut off in the middle: nobody knows how far it came
	}
	return id, err
}

func classed(err error) bool {
	return errors.As(err, new(provider.Rejected)) || errors.As(err, new(provider.RateLimited)) || provider.Doubtful(err)
}

// longestPause bounds what a provider may ask for, so that a nonsensical header does not silence a channel for days.
const longestPause = time.Hour

// pause lets everybody leave the provider alone for a while and returns for how long. Webhook receivers are many behind
// one name: one that is busy does not hold up the others.
func (c *Core) pause(ctx context.Context, p provider.Provider, after time.Duration) time.Duration {
	after = min(max(after, time.Second), longestPause)
	if b := c.buckets[p.Name()]; b != nil && p.Channel() != provider.Webhook {
		b.pause(context.WithoutCancel(ctx), time.Now().Add(after))
	}
	return after
}

// doubt writes down that nobody knows whether the message left, and says what happens next.
func (c *Core) doubt(ctx context.Context, o Order, row *entry, p provider.Provider) (Receipt, error) {
	if err := c.settle(ctx, row, Unknown, noAnswer); err != nil {
		return Receipt{}, err
	}
	row.State, row.Reason = Unknown, noAnswer
	countSettled(ctx, o, row)
	if forGood(o, p) {
		return receiptOf(row), nil
	}
	return Receipt{}, process.RateLimited("the provider took the message and did not answer: it is looked into", askAgain)
}

// forGood reports whether a doubtful message stays so: nobody can be asked, and sending twice is worse than not at all.
func forGood(o Order, p provider.Provider) bool {
	switch p.(type) {
	case provider.Finder, provider.Repeater:
		return false
	}
	return o.Class == gate.Marketing
}

const noAnswer = "no-answer"

// askAgain is how soon a doubtful message is looked into, in real time.
const askAgain = time.Second
