package processtest

import (
	"context"
	"slices"
	"sync"

	"github.com/perdura/perdura/process"
)

// Calls remembers how an activity was called.
type Calls[A any] struct {
	mu   sync.Mutex
	args []A
	keys []string
}

// Stub lets answer stand in for an activity, and remembers its calls; each try of a step counts.
func Stub[A, R any](e *Env, act process.Activity[A, R], answer func(A) (R, error)) *Calls[A] {
	c := &Calls[A]{}
	e.Register(act.Implement(func(ctx context.Context, arg A) (R, error) {
		c.mu.Lock()
		c.args = append(c.args, arg)
		c.keys = append(c.keys, process.Key(ctx))
		c.mu.Unlock()
		return answer(arg)
	}))
	return c
}

// Returns is an answer for Stub that is always the same.
func Returns[A, R any](r R) func(A) (R, error) {
	return func(A) (R, error) { return r, nil }
}

// Args lists the arguments of the calls, in order.
func (c *Calls[A]) Args() []A {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.args)
}

// Keys lists the idempotency keys of the calls, in order.
func (c *Calls[A]) Keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.keys)
}

// Count is the number of calls.
func (c *Calls[A]) Count() int { return len(c.Args()) }
