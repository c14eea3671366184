// Package dispatch hands the events of the inbox to Temporal.
//
// A Dispatcher claims subjects that have pending events, each under a lease, and delivers the events of a subject one
// after the other, different subjects side by side. An event that cannot be delivered stays first of its subject, is
// tried again ever later (at most half a minute apart), and holds up nobody else; one that never can be delivered is set
// aside after some ten minutes, for somebody to look at. Every delivery may happen twice and is
// harmless then: the journal and the workflow ID tell that a run was started, the event's id that a signal was given. So
// several dispatchers may work at once, and one that dies leaves its events to the others as soon as its leases end.
package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

// All spans are real time.
const (
	defaultWorkers = 32
	defaultPoll    = 250 * time.Millisecond
	defaultLease   = 10 * time.Second
	defaultTries   = 26
	// laneLength is how many events of one subject are claimed together.
	laneLength = 16
	// deliveryTime bounds one delivery. A lane stops while its lease still covers one.
	deliveryTime = 4 * time.Second
	leaseMargin  = time.Second
	// inboxTime bounds one statement on the inbox: a PostgreSQL that hangs counts as one that is down.
	inboxTime = 5 * time.Second
	// stopTime is how long Run lets deliveries finish when it is asked to stop.
	stopTime = 5 * time.Second
)

// Temporal is the part of a Temporal client that a Dispatcher needs.
type Temporal interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
}

// Options are what a Dispatcher works with. Definitions, TaskQueue and Log are required.
type Options struct {
	Definitions []process.Definition
	// Listeners hear every event once it was delivered or found to be of no process's business.
	Listeners []Listener
	TaskQueue string
	Clock     clock.Clock
	Log       *slog.Logger
	// EagerStart asks Temporal to hand the first workflow task to a worker in this process.
	EagerStart bool
	// Workers is how many subjects are delivered at once; 32 when zero.
	Workers int
	// Poll is how long an idle dispatcher waits for a Poke; 250 ms when zero. Choose 25 ms where events are accepted by
	// another process, which cannot poke.
	Poll time.Duration
	// Lease is how long a subject stays with a dispatcher that does not answer; 10 s when zero, at least 6 s.
	Lease time.Duration
	// SetAsideAfter is how many tries an event gets of which none can succeed, before those behind it go on without it; 26
	// when zero, some ten minutes, in which a build that can deliver it may come.
	SetAsideAfter int
	// Machine is this machine's clock; time.Now when nil. Leases go by the database's, which is measured against it.
	Machine func() time.Time

	real *db.Clock
}

// Listener hears of an event, perhaps more than once. An event whose listener errs is told again, later, and holds up its
// subject meanwhile.
type Listener func(ctx context.Context, id uuid.UUID, eventType string, data json.RawMessage) error

// Dispatcher delivers events. Make it with New and run it once.
type Dispatcher struct {
	pool *pgxpool.Pool
	opts Options
	log  *slog.Logger
	// id names this dispatcher in its leases.
	id      string
	deliver *deliverer
	runs    journal.Engine
	poke    chan struct{}
	results chan result
	// health is what readiness asks about.
	health health
}

// New returns a Dispatcher that delivers from pool to temporal and asks runs about runs that do not answer.
func New(pool *pgxpool.Pool, temporal Temporal, runs journal.Engine, o Options) *Dispatcher {
	o.Workers = cmp.Or(o.Workers, defaultWorkers)
	o.Poll = cmp.Or(o.Poll, defaultPoll)
	o.real = &db.Clock{Machine: o.Machine}
	o.SetAsideAfter = cmp.Or(o.SetAsideAfter, defaultTries)
	o.Lease = max(cmp.Or(o.Lease, defaultLease), deliveryTime+2*leaseMargin)
	return &Dispatcher{
		pool: pool, opts: o, log: o.Log, id: uuid.NewString(), runs: runs,
		deliver: newDeliverer(pool, temporal, runs, o),
		poke:    make(chan struct{}, 1),
		results: make(chan result, o.Workers),
	}
}

// Poke makes the dispatcher look for events at once. It never blocks.
func (d *Dispatcher) Poke() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends, then lets the deliveries under way finish for up to five seconds and gives back what it
// still holds. It outlives a PostgreSQL or a Temporal that goes away, and always returns nil.
func (d *Dispatcher) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	reconciled := make(chan struct{})
	go func() {
		defer close(reconciled)
		d.reconcile(ctx)
	}()
	l := loop{Dispatcher: d, inbox: connection{pool: d.pool}, free: d.opts.Workers, busy: busy{}}
	defer l.inbox.close()
	for ctx.Err() == nil {
		l.turn(ctx, work)
	}
	l.drain(work, stop)
	<-reconciled
	return nil
}

// instant is the business time that lies span of real time from now, by the database's clock: dispatchers on machines whose
// clocks are apart agree on when a lease ends.
func (o Options) instant(span time.Duration) time.Time { return o.Clock.At(o.real.Now().Add(span)) }
