package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/perdura/perdura/bench/usage"
)

// lead is one on its way; instants are zero where it did not get there.
type lead struct{ planned, accepted, arrived time.Time }

// collected gathers leads from many clients.
type collected struct {
	mu     sync.Mutex
	leads  []lead
	failed int
	last   error
}

func (c *collected) add(l lead) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leads = append(c.leads, l)
}

func (c *collected) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed++
	c.last = err
}

// failure is an error when nothing at all was accepted.
func (c *collected) failure() error {
	if c.last != nil && c.failed == len(c.leads) {
		return fmt.Errorf("no lead was accepted: %w", c.last)
	}
	return nil
}

// between makes a phase of the leads that ended, or were accepted where none was waited for, from one instant to another.
func (c *collected) between(from, until time.Time) phase {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := func(t time.Time) bool { return !t.Before(from) && t.Before(until) }
	p := phase{Seconds: until.Sub(from).Seconds(), Refused: c.failed}
	var accept, arrive []time.Duration
	for _, l := range c.leads {
		if in(l.accepted) {
			p.Accepted++
			accept = append(accept, l.accepted.Sub(l.planned))
		}
		switch {
		case in(l.arrived):
			p.Finished++
			arrive = append(arrive, l.arrived.Sub(l.planned))
		case l.arrived.IsZero() && in(l.planned):
			p.Missing++
		}
	}
	p.Accept, p.Arrive = percentiles(accept), percentiles(arrive)
	return p
}

// phase is what one contestant did in one phase of a round. Times are milliseconds unless said.
type phase struct {
	Seconds  float64 `json:"seconds"`
	Accepted int     `json:"accepted"`
	Refused  int     `json:"refused"`
	Finished int     `json:"finished"`
	Missing  int     `json:"missing"`
	// Left were accepted in a flood and not handed over when it was waited for no longer.
	Left int `json:"left"`
	// BackSeconds is how long it took to hand over again after an outage.
	BackSeconds float64 `json:"back_seconds,omitempty"`
	Accept      spread  `json:"accept_ms"`
	Arrive      spread  `json:"arrive_ms"`
	// CPU is milliseconds for each lead that was handed over, and Memory bytes at the end, by process.
	CPU    map[string]float64 `json:"cpu_ms_each,omitempty"`
	Memory map[string]int64   `json:"memory,omitempty"`
}

type spread struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// percentiles are by nearest rank.
func percentiles(values []time.Duration) spread {
	if len(values) == 0 {
		return spread{}
	}
	slices.Sort(values)
	at := func(p int) float64 {
		rank := (len(values)*p + 99) / 100
		return float64(values[max(rank, 1)-1].Microseconds()) / 1000
	}
	return spread{at(50), at(90), at(99), at(100)}
}

// charge says what the processes used.
func (p *phase) charge(before, after map[string]usage.Usage) {
	p.CPU, p.Memory = map[string]float64{}, map[string]int64{}
	for name, u := range after {
		if p.Finished > 0 {
			p.CPU[name] = float64((u.CPU - before[name].CPU).Milliseconds()) / float64(p.Finished)
		}
		p.Memory[name] = u.Memory
	}
}

func (p phase) perSecond() float64 { return float64(p.Finished) / p.Seconds }

func (p phase) acceptedPerSecond() float64 { return float64(p.Accepted) / p.Seconds }

func (p phase) cpu() float64 {
	sum := 0.0
	for _, ms := range p.CPU {
		sum += ms
	}
	return sum
}

func (p phase) memory() float64 {
	sum := int64(0)
	for _, bytes := range p.Memory {
		sum += bytes
	}
	return float64(sum) / (1 << 20)
}
