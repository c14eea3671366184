package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// timed notes which time the gate is told.
type timed struct {
	Gate
	told []time.Time
}

func (g *timed) Admit(ctx context.Context, tx pgx.Tx, now time.Time, r gate.Request) (gate.Verdict, error) {
	g.told = append(g.told, now)
	return g.Gate.Admit(ctx, tx, now, r)
}

// off is a worker whose machine's clock is wrong.
func (f *fixture) off(pool *pgxpool.Pool, by time.Duration, p provider.Provider) *Core {
	return New(Options{
		Pool: pool, Clock: clock.Clock{}, Providers: []provider.Provider{p}, Gate: f.gate, CallTimeout: 60 * time.Millisecond,
		Machine: func() time.Time { return time.Now().Add(by) },
	})
}

// A provider took a message and was silent; it will know of it within a minute. A worker whose clock is ten minutes apart
// from the first one's does not take that minute for over, and caps and quiet hours are held against PostgreSQL's time.
func TestClocksThatAreApartSendNothingTwice(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"the next one is ahead": -5 * time.Minute, "the next one is behind": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			g := &timed{Gate: f.gate}
			f.gate = g
			p := &faithful{carrier: mail(answer{take: true, err: provider.Unknown{}}), late: 2, settled: time.Minute}
			first, next := f.off(f.pool, by, p), f.off(f.pool, -by, p)
			_, err := first.Deliver(ctx, f.order(gate.Marketing))
			require.True(t, process.IsType(err, process.TypeRateLimited), "%v", err)
			for range 2 {
				_, err = next.Deliver(ctx, f.order(gate.Marketing))
				require.True(t, process.IsType(err, process.TypeRateLimited), "%v", err)
			}
			r, err := next.Deliver(ctx, f.order(gate.Marketing))
			require.NoError(t, err)
			require.Equal(t, Sent, r.State)
			calls, taken := p.count()
			require.Equal(t, []int{1, 1}, []int{calls, taken})
			require.NotEmpty(t, g.told)
			for _, at := range g.told {
				require.WithinDuration(t, time.Now(), at, time.Minute)
			}
		})
	}
}
