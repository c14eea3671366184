package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
)

type pokes struct{ n atomic.Int64 }

func (p *pokes) Poke() { p.n.Add(1) }

var record = audit.Record{ActorKind: audit.Key, ActorID: "k", Action: "event.accept", ResourceKind: "event", ResourceID: "1"}

func TestAcceptorGivesEachCallerItsOwnResult(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	var poked pokes
	a := inbox.NewAcceptor(pool, &poked)
	unkept := json.RawMessage(`{"note":"\u0000"}`) // JSON that PostgreSQL refuses: it spoils the transaction
	var wg sync.WaitGroup
	results := make([][]inbox.Accepted, 200)
	errs := make([]error, len(results))
	for i := range results {
		wg.Go(func() {
			e := event(fmt.Sprint(i/2), fmt.Sprint("s", i%7)) // every event comes twice
			if i%20 == 19 {
				e.ExternalID, e.Data = fmt.Sprint("bad", i), unkept
			}
			results[i], errs[i] = a.Accept(ctx, now, []inbox.Event{e}, record)
		})
	}
	wg.Wait()
	firsts := 0
	for i := range results {
		if i%20 == 19 {
			require.ErrorAs(t, errs[i], new(*inbox.InvalidError))
			continue
		}
		require.NoError(t, errs[i])
		if !results[i][0].Duplicate {
			firsts++
		}
	}
	for i := 0; i < len(results); i += 2 {
		if i%20 != 18 {
			require.Equal(t, results[i][0].ID, results[i+1][0].ID, "both copies have the id of the first")
		}
	}
	require.Equal(t, 100, firsts)
	require.Equal(t, 100, count(t, pool))
	var audited int
	require.NoError(t, pool.QueryRow(ctx, `select count(*) from audit_logs`).Scan(&audited))
	require.Equal(t, 100, audited, "one record for each event kept, none for repeats and refusals")
	require.Positive(t, poked.n.Load())
}

func TestAcceptorAnswersOnlyAfterTheCommit(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	a := inbox.NewAcceptor(pool, nil)
	blocker, err := pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = blocker.Rollback(ctx) }()
	_, err = inbox.Accept(ctx, blocker, now, event("first", "held"))
	require.NoError(t, err)
	hurry, cancel := context.WithCancel(ctx)
	left := make(chan error, 1)
	go func() {
		_, err := a.Accept(hurry, now, []inbox.Event{event("second", "held")})
		left <- err
	}()
	require.Eventually(t, func() bool { return waitingForLock(t, pool) }, 5*time.Second, 5*time.Millisecond)
	_, err = a.Accept(ctx, now, []inbox.Event{event("free", "other")})
	require.NoError(t, err, "a group that waits for a subject does not hold up the next")
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	require.NoError(t, blocker.Commit(ctx))
	require.Eventually(t, func() bool { return count(t, pool) == 3 }, 5*time.Second, 5*time.Millisecond,
		"the group outlives the caller who left")
	again, err := a.Accept(ctx, now, []inbox.Event{event("second", "held")})
	require.NoError(t, err)
	require.True(t, again[0].Duplicate)
}

// BenchmarkAcceptor measures single-event calls of 64 concurrent callers, each with its audit record.
func BenchmarkAcceptor(b *testing.B) {
	pool := dbtest.New(b)
	a := inbox.NewAcceptor(pool, nil)
	benchmarkCallers(b, pool, func(i int64) error {
		_, err := a.Accept(context.Background(), now, []inbox.Event{event(fmt.Sprint(i), fmt.Sprint("s", i))}, record)
		return err
	})
}

// BenchmarkAccept measures the same without the Acceptor, one statement a call.
func BenchmarkAccept(b *testing.B) {
	pool := dbtest.New(b)
	benchmarkCallers(b, pool, func(i int64) error {
		_, err := inbox.Accept(context.Background(), pool, now, event(fmt.Sprint(i), fmt.Sprint("s", i)))
		return err
	})
}

func benchmarkCallers(b *testing.B, pool *pgxpool.Pool, accept func(i int64) error) {
	var next atomic.Int64
	b.SetParallelism(32) // times GOMAXPROCS
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := accept(next.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	require.Equal(b, b.N, count(b, pool))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepts/s")
}
