// Package delivery is the one way out of the house for every message, to people of the house and to people outside: the
// send ledger, the policy gate, the providers' shared pace, and what is done when nobody knows whether a message left.
//
// A message has one row in the ledger, by the key of its step. It is handed to a provider only by the try that raised
// the row's number of attempts, after that was committed; whatever the try learns is written under that number. So two
// tries never both hand over, and a try that dies leaves a row that says so: reserved, with the time of the hand-over.
package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/links"
)

// Gate decides whether a message to a person may leave. *gate.Gate is one.
type Gate interface {
	Admit(ctx context.Context, tx pgx.Tx, now time.Time, r gate.Request) (gate.Verdict, error)
}

// Options configure the Core.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	// Providers carry the messages; of two for one channel, the first is used, and the other only asked about messages
	// that it was given before.
	Providers []provider.Provider
	// Limits are the calls a second that a provider takes from all workers together, by its name; none for one that is
	// not named.
	Limits map[string]float64
	Gate   Gate
	// Links signs what Facts links to; nil leaves the links empty.
	Links *links.Signer
	// Books tell what messages about an account say; nil leaves it out.
	Books collecting.Books
	// SenderName is who speaks in messages to people.
	SenderName string
	// CallTimeout bounds one call of a provider; zero for 15 seconds.
	CallTimeout time.Duration
	// Machine is this machine's clock; time.Now when nil. The ledger and the gate go by the database's, which is measured
	// against it.
	Machine func() time.Time
}

const (
	defaultCallTimeout = 15 * time.Second
	// skew is how far two workers may be apart in what they hold for the database's time.
	skew = 3 * time.Second
	// settleFor is how long a try tries to write down what it learned.
	settleFor = 5 * time.Second
)

// Core delivers messages. It is safe for concurrent use.
type Core struct {
	pool      *pgxpool.Pool
	q         *query.Queries
	clock     clock.Clock
	gate      Gate
	links     *links.Signer
	sender    string
	books     collecting.Books
	byName    map[string]provider.Provider
	byChannel map[provider.Channel]provider.Provider
	buckets   map[string]*bucket
	fences    *fence.Keeper
	real      *db.Clock
	timeout   time.Duration
	settleFor time.Duration
}

// New returns a Core.
func New(o Options) *Core {
	c := &Core{
		pool: o.Pool, q: query.New(), clock: o.Clock, gate: o.Gate, links: o.Links, sender: o.SenderName, books: o.Books,
		byName: map[string]provider.Provider{}, byChannel: map[provider.Channel]provider.Provider{},
		buckets: map[string]*bucket{}, fences: fence.NewKeeper(o.Pool), timeout: o.CallTimeout, settleFor: settleFor,
		real: &db.Clock{Machine: o.Machine},
	}
	if c.timeout == 0 {
		c.timeout = defaultCallTimeout
	}
	for _, p := range o.Providers {
		if _, taken := c.byName[p.Name()]; !taken {
			c.byName[p.Name()] = p
		}
		if _, taken := c.byChannel[p.Channel()]; !taken {
			c.byChannel[p.Channel()] = p
		}
		if perSecond := o.Limits[p.Name()]; perSecond > 0 {
			c.buckets[p.Name()] = newBucket(o.Pool, p.Name(), perSecond)
		}
	}
	return c
}

// Carries reports whether there is a provider for a channel.
func (c *Core) Carries(channel provider.Channel) bool { return c.byChannel[channel] != nil }

// Withdraw gives up a message of the run that has not left, with its place in the day. One that has left stays as it is.
func (c *Core) Withdraw(ctx context.Context, w Withdrawal) error {
	run, _ := keyParts(w.Key)
	_, err := c.q.WithdrawMessage(ctx, c.pool, query.WithdrawMessageParams{ID: w.MessageID, Reason: &w.Reason, Run: run})
	if err != nil {
		return fmt.Errorf("withdraw message %s: %w", w.MessageID, err)
	}
	return nil
}
