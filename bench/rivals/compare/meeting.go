package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/perdura/perdura/bench/usage"
)

// The phases of a round.
const (
	closed16 = "closed-16" // sixteen clients, each waits for the notification of its lead before the next
	closed64 = "closed-64"
	rate     = "rate"   // leads come at a fixed rate, whatever the answers take
	flood    = "flood"  // 64 clients push as fast as they are answered, and wait for nothing
	outage   = "outage" // a flood while the engine is gone
)

const (
	pushing  = 64               // clients of a flood
	patience = 20 * time.Second // with one lead
)

var everyPhase = []string{closed16, closed64, rate, flood, outage}

// meeting is one contestant under load.
type meeting struct {
	*running
	sink    *sink
	options options
}

// warmUp hands leads in until the contestant has found its pace.
func (m meeting) warmUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	id, err := m.submit(ctx, somebody())
	if err != nil {
		return fmt.Errorf("the first lead: %w", err)
	}
	if _, came := m.sink.wait(ctx, id); !came {
		return fmt.Errorf("the first lead was accepted, and its notification did not come within a minute")
	}
	_, err = m.closed(ctx, 16, 3*time.Second)
	return err
}

// measure goes through the phases.
func (m meeting) measure(ctx context.Context) (result, error) {
	r := result{Phases: map[string]phase{}}
	for _, name := range everyPhase {
		if !slices.Contains(m.options.phases, name) || name == outage && m.engine == nil {
			continue
		}
		var p phase
		var err error
		switch name {
		case closed16:
			p, err = m.closed(ctx, 16, m.options.length)
		case closed64:
			p, err = m.closed(ctx, 64, m.options.length)
		case rate:
			p, err = m.fixed(ctx)
		case flood:
			p, err = m.flood(ctx)
		case outage:
			p, err = m.outage(ctx)
		}
		if err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
		r.Phases[name] = p
	}
	r.Twice = m.sink.twice()
	return r, nil
}

// closed lets clients hand in leads one after the other, each when the one before has been notified of. Only what ends in
// the measured time counts; a second before it lets them spread.
func (m meeting) closed(ctx context.Context, clients int, length time.Duration) (phase, error) {
	begin := time.Now().Add(time.Second)
	end := begin.Add(length)
	var c collected
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				m.one(ctx, &c, time.Now())
			}
		})
	}
	sleep(ctx, time.Until(begin))
	before, err := m.used()
	if err != nil {
		return phase{}, err
	}
	sleep(ctx, time.Until(end))
	after, err := m.used()
	if err != nil {
		return phase{}, err
	}
	wg.Wait()
	p := c.between(begin, end)
	p.charge(before, after)
	return p, c.failure()
}

// fixed hands leads in at a rate. Their time counts from the instant for which they were planned.
func (m meeting) fixed(ctx context.Context) (phase, error) {
	count := int(m.options.length.Seconds() * float64(m.options.rate))
	var c collected
	var wg sync.WaitGroup
	before, err := m.used()
	if err != nil {
		return phase{}, err
	}
	begin := time.Now()
	for n := range count {
		at := begin.Add(time.Duration(n) * time.Second / time.Duration(m.options.rate))
		sleep(ctx, time.Until(at))
		wg.Go(func() { m.one(ctx, &c, at) })
	}
	after, err := m.used()
	if err != nil {
		return phase{}, err
	}
	wg.Wait()
	p := c.between(begin, time.Now())
	p.Seconds = m.options.length.Seconds()
	p.charge(before, after)
	return p, c.failure()
}

// flood pushes, and counts what is accepted and what is handed over in the same time.
func (m meeting) flood(ctx context.Context) (phase, error) {
	before, err := m.used()
	if err != nil {
		return phase{}, err
	}
	done := m.sink.count()
	p, ids, err := m.push(ctx)
	if err != nil {
		return p, err
	}
	p.Finished = m.sink.count() - done
	after, err := m.used()
	if err != nil {
		return p, err
	}
	p.charge(before, after)
	p.Left = m.drain(ctx, ids)
	return p, nil
}

// outage is a flood without the engine; afterwards it comes back, and hand-overs begin again.
func (m meeting) outage(ctx context.Context) (phase, error) {
	m.engine.kill()
	p, _, err := m.push(ctx)
	if err != nil {
		return p, err
	}
	if err := m.engine.start(ctx); err != nil {
		return p, err
	}
	back, seen := time.Now(), m.sink.count()
	for m.sink.count() == seen {
		if time.Since(back) > time.Minute || ctx.Err() != nil {
			return p, fmt.Errorf("nothing was handed over within a minute after the engine had come back")
		}
		sleep(ctx, 20*time.Millisecond)
	}
	p.BackSeconds = time.Since(back).Seconds()
	return p, nil
}

// push lets clients hand in leads for the length of a phase, and returns the ids of those that were accepted.
func (m meeting) push(ctx context.Context) (phase, []string, error) {
	var c collected
	var refused atomic.Int64
	var mu sync.Mutex
	var ids []string
	var wg sync.WaitGroup
	begin := time.Now()
	end := begin.Add(m.options.length)
	for range pushing {
		wg.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				at := time.Now()
				id, err := m.submit(ctx, somebody())
				if err != nil {
					refused.Add(1)
					c.fail(err)
					continue
				}
				c.add(lead{planned: at, accepted: time.Now()})
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	p := c.between(begin, time.Now())
	p.Seconds = time.Since(begin).Seconds()
	p.Refused, p.Missing = int(refused.Load()), 0
	if p.Accepted == 0 {
		return p, nil, fmt.Errorf("nothing was accepted: %w", c.failure())
	}
	return p, ids, ctx.Err()
}

// drain waits for what was accepted to be handed over, for as long as the options say, and returns how many leads are left.
func (m meeting) drain(ctx context.Context, ids []string) int {
	ctx, cancel := context.WithTimeout(ctx, m.options.drain)
	defer cancel()
	left := 0
	for _, id := range ids {
		if _, came := m.sink.wait(ctx, id); !came {
			left++
		}
	}
	return left
}

// one hands a lead in and waits for its notification.
func (m meeting) one(ctx context.Context, c *collected, planned time.Time) {
	l := lead{planned: planned}
	defer func() { c.add(l) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id, err := m.submit(ctx, somebody())
	if err != nil {
		c.fail(err)
		return
	}
	l.accepted = time.Now()
	l.arrived, _ = m.sink.wait(ctx, id)
}

// used reads what each process of the contestant has used.
func (m meeting) used() (map[string]usage.Usage, error) {
	all := map[string]usage.Usage{}
	for name, pid := range m.processes {
		u, err := usage.Of(pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = u
	}
	return all, nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
