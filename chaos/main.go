// Command chaos breaks a house while it works, and then checks its books. A standalone house runs as five processes of its
// own: PostgreSQL, Temporal, the providers, the API and the worker. Leads, messages, work of people and deals come in; a plan
// that follows from a seed kills (-9) and pauses the processes, cuts and slows the connections between them, and lets the
// provider fail, hang and ask to wait. Then everything is left alone until it is quiet, and each accepted request is
// held against its effects. The program fails when anything was lost, happened twice, or does not agree.
//
// Usage: chaos --binary bin/perdura-standalone --seed 1 --for 2m
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

type options struct {
	binary  string
	seed    uint64
	span    time.Duration
	rate    float64
	trouble time.Duration
	keep    bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/perdura-standalone", "the standalone `program`")
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that the troubles follow from")
	flag.DurationVar(&o.span, "for", 2*time.Minute, "how `long` requests come in")
	flag.Float64Var(&o.rate, "rate", 12, "requests a `second`")
	flag.DurationVar(&o.trouble, "every", 4*time.Second, "mean `time` between two troubles")
	flag.BoolVar(&o.keep, "keep", false, "leave the data of the house behind, to look at them")
	flag.Parse()

	ctx := context.Background()
	dir, err := instance.Workspace("chaos")
	if err != nil {
		return err
	}
	if !o.keep {
		defer os.RemoveAll(dir)
	}
	fmt.Printf("raising a house of five processes (seed %d)…\n", o.seed)
	h, err := raise(ctx, o, dir)
	if err != nil {
		return err
	}
	defer h.stop()

	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Printf("%6.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	loading, stop := context.WithTimeout(ctx, o.span)
	defer stop()
	l := newLoad(h, o.seed)
	troubles := make(chan tally, 1)
	go func() { troubles <- h.haunt(loading, o, say) }()
	if err := l.run(loading, o.rate); err != nil {
		return err
	}
	hurt := <-troubles
	say("the requests have stopped; everything is mended, and left alone until it is quiet")
	if err := h.mend(ctx); err != nil {
		return err
	}
	b, err := examine(ctx, h, l, say)
	if err != nil {
		return err
	}
	b.tell(os.Stdout, o, hurt, time.Since(began))
	if o.keep {
		fmt.Println("the data are in", dir)
	}
	return b.verdict()
}
