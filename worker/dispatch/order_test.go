package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Two dispatchers share the work while every seventh call fails: each run is started once and hears its facts in order.
func TestOrderPerSubject(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	var calls atomic.Int64
	h.fake.setFails(func(string) error {
		if calls.Add(1)%7 == 0 {
			return serviceerror.NewInternal("a hiccup")
		}
		return nil
	})
	const subjects, facts = 12, 25 // more facts than one claim takes
	first, _ := h.run()
	second, _ := h.run()
	var want []int
	for n := range facts {
		want = append(want, n)
		for s := range subjects {
			o := order{ID: fmt.Sprint("o-", s), N: n}
			if n == 0 {
				h.emit(fmt.Sprint("start", s), placed, o)
			}
			h.emit(fmt.Sprint(s, "-", n), paid, o)
		}
		first.Poke()
		second.Poke()
	}
	h.eventually(func() bool { return h.pending() == 0 })
	require.Len(t, h.fake.starts(), subjects)
	for s := range subjects {
		require.Equal(t, want, h.fake.facts(fmt.Sprint("fulfil-order:o-", s)))
	}
}

// Leases keep dispatchers out of each other's way: nothing is delivered twice while nobody fails.
func TestDispatchersDoNotShareAnEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	const subjects = 400
	for s := range subjects {
		h.emit(fmt.Sprint(s), placed, order{ID: fmt.Sprint("o-", s)})
	}
	for range 3 {
		h.run()
	}
	h.eventually(func() bool { return h.pending() == 0 })
	require.Equal(t, subjects, h.fake.called())
	var again int
	require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from events where attempts <> 1`).Scan(&again))
	require.Zero(t, again)
}

func TestPoisonHoldsOnlyItsOwnSubject(t *testing.T) {
	t.Parallel()
	for name, poison := range map[string]struct {
		event inbox.Event
		text  string
	}{
		"data that does not fit":  {inbox.Event{Type: "order.paid", Data: []byte(`{"id":["hush"]}`)}, "its data does not fit process fulfil-order"},
		"no subject":              {inbox.Event{Type: "order.placed", Data: []byte(`{}`)}, "names no subject"},
		"broken trigger":          {inbox.Event{Type: "order.crashed", Data: []byte(`{"id":"hush"}`)}, "panicked"},
		"unknown process":         {inbox.NewStart("hush", "p", "", []byte(`{}`)), "a process that this binary does not have"},
		"unknown signal":          {inbox.NewSignal("fulfil-order", "fulfil-order:p", "hush", nil), "has no such signal"},
		"input that does not fit": {inbox.NewStart("fulfil-order", "p", "", []byte(`"hush"`)), "the input does not fit"},
		"another subject":         {inbox.NewStart("fulfil-order", "p", "", []byte(`{"id":"hush"}`)), "about another subject"},
		"no start":                {inbox.Event{Type: inbox.TypeStart, Data: []byte(`"hush"`)}, "is not a start"},
		"bad entry":               {inbox.NewStart("fulfil-order", "p", "hush", []byte(`{"id":"p"}`)), "its entry is not a UUID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, process.OneAtATime)
			h.opts.Workers = 1
			d, _ := h.run()
			poison.event.Source, poison.event.ExternalID, poison.event.Subject = "test", "poison", "p"
			bad := h.accept(poison.event)[0]
			behind := h.emit("behind", placed, order{ID: "p"})
			for i := range 10 {
				require.Equal(t, "delivered", h.settles(h.emit(fmt.Sprint(i), placed, order{ID: fmt.Sprint("o-", i)})).State)
			}
			h.eventually(func() bool { return h.row(bad).Attempts >= 2 })
			row := h.row(bad)
			require.Equal(t, "pending", row.State)
			require.Contains(t, *row.LastError, poison.text)
			require.NotContains(t, *row.LastError, "hush", "nothing of the data is quoted")
			require.True(t, row.NextAttemptAt.After(row.ReceivedAt))
			require.Equal(t, "pending", h.row(behind).State)
			require.Zero(t, h.row(behind).Attempts)
			lag, err := d.Lag(context.Background())
			require.NoError(t, err)
			require.Equal(t, 2, lag.Pending)
			require.Positive(t, lag.Oldest)

			h.exec(`update events set attempts = 25, next_attempt_at = received_at where id = $1`, bad.ID)
			row = h.settles(bad)
			require.Equal(t, "set-aside", row.State)
			require.Contains(t, *row.LastError, poison.text)
			require.Equal(t, "delivered", h.settles(behind).State, "those behind it go on")
			lag, err = d.Lag(context.Background())
			require.NoError(t, err)
			require.Equal(t, 1, lag.SetAside)
			require.Zero(t, lag.Pending)
		})
	}
}

func TestLagNamesStuckEvents(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	bad := h.accept(inbox.Event{Source: "test", ExternalID: "1", Type: "order.paid", Subject: "p", Data: []byte(`[]`)})[0]
	h.exec(`update events set attempts = 5`)
	d, _ := h.run()
	h.eventually(func() bool { return h.row(bad).Attempts == 6 })
	lag, err := d.Lag(context.Background())
	require.NoError(t, err)
	require.Equal(t, 1, lag.StuckCount)
	require.Len(t, lag.Stuck, 1)
	require.Equal(t, bad.ID, lag.Stuck[0].ID)
	require.Contains(t, lag.Stuck[0].LastError, "does not fit")
	require.False(t, lag.TemporalDown)
}

func TestEventsThatNobodyTakesAreIgnored(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.run()
	for _, a := range []inbox.Accepted{
		h.accept(inbox.Event{Source: "test", ExternalID: "1", Type: "weather.changed", Subject: "w", Data: []byte(`{}`)})[0],
		h.emit("2", placed, order{ID: "unwanted"}),
	} {
		row := h.settles(a)
		require.Equal(t, "ignored", row.State)
		require.Contains(t, *row.LastError, "no process takes an event of type")
	}
	require.Zero(t, h.fake.called())
}

// A dispatcher that died holds the subject until its lease ends, and no longer.
func TestLeasesOfTheDeadEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	held, behind := h.emit("1", placed, order{ID: "o-1"}), h.emit("2", paid, order{ID: "o-1", N: 2})
	ends := time.Now().Add(700 * time.Millisecond)
	h.exec(`update events set leased_by = 'dead', leased_until = $1`, ends)
	h.run()
	require.Equal(t, "delivered", h.settles(h.emit("3", placed, order{ID: "o-2"})).State)
	require.Equal(t, "pending", h.row(held).State)
	row := h.settles(behind)
	require.Equal(t, "delivered", row.State)
	require.False(t, h.row(held).DeliveredAt.Before(ends))
	require.Equal(t, []int{2}, h.fake.facts("fulfil-order:o-1"))
}

// A dispatcher that stops finishes what is under way and gives the rest back at once.
func TestStopGivesBackWhatIsHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	entered, release := make(chan struct{}), make(chan struct{})
	h.fake.onStart = func(string) {
		close(entered)
		<-release
	}
	first, behind := h.emit("1", placed, order{ID: "o-1"}), h.emit("2", paid, order{ID: "o-1", N: 2})
	_, stop := h.run()
	<-entered
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	close(release)
	<-stopped
	require.Equal(t, "delivered", h.row(first).State)
	row := h.row(behind)
	require.Nil(t, row.LeasedBy, "nothing stays leased")
	h.fake.onStart = nil
	h.run()
	require.Equal(t, "delivered", h.settles(behind).State)
}

func TestPokeIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.opts.Poll = time.Hour
	d, _ := h.run()
	h.settles(h.emitAndPoke(d, "1"))
	began := time.Now()
	h.settles(h.emitAndPoke(d, "2"))
	require.Less(t, time.Since(began), 5*time.Second)
	for range 1000 {
		d.Poke() // never blocks
	}
}

func (h *house) emitAndPoke(d interface{ Poke() }, key string) inbox.Accepted {
	h.Helper()
	a := h.emit(key, placed, order{ID: "o-" + key})
	d.Poke()
	return a
}

// A run that has more signals than it can take is no reason to hold up the others.
func TestBusyRunIsNoOutage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.fake.setFails(func(id string) error {
		if id == "fulfil-order:busy" {
			return serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW, "busy")
		}
		return nil
	})
	d, _ := h.run()
	busy := h.emit("1", placed, order{ID: "busy"})
	h.eventually(func() bool { return h.row(busy).Attempts >= 1 })
	lag, err := d.Lag(context.Background())
	require.NoError(t, err)
	require.False(t, lag.TemporalDown)
	require.Equal(t, "delivered", h.settles(h.emit("2", placed, order{ID: "o-2"})).State)
	h.fake.setFails(func(string) error { return errors.New("odd: hush") })
	odd := h.emit("3", placed, order{ID: "o-3"})
	h.eventually(func() bool { return h.row(odd).Attempts >= 1 })
	require.NotContains(t, *h.row(odd).LastError, "hush")
}
