package app

import (
	"context"
	"fmt"
	"time"

	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/worker"
	"github.com/perdura/perdura/worker/dispatch"
)

const (
	// pollNear suffices where the API runs in the same process and pokes; pollFar keeps the delay short where it cannot.
	pollNear = 250 * time.Millisecond
	pollFar  = 25 * time.Millisecond
	// lateAfter is when events that wait are worth an operator's attention.
	lateAfter = time.Minute
)

func (h *house) newDispatcher() *dispatch.Dispatcher {
	poll := h.cfg.Dispatcher.PollInterval
	switch {
	case poll > 0:
	case h.parts.API:
		poll = pollNear
	default:
		poll = pollFar
	}
	return dispatch.New(h.pool, h.temporal, journal.Temporal(h.temporal), dispatch.Options{
		Definitions: h.table.Processes,
		Listeners:   h.table.Ears(worker.Deps{Pool: h.pool, Clock: h.clock, Log: h.log}),
		TaskQueue:   h.cfg.Temporal.TaskQueue,
		Clock:       h.clock,
		Log:         h.log,
		EagerStart:  h.cfg.Worker.EagerStart && h.parts.Worker,
		Workers:     h.cfg.Dispatcher.Concurrency,
		Poll:        poll,
		Lease:       h.cfg.Dispatcher.Lease,
	})
}

// deliveries errs when accepted events are not getting through. Its text is shown by /readyz.
func deliveries(d *dispatch.Dispatcher) func(context.Context) error {
	return func(ctx context.Context) error {
		lag, err := d.Lag(ctx)
		switch {
		case err != nil:
			return err
		case lag.StuckCount > 0:
			return fmt.Errorf("%d events failed again and again and hold up their subjects: see last_error in table events", lag.StuckCount)
		case lag.Oldest > lateAfter:
			return fmt.Errorf("%d events wait, the oldest for %s", lag.Pending, lag.Oldest.Round(time.Second))
		}
		return nil
	}
}
