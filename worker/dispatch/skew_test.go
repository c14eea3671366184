package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker/dispatch"
)

// off is a machine's clock that is wrong.
func off(by time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(by) }
}

// The clocks of two dispatchers are ten minutes apart. None takes the other's subject while it is leased: each run is
// started once, each fact is told once, and in order.
func TestClocksThatAreApartStealNoLeases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	const subjects, facts = 20, 5
	for n := range facts {
		for s := range subjects {
			o := order{ID: fmt.Sprint("o-", s), N: n}
			if n == 0 {
				h.emit(fmt.Sprint("start", s), placed, o)
			}
			h.emit(fmt.Sprint(s, "-", n), paid, o)
		}
	}
	ahead, behind := h.opts, h.opts
	ahead.Machine, behind.Machine = off(5*time.Minute), off(-5*time.Minute)
	began, held := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	var once sync.Once
	behind.Workers = 1
	behind.Listeners = []dispatch.Listener{func(context.Context, uuid.UUID, string, json.RawMessage) error {
		once.Do(func() { close(began) })
		<-held
		return nil
	}}
	h.opts = behind
	h.run()
	select {
	case <-began: // the one that is behind holds the first subject, whose events it has claimed
	case <-time.After(20 * time.Second):
		require.Fail(t, "the one that is behind takes nothing")
	}
	h.opts = ahead
	h.run()
	t.Cleanup(release)
	h.eventually(func() bool { return h.pending() == facts+1 })
	require.Never(t, func() bool { return h.pending() != facts+1 }, 300*time.Millisecond, 10*time.Millisecond, "the held subject is left alone")
	release()
	h.eventually(func() bool { return h.pending() == 0 })
	require.Len(t, h.fake.starts(), subjects)
	require.Equal(t, subjects*(facts+1), h.fake.called(), "nothing was delivered twice")
	var want []int
	for n := range facts {
		want = append(want, n)
	}
	for s := range subjects {
		require.Equal(t, want, h.fake.facts(fmt.Sprint("fulfil-order:o-", s)))
	}
}

// A lease that a dispatcher of a right clock has written is kept by one whose clock is ahead.
func TestALeaseIsKeptByAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.opts.Machine = off(5 * time.Minute)
	held := h.emit("1", placed, order{ID: "o-1"})
	ends := time.Now().Add(1500 * time.Millisecond)
	h.exec(`update events set leased_by = 'another', leased_until = $1`, ends)
	h.run()
	require.Equal(t, "delivered", h.settles(held).State)
	require.False(t, time.Now().Before(ends), "not before the lease has ended")
}
