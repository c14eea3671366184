// Command deal lets ten deals go from a lead to a signed contract, or be lost, in about a minute: a standalone house of
// its own runs on the sandbox clock; representatives do their tasks, a manager decides on discounts, customers sign or
// decline on the signing pages, and one refund takes commission back. A table says how each ended and why. Then
// everything is held against everything else: forecast, deals, contracts, evidence, commissions and mail. The program
// fails when something is not as it must be. Usage: deal --binary bin/perdura-standalone.
//
// With --kill N it plays twice, the second time while API and worker are killed N times, and compares the end states.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

// options say how to play.
type options struct {
	binary string
	speed  float64
	kills  int
	seed   uint64
	keep   bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo-deal:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/perdura-standalone", "the standalone `program`")
	flag.Float64Var(&o.speed, "speed", 17280, "business seconds in a real `second`; with kills the clock runs half as fast")
	flag.IntVar(&o.kills, "kill", 0, "how many `times` API or worker are killed")
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that the times of the kills follow from")
	flag.BoolVar(&o.keep, "keep", false, "leave the house standing afterwards, to look at it")
	flag.Parse()

	if o.kills == 0 {
		_, err := perform(context.Background(), o)
		return err
	}
	calm := o
	calm.kills, calm.keep = 0, false
	fmt.Println("=== first without kills")
	want, err := perform(context.Background(), calm)
	if err != nil {
		return err
	}
	fmt.Printf("\n=== again, with %d kills (seed %d)\n", o.kills, o.seed)
	o.speed /= 2 // restarts take real time, which nobody's patience should pay for
	got, err := perform(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Printf("\nEnd state without kills: %s\nEnd state with kills:    %s\n", want.digest(), got.digest())
	if want.digest() != got.digest() {
		return errors.New("the kills have changed the end state:\n" + want.text() + "--- with kills:\n" + got.text())
	}
	fmt.Println("They are the same.")
	return nil
}

// perform plays all of it on a house of its own, and returns how everything ended.
func perform(ctx context.Context, o options) (ending, error) {
	dir, err := instance.Workspace("demo")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("raising a house whose clock runs %.0f times as fast: a day passes in %.1f seconds…\n", o.speed, 86400/o.speed)
	h, err := raise(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	t, err := newTeam(ctx, h, o)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := t.play(ctx); err != nil {
		return nil, err
	}
	fmt.Printf("\nplayed in %s: %.0f business days\n", time.Since(began).Round(time.Second), time.Since(began).Seconds()*o.speed/86400)
	b, err := t.audit(ctx)
	if err != nil {
		return nil, err
	}
	t.tell(os.Stdout, b)
	if err := t.prove(ctx, b); err != nil {
		return nil, err
	}
	if o.keep {
		fmt.Printf("\nThe house stands: API %s, outbox %s. Ctrl-C ends it.\n", h.API, h.Outbox)
		select {}
	}
	return t.ended(b), b.verdict()
}
