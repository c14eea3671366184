package delivery

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
)

// mortal cuts a worker off from the database: statement number last still arrives, nothing after it does.
type mortal struct {
	last  int32
	count atomic.Int32
}

func (m *mortal) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if m.count.Add(1) > m.last {
		dead, cancel := context.WithCancel(ctx)
		cancel()
		return dead
	}
	return ctx
}

func (*mortal) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// dyingPool returns a pool of a worker that dies after so many statements.
func (f *fixture) dyingPool(t testing.TB, last int) (*pgxpool.Pool, *mortal) {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(f.url)
	require.NoError(t, err)
	m := &mortal{last: int32(last)}
	cfg.ConnConfig.Tracer = m
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool, m
}

// A worker dies after each of its statements in turn, and the next one takes over. Whoever can be asked, or recognises a
// repeat, gets every message once; a bare provider of marketing at most once; what is owed at least once, and counted.
func TestAWorkerMayDieAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, class := range []string{gate.Internal, gate.Transactional, gate.Marketing} {
		for _, kind := range []string{"faithful", "repeating", "bare"} {
			for _, fate := range []string{"takes", "takes and is silent", "takes and breaks off", "is down"} {
				t.Run(class+"/"+kind+"/"+fate, func(t *testing.T) {
					t.Parallel()
					survive(t, class, kind, fate)
				})
			}
		}
	}
}

func survive(t *testing.T, class, kind, fate string) {
	f := setup(t)
	for last := 0; ; last++ {
		require.Less(t, last, 40, "a step of so many statements is wrong")
		f.exec(t, `delete from interactions`)
		f.exec(t, `delete from messages`)
		c := &carrier{name: kind, channel: provider.Email, script: fates()[fate]}
		var p provider.Provider = c
		switch kind {
		case "faithful":
			p = &faithful{carrier: c}
		case "repeating":
			p = repeating{c}
		}
		o := f.order(class)
		dying, m := f.dyingPool(t, last)
		core := f.core(dying, p)
		core.settleFor = 20 * time.Millisecond
		first, err := core.Deliver(context.Background(), o)
		unharmed := int(m.count.Load()) <= last
		r := f.insist(t, o, p)
		if unharmed && err == nil {
			require.Equal(t, first, r, "a repeat of a step that ended gives its receipt again")
		}

		row, at := f.ledger(t), fmt.Sprintf("the worker died after %d statements", last)
		calls, taken := c.count()
		require.Equal(t, r.State, row.State, at)
		switch {
		case kind == "faithful":
			require.Equal(t, Sent, r.State, at)
			require.Equal(t, 1, taken, at)
			require.Zero(t, row.Resends, at)
		case kind == "repeating":
			require.Equal(t, Sent, r.State, at)
			require.Equal(t, 1, c.distinct(), at)
			require.Zero(t, row.Resends, at)
		case class == gate.Marketing:
			require.LessOrEqual(t, taken, 1, at)
			if r.State != Sent {
				require.Equal(t, Unknown, r.State, at)
			}
		default:
			require.Equal(t, Sent, r.State, at)
			require.GreaterOrEqual(t, taken, 1, at)
			require.LessOrEqual(t, taken-1, row.Resends, at+": every message that may be a second one is counted")
			require.Equal(t, 1, c.distinct(), at+": a repeat has the same id")
		}
		require.LessOrEqual(t, calls, int(row.Attempts), at+": no call without a hand-over in the ledger")
		var shown int
		require.NoError(t, f.pool.QueryRow(context.Background(), `select count(*) from interactions where kind = 'message.sent'`).Scan(&shown))
		if class == gate.Internal || r.State != Sent {
			require.Zero(t, shown, at)
		} else {
			require.Equal(t, 1, shown, at+": the timeline shows a message once")
		}
		if unharmed {
			return
		}
	}
}

func fates() map[string][]answer {
	silent := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	return map[string][]answer{
		"takes":                nil,
		"takes and is silent":  {{take: true, before: silent}},
		"takes and breaks off": {{take: true, panic: true}},
		"is down":              {{err: errDown}, {err: errDown}},
	}
}

type down struct{}

func (down) Error() string { return "connection refused" }

var errDown = down{}
