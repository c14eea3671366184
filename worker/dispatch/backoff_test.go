package dispatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoffDoublesUpToItsCap(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 5: 4 * time.Second, 7: 16 * time.Second,
		8: 30 * time.Second, 1_000_000: 30 * time.Second,
	} {
		require.Equal(t, want, backoff(n), n)
	}
}

func TestOutageCountsTogetherWhatFailedTogether(t *testing.T) {
	t.Parallel()
	var o outage
	require.False(t, o.down())
	now := time.Now()
	for range 32 {
		o.note(now)
	}
	require.Equal(t, 1, o.failures)
	require.True(t, o.down())
	for range 20 {
		now = o.probeAt
		o.note(now)
	}
	require.Equal(t, maxProbe, o.probeAt.Sub(now))
}
