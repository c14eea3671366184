// Command appointments lets some forty people keep, move, cancel and miss appointments in a week that takes about a minute:
// a standalone house of its own runs on the sandbox clock, over the night in which the clocks go back. Before that, five
// hundred clients race for fifty times. A table says who got what, when, and why; then everything is held against
// everything else. The program fails when something is not as it must be. Usage: appointments --binary bin/perdura-standalone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "demo-appointments:", err)
		os.Exit(1)
	}
}

// began is the business time at which the play begins: a Thursday. The clocks go back in Europe on the Sunday that follows.
var began = time.Date(2026, 10, 22, 6, 0, 0, 0, time.UTC)

func run(ctx context.Context) error {
	binary := flag.String("binary", "bin/perdura-standalone", "the standalone `program`")
	speed := flag.Float64("speed", 8640, "business seconds in a real `second`")
	keep := flag.Bool("keep", false, "leave the house standing afterwards, to look at it")
	flag.Parse()

	dir, err := instance.Workspace("demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("raising a house whose clock runs %.0f times as fast: a day passes in %.1f seconds…\n", *speed, 86400 / *speed)
	h, err := raise(ctx, *binary, dir, *speed)
	if err != nil {
		return err
	}
	defer h.stop()
	p := newPlay(h)
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if err := p.race(ctx); err != nil {
		return err
	}
	if err := p.live(ctx); err != nil {
		return err
	}
	b, err := p.audit(ctx)
	if err != nil {
		return err
	}
	p.tell(os.Stdout, b)
	if *keep {
		fmt.Printf("\nThe house stands: API %s, outbox %s. Ctrl-C ends it.\n", h.API, h.Outbox)
		select {}
	}
	return p.verdict(os.Stdout, b)
}
