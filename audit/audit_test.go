package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

func record(i int) audit.Record {
	return audit.Record{
		ActorKind: audit.Key, ActorID: fmt.Sprint("key-", i%3), Action: "task.reassign", ResourceKind: "task",
		ResourceID: fmt.Sprint(i), Reason: "on leave", Fields: []string{"assignee_id", "due_at"},
	}
}

func appendRecords(t testing.TB, pool *pgxpool.Pool, n int) {
	t.Helper()
	for from := 0; from < n; from += 1000 {
		var batch []audit.Record
		for i := from; i < min(from+1000, n); i++ {
			batch = append(batch, record(i))
		}
		require.NoError(t, audit.Append(context.Background(), pool, now, batch...))
	}
}

func sealAll(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	s := audit.NewSealer(pool, slog.New(slog.DiscardHandler))
	for {
		n, err := s.Seal(context.Background())
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

func verify(t testing.TB, pool *pgxpool.Pool, expected ...audit.Head) audit.Report {
	t.Helper()
	report, err := audit.Verify(context.Background(), pool, expected...)
	require.NoError(t, err)
	return report
}

func TestAppendIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	err := db.InTx(ctx, pool, func(tx pgx.Tx) error {
		require.NoError(t, audit.Append(ctx, tx, now, record(1)))
		return context.Canceled
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, verify(t, pool).Unsealed)
	require.NoError(t, audit.Append(ctx, pool, now, record(1), record(2)))
	require.NoError(t, audit.Append(ctx, pool, now), "nothing to write is fine")
	report := verify(t, pool)
	require.Equal(t, int64(2), report.Unsealed)
	require.Zero(t, report.Sealed)
	require.Nil(t, report.Broken)
	var fields string
	require.NoError(t, pool.QueryRow(ctx, `select details->>'fields' from audit_logs where resource_id = '1'`).Scan(&fields))
	require.JSONEq(t, `["assignee_id", "due_at"]`, fields)
}

func TestSealedChainHolds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	appendRecords(t, pool, 2500) // more than one batch
	sealAll(t, pool)
	first := verify(t, pool)
	require.Nil(t, first.Broken)
	require.Equal(t, int64(2500), first.Sealed)
	require.Equal(t, int64(2500), first.Head.Seq)
	appendRecords(t, pool, 10)
	sealAll(t, pool)
	second := verify(t, pool, first.Head)
	require.Nil(t, second.Broken, "the earlier head lies in the chain")
	require.Equal(t, int64(2510), second.Head.Seq)
	require.NotEqual(t, first.Head.Hash, second.Head.Hash)
	last, err := audit.LastSealed(context.Background(), pool)
	require.NoError(t, err)
	require.Equal(t, second.Head, last)
}

func TestSealersAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	var wg sync.WaitGroup
	stop, cancel := context.WithCancel(ctx)
	for range 3 {
		wg.Go(func() {
			s := audit.NewSealer(pool, slog.New(slog.DiscardHandler))
			for stop.Err() == nil {
				if _, err := s.Seal(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 300 {
		require.NoError(t, audit.Append(ctx, pool, now, record(i)))
	}
	require.Eventually(t, func() bool { return verify(t, pool).Unsealed == 0 }, 10*time.Second, 10*time.Millisecond)
	cancel()
	wg.Wait()
	report := verify(t, pool)
	require.Nil(t, report.Broken)
	require.Equal(t, int64(300), report.Sealed)
}

// The chain follows the order of sealing: a transaction that commits late, with lower ids, is chained later.
func TestLateCommitIsChainedLater(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	late, err := pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = late.Rollback(ctx) }()
	require.NoError(t, audit.Append(ctx, late, now, record(1)))
	appendRecords(t, pool, 5)
	sealAll(t, pool)
	require.NoError(t, late.Commit(ctx))
	sealAll(t, pool)
	report := verify(t, pool)
	require.Nil(t, report.Broken)
	require.Equal(t, int64(6), report.Sealed)
}

func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	at := func(seq int64) func(t *testing.T, r audit.Report) {
		return func(t *testing.T, r audit.Report) { require.Equal(t, seq, r.Broken.Seq, r.Broken.String()) }
	}
	columns := map[string]string{
		"id":         `-7`,
		"at":         `at + interval '1 microsecond'`,
		"actor_kind": `'person'`, "actor_id": `actor_id || 'x'`, "action": `'task.complete'`,
		"resource_kind": `'lead'`, "resource_id": `'0'`, "reason": `''`, "details": `details || '{"x":1}'`,
		"prev_hash": `sha256('x')`, "hash": `sha256('x')`,
	}
	type attack struct {
		sql   string
		found func(t *testing.T, r audit.Report)
	}
	attacks := map[string]attack{
		"deleted row":    {`delete from audit_logs where chain_seq = 5`, at(5)},
		"deleted head":   {`delete from audit_logs where chain_seq = 1`, at(1)},
		"swapped rows":   {`update audit_logs a set (at, actor_id, resource_id) = (select b.at, b.actor_id, b.resource_id from audit_logs b where b.chain_seq = 11 - a.chain_seq) where chain_seq in (5, 6)`, at(5)},
		"swapped places": {`update audit_logs set chain_seq = -chain_seq where chain_seq in (5, 6); update audit_logs set chain_seq = 11 + chain_seq where chain_seq < 0`, at(5)},
		"inserted row": {`update audit_logs set chain_seq = -chain_seq where chain_seq > 5;
			insert into audit_logs (at, actor_kind, actor_id, action, resource_kind, resource_id, chain_seq, prev_hash, hash)
			select at, actor_kind, actor_id, action, resource_kind, resource_id, 6, prev_hash, hash from audit_logs where chain_seq = 5;
			update audit_logs set chain_seq = -chain_seq + 1 where chain_seq < 0`, at(6)},
		"moved boundary": {`update audit_logs set actor_id = actor_id || 't', action = 'ask.reassign' where chain_seq = 5`, at(5)},
		"unlinked row":   {`update audit_logs set chain_seq = null where chain_seq = 10`, at(10)},
		"cut off end":    {`delete from audit_logs where chain_seq > 8`, at(10)},
	}
	for column, value := range columns {
		attacks["changed "+column] = attack{`update audit_logs set ` + column + ` = ` + value + ` where chain_seq = 5`, at(5)}
	}
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			appendRecords(t, pool, 10)
			sealAll(t, pool)
			whole := verify(t, pool)
			require.Nil(t, whole.Broken)
			// id is generated always: an attacker with the database's password is not stopped by that.
			_, err := pool.Exec(context.Background(), `alter table audit_logs alter id set generated by default; alter table audit_logs alter id drop identity`)
			require.NoError(t, err)
			if name == "inserted row" {
				a.sql = `create sequence s start 1000; alter table audit_logs alter id set default nextval('s'); ` + a.sql
			}
			_, err = pool.Exec(context.Background(), a.sql)
			require.NoError(t, err)
			report := verify(t, pool, whole.Head)
			require.NotNil(t, report.Broken)
			a.found(t, report)
			sealAll(t, pool)
			require.NotNil(t, verify(t, pool, whole.Head).Broken, "sealing on does not mend it")
		})
	}
}

