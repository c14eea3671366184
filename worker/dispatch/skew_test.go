package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/process"
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
	h.opts = behind
	h.run()
	h.opts = ahead
	h.run()
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
	row := h.settles(held)
	require.Equal(t, "delivered", row.State)
	require.False(t, row.DeliveredAt.Before(ends.Add(-100*time.Millisecond)), "not before the lease has ended by the database's clock")
}
