package app

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlySoManyAskOneRunAtOnce(t *testing.T) {
	t.Parallel()
	const atOnce, clients = 3, 50
	c := newCrowd(atOnce)
	var inside, most atomic.Int32
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			leave, err := c.enter(t.Context(), "deal:1")
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			n := inside.Add(1)
			for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
			}
			inside.Add(-1)
		})
	}
	wg.Wait()
	require.LessOrEqual(t, most.Load(), int32(atOnce))
	require.Empty(t, c.lines, "nothing is kept of runs that nobody asks")
}

func TestWhoWaitsForARunHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	c := newCrowd(1)
	leave, err := c.enter(t.Context(), "deal:1")
	require.NoError(t, err)

	other, err := c.enter(t.Context(), "deal:2")
	require.NoError(t, err, "another run has a line of its own")
	other()

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.enter(gone, "deal:1")
	require.ErrorIs(t, err, context.Canceled)

	leave()
	again, err := c.enter(t.Context(), "deal:1")
	require.NoError(t, err, "who gave up has left the line")
	again()
	require.Empty(t, c.lines)
}
