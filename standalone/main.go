// Command standalone raises everything Perdura needs in one process, on one machine, with nothing to install beyond Go:
// PostgreSQL, Temporal with its web interface, sandbox providers for mail and text messages, and Perdura itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/perdura/perdura/standalone/house"
)

func main() {
	os.Exit(run())
}

func run() int {
	options, err := house.ParseFlags(os.Args[1:], os.Stdout, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "perdura:", err)
		return 2
	}
	options.Wiring = wiring()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// The first signal stops everything in order; from then on a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := house.Run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "perdura:", err)
		return 1
	}
	return 0
}
