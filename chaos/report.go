package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// tell prints what was done to the house, what was asked of it, and whether the books agree.
func (b *books) tell(w io.Writer, o options, hurt tally, took time.Duration) {
	fmt.Fprintf(w, "\nseed %d, requests for %s, whole run %s\n\n", o.seed, o.span, took.Round(time.Second))
	kinds := make([]string, 0, len(hurt))
	for kind := range hurt {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d× %s", hurt[kind], kind)
	}
	fmt.Fprintf(w, "troubles  %s\n\n", strings.Join(kinds, ", "))

	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "request\taccepted\trepeated\tmedian\tslowest\t")
	for _, kind := range []string{leads, mails, works, moves, arrivals} {
		list := b.accepted[kind]
		var times []time.Duration
		repeated := 0
		for _, r := range list {
			times = append(times, r.took)
			if r.tries > 1 {
				repeated++
			}
		}
		if len(times) == 0 {
			continue
		}
		slices.Sort(times)
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t\n", kind, len(list), repeated, times[len(times)/2].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond))
	}
	_ = t.Flush()
	fmt.Fprintf(w, "refused by the rules: %d, never answered: %d\n\n", b.refused, b.gaveUp)

	for _, l := range b.lines {
		mark := "holds"
		if len(l.wrong) > 0 {
			mark = fmt.Sprintf("FAILS for %d: %s", len(l.wrong), strings.Join(l.wrong[:min(3, len(l.wrong))], ", "))
		}
		fmt.Fprintf(w, "%-62s %6d  %s\n", l.what, l.of, mark)
	}
}
