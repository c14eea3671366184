package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results is everything, as it is written to a file too.
type results struct {
	Machine string    `json:"machine"`
	Began   time.Time `json:"began"`
	Command string    `json:"command"`
	Rounds  []result  `json:"rounds"`
}

// result is one contestant in one round.
type result struct {
	Contestant string           `json:"contestant"`
	Round      int              `json:"round"`
	Failed     string           `json:"failed,omitempty"`
	Phases     map[string]phase `json:"phases"`
	// Twice is how many leads were notified of more than once.
	Twice int `json:"twice"`
}

// tell prints a line for each phase, as it goes.
func (r result) tell(w io.Writer) {
	for _, name := range everyPhase {
		p, there := r.Phases[name]
		if !there {
			continue
		}
		fmt.Fprintf(w, "  %-10s accepted %7.1f/s (p99 %.1f ms), handed over %6.1f/s (p50 %.1f, p99 %.1f ms), %d refused, %d missing, %d left\n", name,
			p.acceptedPerSecond(), p.Accept.P99, p.perSecond(), p.Arrive.P50, p.Arrive.P99, p.Refused, p.Missing, p.Left)
	}
	if r.Twice > 0 {
		fmt.Fprintf(w, "  %d leads were notified of more than once\n", r.Twice)
	}
}

// tell prints a table for each phase: medians over the rounds, the lowest and the highest in brackets, and the ratio of
// Perdura to each.
func (a results) tell(w io.Writer, o options) {
	fmt.Fprintf(w, "\n%s; %s\n", a.Machine, a.Began.Format(time.DateOnly))
	fmt.Fprintf(w, "Medians of %d rounds, each phase %s; in brackets the lowest and the highest round.\n", o.rounds, o.length)
	for _, name := range o.phases {
		columns := columnsOf(name)
		fmt.Fprintf(w, "\n%s\n", titles[name])
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "\t")
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", c.title)
		}
		fmt.Fprintln(t)
		for _, who := range o.only {
			phases := a.of(who, name)
			if len(phases) == 0 {
				continue
			}
			fmt.Fprintf(t, "%s\t", who)
			for _, c := range columns {
				fmt.Fprintf(t, "%s\t", c.over(phases))
			}
			fmt.Fprintln(t)
		}
		_ = t.Flush()
		a.ratios(w, o, name, columns[0])
	}
	a.shares(w, o)
}

var titles = map[string]string{
	closed16: "16 clients, each waits for its notification",
	closed64: "64 clients, each waits for its notification",
	rate:     "A fixed rate, times from the planned instant",
	flood:    "Flood: 64 clients push and wait for nothing",
	outage:   "Flood with Temporal stopped",
}

// column is a figure of a phase.
type column struct {
	title string
	of    func(phase) float64
	form  string
}

func columnsOf(phaseName string) []column {
	handed := column{"handed over/s", phase.perSecond, "%.1f"}
	accepted := column{"accepted/s", phase.acceptedPerSecond, "%.0f"}
	acceptP99 := column{"answer p99 ms", func(p phase) float64 { return p.Accept.P99 }, "%.1f"}
	p50 := column{"notified p50 ms", func(p phase) float64 { return p.Arrive.P50 }, "%.1f"}
	p99 := column{"p99 ms", func(p phase) float64 { return p.Arrive.P99 }, "%.1f"}
	cpu := column{"CPU ms a lead", phase.cpu, "%.1f"}
	memory := column{"memory MB", phase.memory, "%.0f"}
	missing := column{"missing", func(p phase) float64 { return float64(p.Missing) }, "%.0f"}
	switch phaseName {
	case flood:
		return []column{accepted, acceptP99, handed, {"left", func(p phase) float64 { return float64(p.Left) }, "%.0f"}, memory}
	case outage:
		return []column{accepted, acceptP99, {"seconds until it hands over again", func(p phase) float64 { return p.BackSeconds }, "%.1f"}}
	default:
		return []column{handed, p50, p99, acceptP99, cpu, memory, missing}
	}
}

// over is the median of the rounds, with the lowest and the highest where they differ.
func (c column) over(phases []phase) string {
	values := c.sorted(phases)
	form := func(v float64) string { return fmt.Sprintf(c.form, v) }
	low, high := form(values[0]), form(values[len(values)-1])
	if low == high {
		return low
	}
	return fmt.Sprintf("%s (%s–%s)", form(median(values)), low, high)
}

func (c column) sorted(phases []phase) []float64 {
	var values []float64
	for _, p := range phases {
		values = append(values, c.of(p))
	}
	slices.Sort(values)
	return values
}

// median of sorted values.
func median(values []float64) float64 {
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// of are a contestant's rounds of a phase.
func (a results) of(who, name string) []phase {
	var all []phase
	for _, r := range a.Rounds {
		if p, there := r.Phases[name]; there && r.Contestant == who {
			all = append(all, p)
		}
	}
	return all
}

// ratios compares Perdura with everybody round by round: both have met the same machine in the same minutes.
func (a results) ratios(w io.Writer, o options, name string, c column) {
	for _, who := range o.only {
		var values []float64
		for round := 1; round <= o.rounds; round++ {
			mine, theirs := a.at(perdura, name, round), a.at(who, name, round)
			if mine != nil && theirs != nil && c.of(*theirs) > 0 {
				values = append(values, c.of(*mine)/c.of(*theirs))
			}
		}
		if who == perdura || len(values) == 0 {
			continue
		}
		slices.Sort(values)
		fmt.Fprintf(w, "Perdura to %s: %.2f (%.2f–%.2f) of %s\n", who, median(values), values[0], values[len(values)-1], c.title)
	}
}

func (a results) at(who, name string, round int) *phase {
	for _, r := range a.Rounds {
		if p, there := r.Phases[name]; there && r.Contestant == who && r.Round == round {
			return &p
		}
	}
	return nil
}

// shares says where processors and memory go, by process.
func (a results) shares(w io.Writer, o options) {
	fmt.Fprintln(w, "\nCPU milliseconds a lead and memory by process, with 64 clients (medians)")
	for _, who := range o.only {
		phases := a.of(who, closed64)
		if len(phases) == 0 {
			continue
		}
		var parts []string
		for _, process := range slices.Sorted(maps.Keys(phases[0].Memory)) {
			cpu := column{of: func(p phase) float64 { return p.CPU[process] }}.sorted(phases)
			memory := column{of: func(p phase) float64 { return float64(p.Memory[process]) / (1 << 20) }}.sorted(phases)
			parts = append(parts, fmt.Sprintf("%s %.1f ms, %.0f MB", process, median(cpu), median(memory)))
		}
		fmt.Fprintf(w, "%s: %s\n", who, strings.Join(parts, "; "))
	}
}

func (a results) write(file string) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

// machine is what it ran on.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if after, ok := strings.CutPrefix(line, "model name"); ok {
				model = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(after), ":"))
				break
			}
		}
	}
	return fmt.Sprintf("%d processors, %s", runtime.NumCPU(), model)
}
