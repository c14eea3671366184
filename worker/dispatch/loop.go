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
	database  int
	claimNext time.Time // no claim before, after PostgreSQL failed
}

// turn settles, claims, and waits for something to happen unless more is there to claim.
func (l *loop) turn(ctx, work context.Context) {
	l.collect()
	wait := l.opts.Poll
	if !l.flush(ctx) {
		wait = l.pause()
	} else if lanes := l.allowed(); lanes > 0 {
		claimed, err := l.claim(ctx, lanes)
		switch {
		case err != nil && ctx.Err() == nil:
			l.database++
			l.log.WarnContext(ctx, "the inbox could not be read; trying again", "error", describe(err), "failures", l.database)
			wait = l.pause()
		case err == nil:
			l.database = 0
			l.start(work, claimed)
			if len(claimed) == lanes && l.free > 0 && !l.outage.down() {
				return
			}
		}
	}
	if l.outage.down() {
		wait = min(wait, max(time.Until(l.outage.probeAt), time.Millisecond))
	}
	select {
	case <-ctx.Done():
	case <-l.poke:
	case r := <-l.results:
		l.take(r)
	case <-time.After(wait):
	}
}

// claim leases up to lanes subjects and returns their events, grouped by subject and in order.
func (l *loop) claim(ctx context.Context, lanes int) ([][]event, error) {
	ctx, cancel := context.WithTimeout(ctx, inboxTime)
	defer cancel()
	conn, err := l.inbox.open(ctx)
	if err != nil {
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
	if time.Now().Before(l.claimNext) {
		return 0
	}
	if !l.outage.down() {
		return l.free
	}
	if time.Now().Before(l.outage.probeAt) || l.free < l.opts.Workers {
		return 0
	}
	return 1
}

// pause is the wait after PostgreSQL failed; pokes do not shorten it.
func (l *loop) pause() time.Duration {
	wait := min(backoff(max(l.database, 1)), maxDatabasePause)
	l.claimNext = time.Now().Add(wait)
	return wait
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
	if time.Now().Before(l.claimNext) {
		return false
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
			l.database++
			l.log.WarnContext(ctx, "deliveries could not be noted in the inbox; trying again", "error", describe(err), "failures", l.database)
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
	l.claimNext = time.Time{}
	l.flush(ctx)
}
