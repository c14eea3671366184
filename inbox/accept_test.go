package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func event(externalID, subject string) inbox.Event {
	return inbox.Event{Source: "shop", ExternalID: externalID, Type: "order.placed", Subject: subject, Data: json.RawMessage(`{"n":1}`)}
}

func TestAcceptKeepsEveryField(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	e := event("1", "order-1")
	e.ID, e.OccurredAt = uuid.Must(uuid.NewV7()), now.Add(-time.Hour)
	got, err := inbox.Accept(ctx, pool, now, e)
	require.NoError(t, err)
	require.Equal(t, []inbox.Accepted{{ID: e.ID}}, got)
	row, err := query.New().GetEvent(ctx, pool, e.ID)
	require.NoError(t, err)
	require.Equal(t, "shop|1|order.placed|order-1|pending",
		strings.Join([]string{row.Source, row.ExternalID, row.Type, row.Subject, row.State}, "|"))
	require.JSONEq(t, `{"n":1}`, string(row.Data))
	require.True(t, row.OccurredAt.Equal(now.Add(-time.Hour)))
	require.True(t, row.ReceivedAt.Equal(now))
	require.False(t, row.NextAttemptAt.After(now), "due at once")
}

func TestAcceptAnswersARepeatWithTheFirstID(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	first, err := inbox.Accept(ctx, pool, now, event("1", "a"), event("2", "b"))
	require.NoError(t, err)
	changed := event("2", "elsewhere")
	changed.Data = json.RawMessage(`{"n":2}`)
	again, err := inbox.Accept(ctx, pool, now, event("3", "a"), changed, event("3", "a"))
	require.NoError(t, err)
	require.False(t, again[0].Duplicate)
	require.Equal(t, inbox.Accepted{ID: first[1].ID, Duplicate: true}, again[1])
	require.Equal(t, inbox.Accepted{ID: again[0].ID, Duplicate: true}, again[2], "a repeat within one call")
	row, err := query.New().GetEvent(ctx, pool, first[1].ID)
	require.NoError(t, err)
	require.Equal(t, "b", row.Subject, "the first stays as it was")
	other := event("1", "a")
	other.Source = "another shop"
	fresh, err := inbox.Accept(ctx, pool, now, other)
	require.NoError(t, err)
	require.False(t, fresh[0].Duplicate, "the same id of another source is another event")
}

func TestAcceptRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	for name, spoil := range map[string]func(*inbox.Event){
		"source":  func(e *inbox.Event) { e.Source = "" },
		"id":      func(e *inbox.Event) { e.ExternalID = strings.Repeat("x", 513) },
		"type":    func(e *inbox.Event) { e.Type = "a\x00b" },
		"subject": func(e *inbox.Event) { e.Subject = "\xff" },
		"data":    func(e *inbox.Event) { e.Data = json.RawMessage(`{`) },
	} {
		e := event("1", "a")
		spoil(&e)
		_, err := inbox.Accept(ctx, pool, now, event("ok-"+name, "a"), e)
		var invalid *inbox.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		require.Equal(t, name, invalid.Field)
		require.Equal(t, 1, invalid.Index)
	}
	unkept := event("1", "a")
	unkept.Data = json.RawMessage(`{"note":"hush\u0000"}`)
	_, err := inbox.Accept(ctx, pool, now, unkept)
	require.ErrorAs(t, err, new(*inbox.InvalidError))
	require.NotContains(t, err.Error(), "hush")
	require.Equal(t, 0, count(t, pool), "nothing of a refused call is kept")
}

// Transactions that overlap get their places in the order in which they commit, though one began to write first.
func TestOneSubjectIsOrderedByCommit(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	slow, err := pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = slow.Rollback(ctx) }()
	_, err = inbox.Accept(ctx, slow, now, event("slow", "a"))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := inbox.Accept(ctx, pool, now, event("quick", "a"))
		done <- err
	}()
	_, err = inbox.Accept(ctx, pool, now, event("other", "b"))
	require.NoError(t, err, "another subject does not wait")
	require.Eventually(t, func() bool { return waitingForLock(t, pool) }, 5*time.Second, 5*time.Millisecond)
	require.Empty(t, done, "the same subject waits for the commit")
	require.NoError(t, slow.Commit(ctx))
	require.NoError(t, <-done)
	require.Equal(t, []string{"slow", "quick"}, order(t, pool, "a"))
}

// Callers with the same subjects in opposite order would deadlock if the locks were taken as they come.
func TestOpposedBatchesDoNotDeadlock(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for w := range 8 {
		wg.Go(func() {
			for i := range 40 {
				batch := make([]inbox.Event, 6)
				for j := range batch {
					subject := j
					if w%2 == 1 {
						subject = 5 - j
					}
					batch[j] = event(fmt.Sprintf("%d-%d-%d", w, i, j), fmt.Sprint("s", subject))
				}
				if _, err := inbox.Accept(ctx, pool, now, batch...); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	require.NoError(t, <-errs)
	require.Equal(t, 8*40*6, count(t, pool))
}

func TestEmitIsIdempotentAndPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	type data struct {
		N int `json:"n"`
	}
	placed := process.NewEvent[data]("order.placed", "An order was placed.")
	for range 2 {
		require.NoError(t, inbox.Emit(ctx, pool, now, "key", "order-1", placed, data{7}))
	}
	require.Equal(t, 1, count(t, pool))
	rolledBack := db.InTx(ctx, pool, func(tx pgx.Tx) error {
		require.NoError(t, inbox.Emit(ctx, tx, now, "lost", "order-1", placed, data{8}))
		return context.Canceled
	})
	require.ErrorIs(t, rolledBack, context.Canceled)
	require.Equal(t, 1, count(t, pool))
}

func TestSubjectOf(t *testing.T) {
	t.Parallel()
	entry := process.EntryID("x")
	for run, want := range map[string]string{
		"p:42":             "42",
		"p:42:" + entry:    "42",
		"p:a:b":            "a:b",
		"p:" + entry:       entry,
		"p:a:b:" + entry:   "a:b",
		"another-name:a:b": "another-name:a:b",
	} {
		require.Equal(t, want, inbox.SubjectOf("p", run), run)
	}
	require.Equal(t, "42", inbox.NewSignal("p", "p:42:"+entry, "s", nil).Subject)
	require.Equal(t, inbox.NewStart("p", "42", entry, nil).ExternalID, inbox.NewStart("p", "42", entry, nil).ExternalID,
		"two starts of one entry are one event")
}

func count(t testing.TB, pool *pgxpool.Pool) int {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(context.Background(), `select count(*) from events`).Scan(&n))
	return n
}

func order(t *testing.T, pool *pgxpool.Pool, subject string) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `select external_id from events where subject = $1 order by seq`, subject)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return ids
}

func waitingForLock(t *testing.T, pool *pgxpool.Pool) bool {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(context.Background(), `select count(*) from pg_locks l join pg_database d on d.oid = l.database
		where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`).Scan(&n))
	return n > 0
}
