// Command record-histories records the histories that the replay tests of the product's own processes run through: it
// takes leads and customers through a running standalone house and writes what Temporal kept of them beside the tests, in
// the clear and without a trace of the machine. It changes the definitions of that house, so take one with a data folder of
// its own. From the root of the repository:
//
//	(cd standalone && go run . --free-ports --data DIR --addresses /tmp/house.json) &
//	go run ./cmd/record-histories --addresses /tmp/house.json
//
// and the ones that take days from a house whose clock runs fast, with PERDURA_CLOCK_SPEED=3600:
//
//	go run ./cmd/record-histories --addresses /tmp/house.json --overdue
//
// --only names the processes to record, by their folders: --only survey,retention.
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
	"slices"
	"strings"
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
	only := flag.String("only", "", "the `folders` of the processes to record, with commas; all when empty")
	flag.Parse()
	if *addresses == "" || flag.NArg() > 0 {
		return errors.New("usage: record-histories --addresses FILE [--overdue] [--only FOLDERS]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	h, err := enter(*addresses)
	if err != nil {
		return err
	}
	defer h.temporal.Close()
	for _, s := range scenarios {
		if s.days != *overdue || *only != "" && !slices.Contains(strings.Split(*only, ","), s.process) {
			continue
		}
		path := filepath.Join(*root, s.folder(), "testdata", s.name+".json.gz")
		if err := s.record(ctx, h, path); err != nil {
			return fmt.Errorf("%s, %s: %w", s.process, s.name, err)
		}
		fmt.Println("wrote", path)
	}
	return nil
}

// folder is where the package of the process lies.
func (s scenario) folder() string {
	if s.process == "work" {
		return s.process
	}
	return filepath.Join("workflows", s.process)
}

// record plays the scenario and writes its run.
func (s scenario) record(ctx context.Context, h *house, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("ten minutes are over"))
	defer cancel()
	workflowID, err := s.play(ctx, h)
	if err != nil {
		return err
	}
	runID := ""
	if s.ending == continues {
		runID, err = h.continued(ctx, workflowID)
	} else {
		err = h.ended(ctx, workflowID, s.ending)
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make a folder for the history: %w", err)
	}
	return replay.Save(ctx, h.temporal, workflowID, runID, path, h.codec)
}
