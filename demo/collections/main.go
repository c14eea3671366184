// Command collections lets forty customers with overdue invoices live five weeks in about a minute: a standalone house of
// its own runs on the sandbox clock; customers pay at once, after a mail, a text or a call, in parts, too much, promise and
// keep it or do not, object, go bankrupt, or never pay. A table says who got what, when and why, and how it ended. Then
// everything is held against everything else, and the program fails when something is not as it must be: nobody was
// reminded after their payment was accepted, the books say what was told, the send ledger is the outbox.
// Usage: collections --binary bin/perdura-standalone.
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
		fmt.Fprintln(os.Stderr, "demo-collections:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	binary := flag.String("binary", "bin/perdura-standalone", "the standalone `program`")
	speed := flag.Float64("speed", 43_200, "business seconds in a real `second`")
	limit := flag.Duration("limit", 2*time.Minute, "the real `time` after which whatever goes on is too late")
	keep := flag.Bool("keep", false, "leave the house standing afterwards, to look at it")
	flag.Parse()

	dir, err := instance.Workspace("demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("raising a house whose clock runs %.0f times as fast: a day passes in %.1f seconds…\n", *speed, 86400 / *speed)
	house, err := instance.Start(ctx, instance.Options{
		Binary: *binary, DataDir: dir, Timeout: 3 * time.Minute, Env: []string{fmt.Sprintf("PERDURA_CLOCK_SPEED=%g", *speed), "PERDURA_API_RATE_LIMIT=0"},
	})
	if err != nil {
		return err
	}
	defer house.Stop()
	t, err := newTown(ctx, house)
	if err != nil {
		return err
	}
	defer t.pool.Close()
	if err := t.live(ctx, *limit); err != nil {
		return err
	}
	b, err := t.audit(ctx)
	if err != nil {
		return err
	}
	t.tell(os.Stdout, b)
	if *keep {
		fmt.Printf("\nThe house stands: API %s, Temporal UI %s, outbox %s. Ctrl-C ends it.\n", house.API, house.TemporalUI, house.Outbox)
		select {}
	}
	return b.verdict()
}
