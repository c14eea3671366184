package db

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/perdura/perdura/db/query"
)

// measureEvery is how long a measurement of the database's clock is relied upon: no clock drifts far within it.
const measureEvery = time.Minute

// Clock tells the real time of the database, which is one for all workers, from this machine's clock and how far the two
// are apart. Leases and whatever else compares instants of several workers go by it. Safe for concurrent use.
type Clock struct {
	// Machine is this machine's clock; time.Now when nil.
	Machine func() time.Time

	ahead    atomic.Int64 // of the database before the machine
	measured atomic.Int64 // when, by the process's own monotonic clock
}

// started is where the monotonic clock of measurements begins.
var started = time.Now()

// Now is the database's time, as last measured; before that it is the machine's.
func (c *Clock) Now() time.Time { return c.machine().Add(c.Ahead()) }

// Ahead is how far the database's clock is ahead of the machine's.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.ahead.Load()) }

func (c *Clock) machine() time.Time {
	if c.Machine != nil {
		return c.Machine()
	}
	return time.Now()
}

// Measure asks the database for its time unless it did a moment ago. The error is PostgreSQL's; the former measurement
// stands then.
func (c *Clock) Measure(ctx context.Context, at query.DBTX) error {
	elapsed := time.Since(started)
	if last := c.measured.Load(); last != 0 && elapsed-time.Duration(last) < measureEvery {
		return nil
	}
	before := c.machine()
	theirs, err := query.New().DatabaseTime(ctx, at)
	if err != nil {
		return err
	}
	// The answer was given somewhere between question and answer.
	middle := before.Add(c.machine().Sub(before) / 2)
	c.ahead.Store(int64(theirs.Sub(middle).Round(0)))
	c.measured.Store(int64(elapsed) + 1)
	return nil
}
