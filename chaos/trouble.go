package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// tally counts troubles by their kind.
type tally map[string]int

// trouble is one thing that goes wrong, for a while.
type trouble struct {
	kind, what string
	lasts      time.Duration
	begin, end func(ctx context.Context) error
}

// haunt makes trouble after trouble until ctx ends. Two never overlap: what goes wrong together would be told apart by
// nobody, and killing one while another is paused is the same as killing both.
func (h *house) haunt(ctx context.Context, o options, say func(string, ...any)) tally {
	random := rand.New(rand.NewPCG(o.seed, 1))
	hurt := tally{}
	for {
		pause := time.Duration(random.ExpFloat64() * float64(o.trouble))
		t := h.draw(random)
		select {
		case <-ctx.Done():
			return hurt
		case <-time.After(min(pause, 3*o.trouble)):
		}
		say("%s %s for %s", t.kind, t.what, t.lasts.Round(10*time.Millisecond))
		hurt[t.kind]++
		whole := context.WithoutCancel(ctx)
		if err := t.begin(whole); err != nil {
			say("  that did not work: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(t.lasts):
		}
		if err := t.end(whole); err != nil {
			say("  that could not be mended: %v", err)
		}
		ended, err := h.tend(whole)
		for _, what := range ended {
			say("  %s", what)
			hurt["ended by itself"]++
		}
		if err != nil {
			say("  it could not be started again: %v", err)
		}
	}
}

func (h *house) draw(random *rand.Rand) trouble {
	nothing := func(context.Context) error { return nil }
	switch kind := random.IntN(10); {
	case kind < 4: // worker and API most of all
		part := []string{worker, worker, api, api, temporal, postgres}[random.IntN(6)]
		return trouble{"kill", part, time.Duration(random.IntN(1500)) * time.Millisecond,
			func(context.Context) error { h.kill(part); return nil },
			func(ctx context.Context) error { return h.start(ctx, part) }}
	case kind < 6:
		part := order[random.IntN(len(order))]
		return trouble{"pause", part, time.Duration(500+random.IntN(7500)) * time.Millisecond,
			func(context.Context) error { h.signal(part, syscall.SIGSTOP); return nil },
			func(context.Context) error { h.signal(part, syscall.SIGCONT); return nil }}
	case kind < 7:
		name := h.drawWire(random)
		return trouble{"cut", name, time.Duration(100+random.IntN(3000)) * time.Millisecond,
			func(context.Context) error { h.wires[name].sever(); return nil },
			func(context.Context) error { h.wires[name].mend(); return nil }}
	case kind < 8:
		name, by := h.drawWire(random), time.Duration(5+random.IntN(150))*time.Millisecond
		return trouble{"slow", fmt.Sprintf("%s by %s", name, by), time.Duration(1+random.IntN(4)) * time.Second,
			func(context.Context) error { h.wires[name].slow(by); return nil },
			func(context.Context) error { h.wires[name].mend(); return nil }}
	default:
		mode := []string{"fail", "timeout", "timeout_after_accept", "rate_limit"}[random.IntN(4)]
		count := 2 + random.IntN(10)
		return trouble{"provider", fmt.Sprintf("%s, %d times", strings.ReplaceAll(mode, "_", " "), count), 2 * time.Second,
			func(ctx context.Context) error { return h.fault(ctx, mode, count, random.Uint64()) }, nothing}
	}
}

func (h *house) drawWire(random *rand.Rand) string {
	return []string{apiToPostgres, workerToPostgres, toTemporal, toProvider}[random.IntN(4)]
}

// fault lets the provider go wrong for its next calls, each by a throw of the dice.
func (h *house) fault(ctx context.Context, mode string, count int, seed uint64) error {
	answer, err := h.parts[sandbox].Call(ctx, http.MethodPost, h.api.Outbox+"/outbox/faults", map[string]any{
		"channel": "email", "mode": mode, "count": count, "probability": 0.5, "seed": seed, "delay_ms": 2000, "retry_after_seconds": 1,
	})
	if err == nil && answer.Status >= http.StatusMultipleChoices {
		err = fmt.Errorf("%d %s", answer.Status, answer.Body)
	}
	return err
}

// mend leaves nothing broken.
func (h *house) mend(ctx context.Context) error {
	for _, w := range h.wires {
		w.mend()
	}
	if _, err := h.tend(ctx); err != nil {
		return err
	}
	answer, err := h.parts[sandbox].Call(ctx, http.MethodDelete, h.api.Outbox+"/outbox/faults", nil)
	if err == nil && answer.Status >= http.StatusMultipleChoices {
		err = fmt.Errorf("take the provider's faults back: %d %s", answer.Status, answer.Body)
	}
	return err
}
