package app

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db/dbtest"
)

func sandbox(speed float64) config.Config {
	return config.Config{Environment: config.Development, Clock: config.Clock{Speed: speed}}
}

func TestRealTimeKeepsNoClock(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	c, err := businessClock(t.Context(), pool, config.Config{Environment: config.Production, Clock: config.Clock{Speed: 1}}, time.Now())
	require.NoError(t, err)
	require.True(t, c.Real())
	kept, err := keptClock(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, clock.Clock{}, kept)
}

// Business time goes on over restarts and changes of speed, never back.
func TestBusinessTimeGoesOn(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	reads := func(speed float64, after time.Duration) time.Duration {
		c, err := businessClock(t.Context(), pool, sandbox(speed), start.Add(after))
		require.NoError(t, err)
		kept, err := keptClock(t.Context(), pool)
		require.NoError(t, err)
		require.Equal(t, c, kept)
		return c.At(start.Add(after)).Sub(start)
	}
	require.Equal(t, time.Duration(0), reads(60, 0))
	require.Equal(t, 10*time.Minute, reads(60, 10*time.Second), "a restart goes on")
	require.Equal(t, 20*time.Minute, reads(3600, 20*time.Second), "a new speed goes on from there")
	require.Equal(t, 80*time.Minute, reads(3600, 21*time.Second))
	require.Equal(t, 140*time.Minute, reads(1, 22*time.Second), "slowing down does not jump back to real time")
	require.Equal(t, 140*time.Minute+time.Second, reads(1, 23*time.Second))
}

func TestProcessesThatStartTogetherAgree(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	clocks := make([]clock.Clock, 6)
	var all sync.WaitGroup
	for i := range clocks {
		all.Go(func() {
			c, err := businessClock(t.Context(), pool, sandbox(60), time.Now().Add(time.Duration(i)*time.Millisecond))
			if err == nil {
				clocks[i] = c
			}
		})
	}
	all.Wait()
	for _, c := range clocks {
		require.False(t, c.Real())
		require.True(t, c.Origin.Equal(clocks[0].Origin))
	}
}

func TestProductionRefusesSandboxTime(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := businessClock(t.Context(), pool, sandbox(60), time.Now())
	require.NoError(t, err)
	_, err = businessClock(t.Context(), pool, config.Config{Environment: config.Production, Clock: config.Clock{Speed: 1}}, time.Now())
	require.ErrorContains(t, err, "use a database without sandbox data")
}
