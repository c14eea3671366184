package delivery

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
)

func (f *fixture) paced(t testing.TB, perSecond float64) (*Core, *mortal) {
	pool, m := f.dyingPool(t, 1<<30)
	c := f.core(pool)
	c.buckets["smtp"] = newBucket(pool, "smtp", perSecond)
	return c, m
}

// Two workers together never take more than the provider allows, and a burst costs fewer statements than messages.
func TestWorkersShareThePace(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const perSecond = 200
	began := time.Now()
	var taken, statements atomic.Int64
	var wg sync.WaitGroup
	var meters []*mortal
	for range 2 {
		c, m := f.paced(t, perSecond)
		meters = append(meters, m)
		for range 20 {
			wg.Go(func() {
				for time.Since(began) < 1500*time.Millisecond {
					if _, err := c.take(ctx, "smtp", Normal); err == nil {
						taken.Add(1)
					} else if !process.IsType(err, process.TypeRateLimited) {
						t.Errorf("take: %v", err)
					}
				}
			})
		}
	}
	wg.Wait()
	elapsed := time.Since(began).Seconds()
	for _, m := range meters {
		statements.Add(int64(m.count.Load()))
	}
	t.Logf("%d tokens in %.2f s with %d statements", taken.Load(), elapsed, statements.Load())
	require.LessOrEqual(t, float64(taken.Load()), perSecond+perSecond*elapsed, "the bucket's content and its refill")
	require.Greater(t, float64(taken.Load()), perSecond*1.0, "and the pace is used")
	require.Less(t, statements.Load(), taken.Load())
}

// A campaign has used up its share: a one-time code leaves all the same.
func TestUrgentMessagesOvertakeACampaign(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c, _ := f.paced(t, 1)
	b := c.buckets["smtp"]
	b.limit, b.burst = 0.01, 8 // no refill worth speaking of
	var bulk int
	for {
		if _, err := c.take(ctx, "smtp", Bulk); err != nil {
			require.True(t, process.IsType(err, process.TypeRateLimited), "%v", err)
			break
		}
		bulk++
	}
	require.Equal(t, 4, bulk)
	var normal int
	for ; ; normal++ {
		if _, err := c.take(ctx, "smtp", Normal); err != nil {
			break
		}
	}
	require.Equal(t, 2, normal)
	for range 2 {
		_, err := c.take(ctx, "smtp", Now)
		require.NoError(t, err)
	}
	_, err := c.take(ctx, "smtp", Now)
	require.Greater(t, nextTry(t, err), 10*time.Second)
}

func TestAProviderOfOneMessageASecondIsNotStarved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c, _ := f.paced(t, 1)
	_, err := c.take(ctx, "smtp", Bulk)
	require.NoError(t, err)
	wait := nextTry(t, func() error { _, err := c.take(ctx, "smtp", Bulk); return err }())
	require.LessOrEqual(t, wait, time.Second+spread)
}

func TestATokenThatWasNotUsedIsUsedByTheNext(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c, m := f.paced(t, 1)
	first, err := c.take(ctx, "smtp", Normal)
	require.NoError(t, err)
	first.giveBack()
	before := m.count.Load()
	_, err = c.take(ctx, "smtp", Normal)
	require.NoError(t, err)
	require.Equal(t, before, m.count.Load())
}
