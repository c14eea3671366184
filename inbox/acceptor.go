package inbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
)

const (
	// groupSize bounds the events of one transaction.
	groupSize = 64
	// committers is how many groups are written at once: the second keeps a group that waits for a subject's lock from
	// holding everybody up.
	committers = 2
	// groupTimeout bounds one group's transaction. It lives apart from its callers: one who leaves spoils nothing.
	groupTimeout = 10 * time.Second
)

// Acceptor accepts events for many callers at once. Calls that come while a transaction is under way share the next
// one; a call that comes alone is written at once. Safe for concurrent use; it needs no stopping.
type Acceptor struct {
	pool *pgxpool.Pool
	poke Poker

	mu      sync.Mutex
	waiting []*call
	working int
}

type call struct {
	now     time.Time
	events  []Event
	records []audit.Record
	done    chan outcome
}

type outcome struct {
	accepted []Accepted
	err      error
}

// NewAcceptor returns an Acceptor that writes to pool and wakes poke after each commit; poke may be nil.
func NewAcceptor(pool *pgxpool.Pool, poke Poker) *Acceptor { return &Acceptor{pool: pool, poke: poke} }

// Accept keeps events as the function Accept does, in a transaction that it shares with other callers, and returns after
// the commit. records are appended to the audit log in the same transaction, unless every event is a repeat. Each
// caller has its own result: nobody's invalid event hurts another's. When ctx ends first the outcome is unknown;
// accepting the same events again is harmless.
func (a *Acceptor) Accept(ctx context.Context, now time.Time, events []Event, records ...audit.Record) ([]Accepted, error) {
	if len(events) == 0 {
		return nil, nil
	}
	for i, e := range events {
		if err := e.check(i); err != nil {
			return nil, err
		}
	}
	c := &call{now: now, events: traced(ctx, events), records: records, done: make(chan outcome, 1)}
	a.mu.Lock()
	a.waiting = append(a.waiting, c)
	if a.working < committers {
		a.working++
		go a.work()
	}
	a.mu.Unlock()
	select {
	case o := <-c.done:
		return o.accepted, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// work writes groups until nobody waits.
func (a *Acceptor) work() {
	for {
		group := a.take()
		if group == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
		a.commit(ctx, group)
		cancel()
	}
}

func (a *Acceptor) take() []*call {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		a.working--
		return nil
	}
	n, size := 0, 0
	for n < len(a.waiting) && (n == 0 || size+len(a.waiting[n].events) <= groupSize) {
		size += len(a.waiting[n].events)
		n++
	}
	group := a.waiting[:n:n]
	if a.waiting = a.waiting[n:]; len(a.waiting) == 0 {
		a.waiting = nil
	}
	return group
}

// commit writes the group together; when that fails, each call alone, so that the error reaches only whom it concerns.
func (a *Acceptor) commit(ctx context.Context, group []*call) {
	results, err := a.write(ctx, group)
	if err == nil {
		for i, c := range group {
			c.done <- outcome{accepted: results[i]}
		}
		a.wake()
		return
	}
	if len(group) == 1 || !blamesOne(err) {
		for _, c := range group {
			c.done <- outcome{err: err}
		}
		return
	}
	for _, c := range group {
		a.commit(ctx, []*call{c})
	}
}

// blamesOne reports whether err may come from a single event, rather than from a PostgreSQL that does not answer.
func blamesOne(err error) bool {
	return errors.As(err, new(*pgconn.PgError)) || errors.As(err, new(*InvalidError))
}

func (a *Acceptor) write(ctx context.Context, group []*call) ([][]Accepted, error) {
	var events []Event
	for _, c := range group {
		for _, e := range c.events {
			if e.OccurredAt.IsZero() {
				e.OccurredAt = c.now
			}
			events = append(events, e)
		}
	}
	results := make([][]Accepted, len(group))
	err := db.InTx(ctx, a.pool, func(tx pgx.Tx) error {
		accepted, err := Accept(ctx, tx, group[0].now, events...)
		if err != nil {
			return err
		}
		var records []audit.Record
		for i, c := range group {
			results[i], accepted = accepted[:len(c.events):len(c.events)], accepted[len(c.events):]
			if anyFresh(results[i]) {
				records = append(records, c.records...)
			}
		}
		return audit.Append(ctx, tx, group[0].now, records...)
	})
	return results, err
}

func anyFresh(accepted []Accepted) bool {
	for _, a := range accepted {
		if !a.Duplicate {
			return true
		}
	}
	return false
}

func (a *Acceptor) wake() {
	if a.poke != nil {
		a.poke.Poke()
	}
}
