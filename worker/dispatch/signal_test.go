package dispatch_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

func TestTriggerSignalsTheOpenRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.run()
	h.emit("1", placed, order{ID: "o-1"})
	h.emit("2", paid, order{ID: "o-1", N: 1})
	h.accept(inbox.NewSignal("fulfil-order", "fulfil-order:o-1", "noted", []byte(`{"n":2}`)))
	last := h.emit("3", paid, order{ID: "o-1", N: 3})
	require.Equal(t, "delivered", h.settles(last).State)
	require.Equal(t, []int{1, 2, 3}, h.fake.facts("fulfil-order:o-1"), "direct signals keep their place among the others")
	require.Equal(t, last.ID.String()+"/noted", h.fake.runs["fulfil-order:o-1"].facts[2].EventID)
}

func TestSignalReachesEveryOpenRunWhereManyMayGoOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.Many)
	h.run()
	for _, key := range []string{"1", "2", "3"} {
		h.settles(h.emit(key, placed, order{ID: "o-1"}))
	}
	ids := h.fake.starts()
	require.Len(t, ids, 3)
	h.fake.put(ids[0], "", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	h.exec(`update process_runs set state = 'completed' where run = $1`, ids[0])
	require.Equal(t, "delivered", h.settles(h.emit("4", paid, order{ID: "o-1", N: 7})).State)
	require.Empty(t, h.fake.facts(ids[0]))
	require.Equal(t, []int{7}, h.fake.facts(ids[1]))
	require.Equal(t, []int{7}, h.fake.facts(ids[2]))
}

func TestSignalWithoutAnOpenRunIsIgnoredVisibly(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.admit(process.EntryID("ended"), uuid.Nil, time.Now())
	h.exec(`update process_runs set state = 'completed'`)
	terminated := process.EntryID("terminated")
	h.run()
	for what, a := range map[string]inbox.Accepted{
		"absent": h.emit("1", paid, order{ID: "nobody"}),
		"closed": h.emit("2", paid, order{ID: "o-1"}),
		"direct": h.accept(inbox.NewSignal("fulfil-order", "fulfil-order:nobody", "noted", nil))[0],
		"empty":  h.accept(inbox.Event{Source: "t", ExternalID: "3", Type: "order.paid", Subject: "x", Data: []byte(`{}`)})[0],
	} {
		row := h.settles(a)
		require.Equal(t, "ignored", row.State, what)
		require.Equal(t, "no open run", *row.LastError, what)
	}
	h.admit(terminated, uuid.Nil, time.Now())
	h.fake.put("fulfil-order:o-1", terminated, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	require.Equal(t, "ignored", h.settles(h.emit("4", paid, order{ID: "o-1"})).State)
	var state string
	require.NoError(t, h.pool.QueryRow(t.Context(), `select state from process_runs where entry = $1`, terminated).Scan(&state))
	require.Equal(t, "terminated", state, "the journal learns of it")
}

// A run that is admitted and not started yet is open to the one who signals it: the fact is not lost.
func TestSignalWaitsForAnAdmittedRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	entry := process.EntryID("admitted")
	start := inbox.NewStart("fulfil-order", "o-1", entry, []byte(`{"id":"o-1"}`))
	start.Subject = "another lane"
	h.accept(start)
	h.admit(entry, start.ID, time.Now().Add(-time.Hour))
	h.exec(`update events set next_attempt_at = 'infinity'`)
	h.run()
	a := h.emit("1", paid, order{ID: "o-1", N: 5})
	h.eventually(func() bool { return h.row(a).Attempts >= 2 })
	require.Contains(t, *h.row(a).LastError, "has not started yet")
	h.exec(`update events set next_attempt_at = received_at where next_attempt_at = 'infinity'`)
	require.Equal(t, "delivered", h.settles(a).State)
	require.Equal(t, []int{5}, h.fake.facts("fulfil-order:o-1"))
}
