// Command record-histories records the histories that the replay tests of the product's own processes run through: it
// takes leads through a running standalone house and writes what Temporal kept of them beside the tests, in the clear
// and without a trace of the machine. From the root of the repository:
//
//	(cd standalone && go run . --free-ports --data DIR --addresses /tmp/house.json) &
//	go run ./cmd/record-histories --addresses /tmp/house.json
//
// and the ones that take days from a house whose clock runs fast, with PERDURA_CLOCK_SPEED=3600:
//
//	go run ./cmd/record-histories --addresses /tmp/house.json --overdue
//
// Record again only where a process changed so that runs in flight are not affected, or where new ways were added: a
// history that fails stands for runs that would break.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/perdura/perdura/process/replay"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "record-histories:", err)
		os.Exit(1)
	}
}

func run() error {
	addresses := flag.String("addresses", "", "the addresses `file` of a running standalone house")
	overdue := flag.Bool("overdue", false, "record what takes days; the house's clock should run at 3600")
	root := flag.String("root", ".", "the root `folder` of the repository")
	flag.Parse()
	if *addresses == "" || flag.NArg() > 0 {
		return errors.New("usage: record-histories --addresses FILE [--overdue]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("ten minutes are over"))
	defer cancel()
	h, err := enter(*addresses)
	if err != nil {
		return err
	}
	defer h.temporal.Close()
	for _, s := range scenarios {
		if s.days != *overdue {
			continue
		}
		workflowID, err := s.play(ctx, h)
		if err == nil {
			err = h.ended(ctx, workflowID, s.ending)
		}
		path := filepath.Join(*root, "workflows", s.process, "testdata", s.name+".json.gz")
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = replay.Save(ctx, h.temporal, workflowID, "", path, h.codec)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", s.process, s.name, err)
		}
		fmt.Println("wrote", path)
	}
	return nil
}
