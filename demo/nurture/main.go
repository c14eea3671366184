// Command nurture lets a hundred leads live thirty days in about a minute: a standalone house of its own runs on the
// sandbox clock, people with different habits open, click, reply, opt out, complain or stay silent, and at the end a
// table says what happened to each of them and why. Then the send ledger is held against the outbox of the sandbox
// providers, message by message; the program fails when they differ. Usage: nurture --binary bin/perdura-standalone.
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
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo-nurture:", err)
		os.Exit(1)
	}
}

func run() error {
	binary := flag.String("binary", "bin/perdura-standalone", "the standalone `program`")
	leads := flag.Int("leads", 100, "how many `people` come in")
	days := flag.Int("days", 30, "how many `days` of business time pass")
	length := flag.Duration("length", 75*time.Second, "real `time` in which they pass")
	seed := flag.Uint64("seed", 1, "`number` that the people and their habits follow from")
	keep := flag.Bool("keep", false, "leave the house standing afterwards, to look at it")
	flag.Parse()

	dir, err := instance.Workspace("demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	speed := float64(*days) * 24 * float64(time.Hour) / float64(*length)
	fmt.Printf("raising a house whose clock runs %.0f times as fast…\n", speed)
	house, err := instance.Start(context.Background(), instance.Options{
		Binary: *binary, DataDir: dir, Timeout: 3 * time.Minute, Env: []string{fmt.Sprintf("PERDURA_CLOCK_SPEED=%g", speed)},
	})
	if err != nil {
		return err
	}
	defer house.Stop()

	town := newTown(house, *leads, *seed)
	if err := town.track(context.Background()); err != nil {
		return err
	}
	if err := town.arrive(context.Background()); err != nil {
		return err
	}
	if err := town.live(context.Background(), *days, *length); err != nil {
		return err
	}
	books, err := town.audit(context.Background())
	if err != nil {
		return err
	}
	town.tell(os.Stdout, books)
	if *keep {
		fmt.Printf("\nThe house stands: API %s, Temporal UI %s, outbox %s. Ctrl-C ends it.\n", house.API, house.TemporalUI, house.Outbox)
		select {}
	}
	return books.verdict()
}
