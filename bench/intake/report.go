package main

import (
	"fmt"
	"slices"
	"time"
)

// report prints one line of a round: the median answer of the API, and percentiles of the notification.
func report(name string, samples []sample) {
	var accepted, arrived []time.Duration
	for _, s := range samples {
		accepted = append(accepted, s.accepted)
		if s.arrived != 0 {
			arrived = append(arrived, s.arrived)
		}
	}
	fmt.Printf("%-8s %6d %9s %9s %9s %9s %9s %7d\n", name, len(samples), percentile(accepted, 50),
		percentile(arrived, 50), percentile(arrived, 90), percentile(arrived, 99), percentile(arrived, 100), len(samples)-len(arrived))
}

// percentile is the nearest-rank percentile in milliseconds.
func percentile(values []time.Duration, p int) string {
	if len(values) == 0 {
		return "-"
	}
	slices.Sort(values)
	rank := (len(values)*p + 99) / 100
	return fmt.Sprintf("%.1f", float64(values[max(rank, 1)-1].Microseconds())/1000)
}
