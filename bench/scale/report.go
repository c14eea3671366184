package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// outcome is the result, as it is written to a file too. Memory and databases are bytes, times milliseconds unless said.
type outcome struct {
	Empty  weight  `json:"empty"`
	Points []point `json:"points"`
	Wake   waking  `json:"wake"`
}

type point struct {
	Journeys    int     `json:"journeys"`
	Added       int     `json:"added"`
	FillSeconds float64 `json:"fill_seconds"`
	Weight      weight  `json:"weight"`
	Start       spread  `json:"start_ms"`
	Signal      spread  `json:"signal_ms"`
}

type weight struct {
	Memory   map[string]int64 `json:"memory"`
	Perdura  int64            `json:"perdura_database"`
	Temporal int64            `json:"temporal_database"`
}

type spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

type waking struct {
	Journeys int     `json:"journeys"`
	Seconds  float64 `json:"seconds"`
}

const mega = 1 << 20

// tell prints a row for each size, and what the slope says of a million.
func (o outcome) tell(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\njourneys\tadded/s\tstart p50\tp99\tsignal p50\tp99\tworker MB\tapi MB\ttemporal MB\tpostgres MB\tperdura kB each\ttemporal kB each\t")
	for _, p := range o.Points {
		m := p.Weight.Memory
		fmt.Fprintf(t, "%d\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t%.2f\t%.2f\t\n", p.Journeys, float64(p.Added)/p.FillSeconds,
			p.Start.Median, p.Start.P99, p.Signal.Median, p.Signal.P99, m["worker"]/mega, m["api"]/mega, m["temporal"]/mega, m["postgres"]/mega,
			o.each(p, func(w weight) int64 { return w.Perdura }), o.each(p, func(w weight) int64 { return w.Temporal }))
	}
	_ = t.Flush()
	fmt.Fprintln(w, "(times in ms from the acceptance: start until Temporal has the run, signal until the run has ended by it)")
	if o.Wake.Journeys > 0 {
		fmt.Fprintf(w, "%d journeys that woke in one instant had all spoken after %.1f s, %.0f a second\n", o.Wake.Journeys, o.Wake.Seconds, float64(o.Wake.Journeys)/o.Wake.Seconds)
	}
	if n := len(o.Points); n > 1 {
		a, b := o.Points[0], o.Points[n-1]
		slope := func(of func(weight) int64) float64 {
			return float64(of(b.Weight)-of(a.Weight)) / float64(b.Journeys-a.Journeys)
		}
		fmt.Fprintf(w, "a million waiting journeys would take %.1f GB in Perdura's database and %.1f GB in Temporal's, by the slope from %d to %d\n",
			slope(func(w weight) int64 { return w.Perdura })*1e6/1e9, slope(func(w weight) int64 { return w.Temporal })*1e6/1e9, a.Journeys, b.Journeys)
	}
}

// each is kilobytes of a database for one journey, beyond the empty house.
func (o outcome) each(p point, of func(weight) int64) float64 {
	return float64(of(p.Weight)-of(o.Empty)) / float64(p.Journeys) / 1024
}