func TestVerifyFindsAnUnlinkedEndWithoutAHead(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	appendRecords(t, pool, 10)
	sealAll(t, pool)
	_, err := pool.Exec(context.Background(), `update audit_logs set chain_seq = null where chain_seq = 10`)
	require.NoError(t, err)
	sealAll(t, pool)
	report := verify(t, pool)
	require.Equal(t, "1 records carry a hash and no place in the chain", report.Broken.Problem)
	require.Equal(t, int64(9), report.Sealed)
}

// Somebody who writes the whole chain anew is found by a head that was kept elsewhere, and only by that.
func TestVerifyFindsAChainWrittenAnew(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	appendRecords(t, pool, 10)
	sealAll(t, pool)
	kept := verify(t, pool).Head
	_, err := pool.Exec(ctx, `update audit_logs set chain_seq = null, prev_hash = null, hash = null;
		update audit_logs set reason = 'forged' where resource_id = '3'`)
	require.NoError(t, err)
	sealAll(t, pool)
	require.Nil(t, verify(t, pool).Broken)
	require.Equal(t, "is not the record that was here before", verify(t, pool, kept).Broken.Problem)
}

func TestVerifyManyRecordsTakesSeconds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	appendRecords(t, pool, 100_000)
	sealAll(t, pool)
	began := time.Now()
	report := verify(t, pool)
	require.Nil(t, report.Broken)
	require.Equal(t, int64(100_000), report.Sealed)
	require.Less(t, time.Since(began), 20*time.Second)
	t.Logf("verified 100,000 records in %s", time.Since(began).Round(time.Millisecond))
}

func TestRunSealsAndStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	pool := dbtest.New(t)
	done := make(chan error, 1)
	go func() { done <- audit.NewSealer(pool, slog.New(slog.DiscardHandler)).Run(ctx) }()
	appendRecords(t, pool, 3)
	require.Eventually(t, func() bool { return verify(t, pool).Sealed == 3 }, 10*time.Second, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}
