// Command rivals runs other ways to do what a lead's intake does, so that they can be measured from outside. Usage:
// rivals plain|bare|dbos|n8n --listen 127.0.0.1:PORT --notify URL --database-url URL --workspace DIR.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// contestant parses its own flags, runs until ctx ends, and calls ready once when it takes leads.
type contestant struct {
	name  string
	flags func(*flag.FlagSet) runner
}

// runner is a contestant whose flags are parsed.
type runner func(ctx context.Context, at place) error

var contestants = []contestant{
	{"plain", plainFlags},
	{"bare", bareFlags},
	{"dbos", dbosFlags},
	{"n8n", n8nFlags},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rivals:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var names []string
	for _, c := range contestants {
		names = append(names, c.name)
		if len(args) == 0 || args[0] != c.name {
			continue
		}
		var at place
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		at.flags(flags)
		start := c.flags(flags)
		if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
			return nil
		} else if err != nil {
			return err
		}
		if err := at.prepare(); err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
		defer stop()
		if err := start(ctx, at); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	}
	return fmt.Errorf("name a contestant: %s", strings.Join(names, ", "))
}
