// Command scale fills a standalone house with journeys that wait, and measures at each size what one more costs: how long
// it takes to start and to hear a signal, how much memory the processes hold, and how much the databases grow. At the end
// it wakes ten thousand journeys in one instant. Usage: scale --binary bin/perdura-standalone --sizes 1000,10000,100000.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

type options struct {
	binary string
	sizes  []int
	wake   int
	json   string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	sizes := ""
	flag.StringVar(&o.binary, "binary", "bin/perdura-standalone", "the standalone `program`")
	flag.StringVar(&sizes, "sizes", "1000,10000,100000", "numbers of waiting journeys to measure at, rising, `comma-separated`")
	flag.IntVar(&o.wake, "wake", 10_000, "how many `journeys` wake in one instant at the end; 0 for none")
	flag.StringVar(&o.json, "json", "", "`file` to write the result to")
	flag.Parse()
	for _, text := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || len(o.sizes) > 0 && n <= o.sizes[len(o.sizes)-1] {
			return fmt.Errorf("--sizes: %q is no rising list of numbers", sizes)
		}
		o.sizes = append(o.sizes, n)
	}
	ctx := context.Background()
	dir, err := instance.Workspace("scale")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("raising a house of five processes…")
	h, err := raise(ctx, o, dir)
	if err != nil {
		return err
	}
	defer h.stop()
	var result outcome
	if err := h.measure(ctx, o, &result); err != nil {
		return err
	}
	result.tell(os.Stdout)
	if o.json == "" {
		return nil
	}
	raw, err := json.MarshalIndent(result, "", "  ")
	return errors.Join(err, os.WriteFile(o.json, append(raw, '\n'), 0o644))
}

// measure fills the house to each size in turn.
func (h *house) measure(ctx context.Context, o options, result *outcome) error {
	if err := h.prepare(ctx); err != nil {
		return err
	}
	empty, err := h.weigh(ctx)
	if err != nil {
		return err
	}
	result.Empty = empty
	waiting := 0
	for _, size := range o.sizes {
		began := time.Now()
		if err := h.fill(ctx, size-waiting, farAway()); err != nil {
			return err
		}
		if err := h.settled(ctx, size); err != nil {
			return err
		}
		p := point{Journeys: size, FillSeconds: time.Since(began).Seconds(), Added: size - waiting}
		waiting = size
		fmt.Printf("%d journeys wait; %d were added at %.0f a second\n", size, p.Added, float64(p.Added)/p.FillSeconds)
		if p.Weight, err = h.weigh(ctx); err != nil {
			return err
		}
		if p.Start, p.Signal, err = h.latencies(ctx); err != nil {
			return err
		}
		result.Points = append(result.Points, p)
	}
	if o.wake == 0 {
		return nil
	}
	result.Wake, err = h.wake(ctx, o.wake)
	return err
}

// farAway is a day on which nothing is asked while this runs.
func farAway() string { return time.Now().AddDate(1, 0, 0).Format(time.DateOnly) }
