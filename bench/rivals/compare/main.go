// Command compare lets Perdura and other ways to do the same job take in leads on one machine, one after the other in
// rounds, and says how many each hands over, how fast, and what a lead costs. Each contestant is judged from outside: by
// what it answers, by the notifications that arrive, and by what its processes use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

type options struct {
	binary, rivals string
	n8n            string
	only           []string
	phases         []string
	rounds         int
	length         time.Duration
	rate           int
	drain          time.Duration
	json           string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	o, err := parse()
	if err != nil {
		return err
	}
	field := contestants(o)
	fmt.Printf("%d rounds of %s a phase; phases: %s\n", o.rounds, o.length, strings.Join(o.phases, ", "))
	var all results
	all.Machine = machine()
	all.Began = time.Now().UTC()
	all.Command = strings.Join(os.Args[1:], " ")
	for round := 1; round <= o.rounds; round++ {
		for _, c := range field {
			fmt.Printf("round %d of %d: %s…\n", round, o.rounds, c.name)
			r, err := meet(ctx, o, c)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				// One that cannot take part does not stop the others; the table has no figure for it.
				fmt.Printf("  %s: %v\n", c.name, err)
				r.Failed = err.Error()
			}
			r.Contestant, r.Round = c.name, round
			r.tell(os.Stdout)
			all.Rounds = append(all.Rounds, r)
		}
	}
	all.tell(os.Stdout, o)
	if o.json == "" {
		return nil
	}
	return all.write(o.json)
}

func parse() (options, error) {
	var o options
	only, phases := "", ""
	flag.StringVar(&o.binary, "binary", "bin/perdura-standalone", "the standalone `program`")
	flag.StringVar(&o.rivals, "rivals", "bin/rivals", "the `program` of the other contestants")
	flag.StringVar(&o.n8n, "n8n", "", "`folder` that n8n is installed to; empty for a folder of the user's cache")
	flag.StringVar(&only, "only", strings.Join(names(contestants(o)), ","), "who takes part, `comma-separated`")
	flag.StringVar(&phases, "phases", strings.Join(everyPhase, ","), "what is measured, `comma-separated`")
	flag.IntVar(&o.rounds, "rounds", 3, "`rounds`; in each, all take their turn")
	flag.DurationVar(&o.length, "length", 10*time.Second, "`time` of a phase, after its warm-up")
	flag.IntVar(&o.rate, "rate", 50, "leads a `second` where the rate is fixed")
	flag.DurationVar(&o.drain, "drain", 20*time.Second, "how long a backlog is waited for after a flood")
	flag.StringVar(&o.json, "json", "", "`file` to write all figures to")
	flag.Parse()
	var err error
	if o.only, err = chosen("only", only, names(contestants(o))); err != nil {
		return o, err
	}
	o.phases, err = chosen("phases", phases, everyPhase)
	return o, err
}

// chosen reads a list of a flag, of which every word must be known.
func chosen(flag, text string, known []string) ([]string, error) {
	list := strings.Split(text, ",")
	for _, word := range list {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("--%s: %q is none of %s", flag, word, strings.Join(known, ", "))
		}
	}
	return list, nil
}

// meet raises a contestant on data of its own, measures every phase, and ends it.
func meet(ctx context.Context, o options, c contestant) (r result, err error) {
	dir, err := instance.Workspace("compare-" + c.name)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	sink, err := listen()
	if err != nil {
		return r, err
	}
	defer sink.close()
	on, err := c.raise(ctx, o, dir, sink)
	if on != nil {
		defer func() { err = errors.Join(err, on.stop()) }()
	}
	if err != nil {
		return r, err
	}
	m := meeting{running: on, sink: sink, options: o}
	if err := m.warmUp(ctx); err != nil {
		return r, err
	}
	return m.measure(ctx)
}
