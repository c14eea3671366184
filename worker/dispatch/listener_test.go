package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker/dispatch"
)

// A listener hears what was delivered and what no process takes; while it errs, the event is told again.
func TestListenersHearEveryEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	var mu sync.Mutex
	heard := map[uuid.UUID][]string{}
	h.opts.Listeners = []dispatch.Listener{func(_ context.Context, id uuid.UUID, eventType string, data json.RawMessage) error {
		mu.Lock()
		defer mu.Unlock()
		heard[id] = append(heard[id], eventType)
		if eventType == "order.placed" && len(heard[id]) == 1 {
			return errors.New("not now")
		}
		return nil
	}}
	first := h.emit("1", placed, order{ID: "a"})
	other := h.accept(inbox.Event{Source: "test", ExternalID: "2", Type: "order.seen", Subject: "b", Data: json.RawMessage(`{}`)})[0]
	h.run()
	require.Eventually(t, func() bool {
		var left int
		require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from events where state = 'pending'`).Scan(&left))
		return left == 0
	}, 10*time.Second, 10*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, map[uuid.UUID][]string{first.ID: {"order.placed", "order.placed"}, other.ID: {"order.seen"}}, heard)
	require.Equal(t, []string{"fulfil-order:a"}, h.fake.starts(), "and started once")
}
