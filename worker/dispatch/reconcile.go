package dispatch

import (
	"context"
	"time"

	"github.com/perdura/perdura/journal"
)

const (
	// reconcileEvery and reconcileBatch together look at some four runs a second.
	reconcileEvery = 15 * time.Second
	reconcileBatch = 64
	// uncheckedFor is how long a running row is left alone after it was begun or last compared.
	uncheckedFor = 10 * time.Minute
)

// reconcile compares the journal's running rows with Temporal, a few at a time, until ctx ends.
func (d *Dispatcher) reconcile(ctx context.Context) {
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.health.down.Load() {
			continue
		}
		t := d.deliver.times()
		t.UncheckedSince = d.opts.instant(-uncheckedFor)
		closed, err := journal.Reconcile(ctx, d.pool, d.runs, t, reconcileBatch)
		if err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "runs could not be compared with Temporal; trying again", "error", describe(err))
		}
		if closed > 0 {
			d.log.InfoContext(ctx, "runs that Temporal had ended were closed in the journal", "runs", closed)
		}
	}
}
