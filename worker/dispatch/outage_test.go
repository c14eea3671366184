package dispatch_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// While Temporal is down events are accepted and wait; few are worn out by trying; afterwards all arrive, in order.
func TestTemporalOutage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.fake.setFails(func(string) error { return serviceerror.NewUnavailable("down") })
	d, _ := h.run()
	const subjects = 300
	for s := range subjects {
		h.emit(fmt.Sprint("start", s), placed, order{ID: fmt.Sprint("o-", s)})
		h.emit(fmt.Sprint("paid", s), paid, order{ID: fmt.Sprint("o-", s), N: s})
	}
	h.eventually(func() bool {
		lag, err := d.Lag(context.Background())
		return err == nil && lag.TemporalDown && lag.Pending == 2*subjects
	})
	h.eventually(func() bool { // what was under way when it went down has come back
		var leased int
		return h.pool.QueryRow(context.Background(), `select count(leased_by) from events`).Scan(&leased) == nil && leased == 0
	})
	before, since := h.fake.called(), time.Now()
	h.eventually(func() bool { return h.fake.called() >= before+3 })
	require.Greater(t, time.Since(since), time.Second, "one event at a time tries, less and less often")
	var silent int
	require.NoError(t, h.pool.QueryRow(context.Background(),
		`select count(*) from events where last_error = 'Temporal answered Unavailable' and attempts > 0`).Scan(&silent))
	require.Positive(t, silent)
	h.fake.setFails(nil)
	h.eventually(func() bool { return h.pending() == 0 })
	require.Len(t, h.fake.starts(), subjects)
	for s := range subjects {
		require.Equal(t, []int{s}, h.fake.facts(fmt.Sprint("fulfil-order:o-", s)))
	}
	lag, err := d.Lag(context.Background())
	require.NoError(t, err)
	require.False(t, lag.TemporalDown)
	require.Zero(t, lag.Pending)
	require.Zero(t, lag.Oldest)
}

// One event that Temporal never answers does not keep the others waiting, although it looks like an outage each time.
func TestEventThatLooksLikeAnOutage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.fake.setFails(func(id string) error {
		if id == "fulfil-order:silent" {
			return context.DeadlineExceeded
		}
		return nil
	})
	h.run()
	silent := h.emit("silent", placed, order{ID: "silent"})
	for i := range 20 {
		require.Equal(t, "delivered", h.settles(h.emit(fmt.Sprint(i), placed, order{ID: fmt.Sprint("o-", i)})).State)
	}
	h.eventually(func() bool { return h.row(silent).Attempts >= 2 })
	require.Equal(t, "no answer in time", *h.row(silent).LastError)
}

// PostgreSQL closes every connection and takes none for a while, in the middle of deliveries.
func TestPostgreSQLOutage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHouse(t, process.OneAtATime)
	database := h.pool.Config().ConnConfig.Database
	admin, err := pgx.Connect(ctx, adminURL(t))
	require.NoError(t, err)
	defer func() { _ = admin.Close(ctx) }()
	h.run()
	const subjects = 200
	for s := range subjects {
		h.emit(fmt.Sprint("start", s), placed, order{ID: fmt.Sprint("o-", s)})
		h.emit(fmt.Sprint("paid", s), paid, order{ID: fmt.Sprint("o-", s), N: s})
		if s%50 == 25 {
			_, err = admin.Exec(ctx, `alter database `+database+` allow_connections false`)
			require.NoError(t, err)
			_, err = admin.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, database)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return h.pool.Ping(ctx) != nil }, 5*time.Second, time.Millisecond)
			_, err = admin.Exec(ctx, `alter database `+database+` allow_connections true`)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return h.pool.Ping(ctx) == nil }, 5*time.Second, time.Millisecond)
		}
	}
	h.eventually(func() bool { return h.pending() == 0 })
	starts := map[string]int{}
	for _, id := range h.fake.starts() {
		starts[id]++
	}
	require.Len(t, starts, subjects)
	for id, n := range starts {
		require.Equal(t, 1, n, id)
		require.Len(t, h.fake.facts(id), 1, id)
	}
}

// PostgreSQL goes down while a delivery is under way that Temporal then does not take. Both come back, and so do the
// deliveries.
func TestBothOutages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHouse(t, process.OneAtATime)
	database := h.pool.Config().ConnConfig.Database
	admin, err := pgx.Connect(ctx, adminURL(t))
	require.NoError(t, err)
	defer func() { _ = admin.Close(ctx) }()
	called, down := make(chan struct{}, 100), make(chan struct{})
	h.fake.setFails(func(string) error {
		called <- struct{}{}
		<-down
		return serviceerror.NewUnavailable("down")
	})
	d, _ := h.run()
	for i := range 5 {
		h.emit(fmt.Sprint("start", i), placed, order{ID: fmt.Sprint("o-", i)})
	}
	<-called
	_, err = admin.Exec(ctx, `alter database `+database+` allow_connections false`)
	require.NoError(t, err)
	_, err = admin.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, database)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return h.pool.Ping(ctx) != nil }, 5*time.Second, time.Millisecond)
	close(down)
	require.Never(t, func() bool { // it stays down for a while, and others go on to announce events
		d.Poke()
		return h.pool.Ping(ctx) == nil
	}, 1500*time.Millisecond, 5*time.Millisecond)
	h.fake.setFails(nil)
	_, err = admin.Exec(ctx, `alter database `+database+` allow_connections true`)
	require.NoError(t, err)
	h.eventually(func() bool { return h.pending() == 0 })
	require.Len(t, h.fake.starts(), 5)
}

// PostgreSQL's disk is full for a while: what was delivered cannot be noted. The dispatcher waits and goes on, and no run
// starts twice.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	var events []inbox.Accepted
	for i := range 50 {
		events = append(events, h.emit(fmt.Sprint("start", i), placed, order{ID: fmt.Sprint("o-", i)}))
	}
	h.exec(`create function disk_is_full() returns trigger language plpgsql as
		$$ begin raise exception 'No space left on device' using errcode = '53100'; end $$`)
	h.exec(`create trigger full_disk before update on events for each row when (new.state = 'delivered') execute function disk_is_full()`)
	h.run()
	h.eventually(func() bool { return len(h.fake.starts()) >= 10 })
	require.Equal(t, 50, h.pending(), "nothing can be noted")
	h.exec(`drop trigger full_disk on events`)
	h.eventually(func() bool { return h.pending() == 0 })
	require.Len(t, h.fake.starts(), 50, "each run is started once")
	for _, e := range events {
		require.Equal(t, "delivered", h.row(e).State)
	}
}

func adminURL(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	require.NotEmpty(t, strings.TrimPrefix(u.Path, "/"))
	return u.String()
}
