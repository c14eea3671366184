package dispatch

import (
	"context"
	"slices"
	"time"

	"github.com/perdura/perdura/db/query"
)

// loop is the one goroutine that talks to the inbox: it settles what lanes report and claims the next subjects.
type loop struct {
	*Dispatcher
	inbox   connection
	free    int // lanes that may be started
	busy    busy
	settled []settlement
	outage  outage
	// database is the row of failures of PostgreSQL.
	database int
	tryNext  time.Time // nothing is asked of PostgreSQL before, after it failed
}

// turn settles, claims, and waits for something to happen unless more is there to claim.
func (l *loop) turn(ctx, work context.Context) {
	l.collect()
	if !l.resting() && l.flush(ctx) {
		if lanes := l.allowed(); lanes > 0 {
			claimed, err := l.claim(ctx, lanes)
			switch {
			case err != nil && ctx.Err() == nil:
				l.fail(ctx, "the inbox could not be read; trying again", err)
			case err == nil:
				l.database = 0
				l.start(work, claimed)
				if len(claimed) == lanes && l.free > 0 && !l.outage.down() {
					return
				}
			}
		}
	}
	select {
	case <-ctx.Done():
	case <-l.poke:
	case r := <-l.results:
		l.take(r)
	case <-time.After(l.wait()):
	}
}

// wait is how long there is nothing to do unless somebody tells otherwise.
func (l *loop) wait() time.Duration {
	if l.resting() {
		return time.Until(l.tryNext)
	}
	if l.outage.down() {
		return min(l.opts.Poll, max(time.Until(l.outage.probeAt), time.Millisecond))
	}
	return l.opts.Poll
}

// resting says that PostgreSQL failed a moment ago and is left alone. Whatever happens meanwhile, this does not grow longer.
func (l *loop) resting() bool { return time.Now().Before(l.tryNext) }

// fail notes that PostgreSQL failed, and leaves it alone, longer each time in a row.
func (l *loop) fail(ctx context.Context, what string, err error) {
	l.database++
	l.tryNext = time.Now().Add(min(backoff(l.database), maxDatabasePause))
	l.log.WarnContext(ctx, what, "error", describe(err), "failures", l.database)
}

// claim leases up to lanes subjects and returns their events, grouped by subject and in order.
func (l *loop) claim(ctx context.Context, lanes int) ([][]event, error) {
	ctx, cancel := context.WithTimeout(ctx, inboxTime)
	defer cancel()
	conn, err := l.inbox.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.opts.real.Measure(ctx, conn); err != nil {
		return nil, err
	}
	rows, err := query.New().ClaimEvents(ctx, conn, query.ClaimEventsParams{
		Dispatcher: l.id, Now: l.opts.instant(0), LeasedUntil: l.opts.instant(l.opts.Lease),
		Busy: l.busy.subjects(time.Now()), Lanes: int32(lanes), LaneLength: laneLength,
	})
	if err != nil {
		return nil, err
	}
	return bySubject(rows), nil
}

// allowed is how many lanes may start now: while Temporal is down one at a time, to try.
func (l *loop) allowed() int {
	if !l.outage.down() {
		return l.free
	}
	if time.Now().Before(l.outage.probeAt) || l.free < l.opts.Workers {
		return 0
	}
	return 1
}

func (l *loop) start(work context.Context, lanes [][]event) {
	deadline := time.Now().Add(l.opts.Lease)
	for _, events := range lanes {
		l.free--
		l.busy.hold(events[0].subject)
		go l.lane(work, deadline, events)
	}
}

// collect takes every report that is there.
func (l *loop) collect() {
	for {
		select {
		case r := <-l.results:
			l.take(r)
		default:
			return
		}
	}
}

func (l *loop) take(r result) {
	l.settled = append(l.settled, r.settled...)
	if r.last {
		l.free++
		l.busy.release(r.subject, r.retryIn, time.Now())
	}
	switch r.temporal {
	case answered:
		if l.outage.down() {
			l.log.Info("Temporal answers again; delivering the events that waited")
		}
		l.outage = outage{}
	case silent:
		if !l.outage.down() {
			l.log.Warn("Temporal does not answer; events are kept and delivered later")
		}
		l.outage.note(time.Now())
	}
	l.health.setDown(l.outage.down())
}

// flush writes what was settled in one statement. When PostgreSQL fails it keeps everything for the next turn.
func (l *loop) flush(ctx context.Context) bool {
	if len(l.settled) == 0 {
		return true
	}
	arg := query.SettleEventsParams{Now: l.opts.instant(0), Dispatcher: l.id}
	for _, s := range l.settled {
		arg.Seqs = append(arg.Seqs, s.seq)
		arg.States = append(arg.States, string(s.state))
		arg.Tries = append(arg.Tries, int32(s.tries))
		arg.Due = append(arg.Due, l.opts.instant(s.retryIn))
		arg.Problems = append(arg.Problems, s.problem)
	}
	bounded, cancel := context.WithTimeout(ctx, inboxTime)
	defer cancel()
	conn, err := l.inbox.open(bounded)
	if err == nil {
		err = query.New().SettleEvents(bounded, conn, arg)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.fail(ctx, "deliveries could not be noted in the inbox; trying again", err)
		}
		return false
	}
	l.database = 0
	l.settled = slices.Delete(l.settled, 0, len(l.settled))
	return true
}

// drain waits for the lanes, cutting them off after stopTime, and settles the rest. Leases cover what cannot be written.
func (l *loop) drain(work context.Context, stop context.CancelFunc) {
	timer := time.AfterFunc(stopTime, stop)
	defer timer.Stop()
	for l.free < l.opts.Workers {
		l.take(<-l.results)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), stopTime)
	defer cancel()
	l.flush(ctx)
}
