package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/perdura/perdura/analytics/match"
)

// print writes the figures of one file.
func (r *result) print(out io.Writer, opts options) {
	hidden := ""
	if len(opts.without) > 0 {
		hidden = " without " + strings.Join(opts.without, ", ")
	}
	n := len(r.set.records)
	fmt.Fprintf(out, "%s%s\n", r.set.name, hidden)
	fmt.Fprintf(out, "  records %d   true pairs %d   candidates %d (%.1f per record)   blocking recall %.4f\n",
		n, r.set.pairs, r.candidates, float64(r.candidates)/float64(n), ratio(r.found, r.set.pairs))
	if b := r.background; b.contacts > 0 {
		fmt.Fprintf(out, "  among %d other contacts: %.1f more candidates per record, %d wrong links, %d needless reviews\n",
			b.contacts, float64(b.candidates)/float64(n), b.same, b.review)
	}
	r.same.print(out, "Same")
	r.review.print(out, "Same or Review")
	fmt.Fprintf(out, "  time per record %s, of it normalising %s, comparing %s\n",
		perRecord(r.set.folding+r.elapsed, n), perRecord(r.set.folding, n), perRecord(r.comparing, n))
	if opts.keys {
		r.printPasses(out)
	}
	r.printPairs(out, "wrong", r.wrong, opts.show)
	r.printPairs(out, "missed", r.missed, opts.show)
}

func perRecord(total time.Duration, n int) time.Duration {
	return (total / time.Duration(n)).Round(100 * time.Nanosecond)
}

func (t tally) print(out io.Writer, name string) {
	fmt.Fprintf(out, "  %-15s precision %.4f   recall %.4f   F1 %.4f   (right %d, wrong %d, missed %d)\n",
		name, t.precision(), t.recall(), t.f1(), t.right, t.wrong, t.pairs-t.right)
}

// printPasses shows what each kind of key brings alone, and the block to expect
// among a million contacts: the share of all pairs of different people that it
// brings together, times a million.
func (r *result) printPasses(out io.Writer) {
	n := len(r.set.records)
	all := n*(n-1)/2 - r.set.pairs
	fmt.Fprintf(out, "  %-8s%12s%10s%12s%22s\n", "key", "candidates", "found", "unread", "others in a million")
	for _, kind := range slices.Sorted(maps.Keys(r.passes)) {
		p := r.passes[kind]
		fmt.Fprintf(out, "  %-8s%12d%10d%12d%22.1f\n", kind, p.candidates, p.found, p.unread,
			1e6*float64(p.candidates-p.found)/float64(all))
	}
}

// printPairs lists pairs by line number: the values stay in the file.
func (r *result) printPairs(out io.Writer, name string, pairs []pair, limit int) {
	for _, p := range pairs[:min(limit, len(pairs))] {
		fmt.Fprintf(out, "  %s: lines %d and %d, %s %.4f%s\n", name, p.first+2, p.second+2, p.verdict.Class, p.verdict.Score, reasons(p.verdict))
	}
}

func reasons(v match.Verdict) string {
	if len(v.Reasons) == 0 {
		return ", never compared"
	}
	var b strings.Builder
	for _, f := range v.Reasons {
		fmt.Fprintf(&b, " %s%+.1f", f.Field, f.Weight)
	}
	return b.String()
}
