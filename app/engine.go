package app

import (
	"context"
	"sync"
	"time"

	sdkworker "go.temporal.io/sdk/worker"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/worker"
	"github.com/perdura/perdura/worker/dispatch"
)

// engine is the side of the house that faces Temporal: worker and dispatcher, whichever this process has. They begin
// once Temporal answers.
type engine struct {
	h          *house
	dispatcher *dispatch.Dispatcher // nil when it runs elsewhere
	senders    worker.Senders
	failed     chan<- error
}

func (h *house) newEngine(failed chan<- error) (*engine, error) {
	e := &engine{h: h, failed: failed}
	if h.parts.Dispatcher {
		e.dispatcher = h.newDispatcher()
	}
	if !h.parts.Worker {
		return e, nil
	}
	var err error
	if e.senders, err = worker.NewSenders(h.cfg); err != nil {
		return nil, err
	}
	// A wrong table shows now, not when Temporal comes up.
	_, err = h.table.Implementations(e.deps())
	return e, err
}

func (e *engine) deps() worker.Deps {
	return worker.Deps{
		Pool: e.h.pool, Clock: e.h.clock, Log: e.h.log, Config: e.h.cfg, Senders: e.senders, Poker: e.poker(), Links: e.h.links,
	}
}

// poker wakes the dispatcher of this process. Where it runs elsewhere, that one looks for events by itself.
func (e *engine) poker() worker.Poker {
	if e.dispatcher == nil {
		return absent{}
	}
	return e.dispatcher
}

// start runs everything in the background and returns how to stop it: deliveries first, then the worker's steps.
func (e *engine) start(background context.Context) func(context.Context) error {
	connecting, stopConnecting := context.WithCancel(background)
	dispatching, stopDispatching := context.WithCancel(background)
	var work sync.WaitGroup
	started := make(chan sdkworker.Worker, 1)
	if e.h.parts.Dispatcher {
		work.Go(func() { _ = audit.NewSealer(e.h.pool, e.h.log).Run(dispatching) })
	}
	if e.h.parts.Worker || e.h.parts.Dispatcher {
		work.Go(func() {
			w, err := e.connect(connecting)
			if err != nil {
				if connecting.Err() == nil {
					fail(e.failed, "start the Temporal worker: %w", err)
				}
				return
			}
			if w != nil {
				started <- w
			}
			if !e.h.parts.Dispatcher {
				return
			}
			if err := e.h.startStanding(dispatching); err != nil {
				e.h.log.Error("standing processes wait for the next start of the dispatcher", "error", err.Error())
			}
			_ = e.dispatcher.Run(dispatching) // it outlives every outage and ends with its context
		})
	}
	return func(context.Context) error {
		stopConnecting()
		stopDispatching()
		work.Wait()
		select {
		case w := <-started:
			w.Stop()
		default:
		}
		return e.senders.Close()
	}
}

// startPause lies between attempts to start the worker once Temporal has answered.
const startPause = 2 * time.Second

// connect waits for Temporal and starts the worker, if this process has one. It gives up when ctx ends or the table is
// wrong.
func (e *engine) connect(ctx context.Context) (sdkworker.Worker, error) {
	for {
		if err := worker.AwaitTemporal(ctx, e.h.temporal, e.h.at, e.h.log); err != nil {
			return nil, err
		}
		if !e.h.parts.Worker {
			return nil, nil
		}
		w, err := worker.New(e.h.temporal, e.h.cfg, e.h.table, e.deps(), func(err error) {
			fail(e.failed, "run the Temporal worker: it gave up: %w", err)
		})
		if err != nil {
			return nil, err
		}
		if err = w.Start(); err == nil {
			e.h.log.Info("the worker runs", "task_queue", e.h.cfg.Temporal.TaskQueue, "processes", len(e.h.table.Processes))
			return w, nil
		}
		e.h.log.Warn("start the worker: Temporal turned it down; trying again", "error", err.Error())
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(startPause):
		}
	}
}

// absent is the poker of a process without a dispatcher.
type absent struct{}

func (absent) Poke() {}
