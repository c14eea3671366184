package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker/dispatch"
)

func benchHouse(b *testing.B) (*temporal, *dispatch.Dispatcher, func(i int) inbox.Event, *inbox.Acceptor) {
	b.Helper()
	pool, fake := dbtest.New(b), newTemporal()
	d := dispatch.New(pool, fake, fake, dispatch.Options{
		Definitions: []process.Definition{definition("fulfil-order", process.OneAtATime)}, TaskQueue: "queue", Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	event := func(i int) inbox.Event {
		raw, err := json.Marshal(order{ID: fmt.Sprint(i)})
		require.NoError(b, err)
		return inbox.Event{Source: "bench", ExternalID: fmt.Sprint(i), Type: placed.Name(), Subject: fmt.Sprint(i), Data: raw}
	}
	return fake, d, event, inbox.NewAcceptor(pool, d)
}

// BenchmarkLatency is the time from the call that accepts one event to the call that starts its run, at 20 events a second.
func BenchmarkLatency(b *testing.B) {
	fake, _, event, acceptor := benchHouse(b)
	started := make(chan struct{}, 1)
	fake.onStart = func(string) { started <- struct{}{} }
	var took []time.Duration
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for i := 0; b.Loop(); i++ {
		<-tick.C
		began := time.Now()
		_, err := acceptor.Accept(context.Background(), began.UTC(), []inbox.Event{event(i)})
		require.NoError(b, err)
		<-started
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkThroughput is how many accepted events a second reach Temporal, each a start of its own.
func BenchmarkThroughput(b *testing.B) {
	fake, _, event, acceptor := benchHouse(b)
	var wg sync.WaitGroup
	wg.Add(b.N)
	fake.onStart = func(string) { wg.Done() }
	next := make(chan int)
	for range 64 {
		go func() {
			for i := range next {
				if _, err := acceptor.Accept(context.Background(), time.Now().UTC(), []inbox.Event{event(i)}); err != nil {
					b.Error(err)
				}
			}
		}()
	}
	b.ResetTimer()
	for i := range b.N {
		next <- i
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
