package main

import (
	"context"

	"github.com/perdura/perdura/bench/instance"
)

// engine is Temporal beneath Perdura, which is taken away for a while.
type engine struct {
	options instance.Options
	running *running
	at      int // its place among the houses
}

// kill ends it with -9.
func (e *engine) kill() { e.running.houses[e.at].Kill() }

// start brings it back where it was.
func (e *engine) start(ctx context.Context) error {
	i, err := instance.Start(ctx, e.options)
	if err != nil {
		return err
	}
	e.running.houses[e.at] = i
	e.running.processes["temporal"] = i.PID()
	return nil
}
