package app

import (
	"context"
	"sync"
)

// crowd lets only so many at once ask one and the same run; the others wait for their turn. A run that is asked by many
// has its workflow tasks repeated by Temporal, each time from the beginning of its history, as long as more keep coming.
type crowd struct {
	atOnce int

	mu    sync.Mutex
	lines map[string]*line
}

// line is who asks one run, or waits to.
type line struct {
	turns chan struct{}
	users int
}

func newCrowd(atOnce int) *crowd { return &crowd{atOnce: atOnce, lines: map[string]*line{}} }

// enter waits for a turn with a run and returns what ends it. The error is the context's.
func (c *crowd) enter(ctx context.Context, run string) (leave func(), err error) {
	c.mu.Lock()
	l := c.lines[run]
	if l == nil {
		l = &line{turns: make(chan struct{}, c.atOnce)}
		c.lines[run] = l
	}
	l.users++
	c.mu.Unlock()
	select {
	case l.turns <- struct{}{}:
		return func() { <-l.turns; c.goes(run, l) }, nil
	case <-ctx.Done():
		c.goes(run, l)
		return nil, ctx.Err()
	}
}

// goes forgets the line of a run with the last who stood in it.
func (c *crowd) goes(run string, l *line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(c.lines, run)
	}
}
