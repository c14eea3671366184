package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

var operator = audit.Record{ActorKind: audit.System, ActorID: "test"}

// A build whose process is gone sets the start aside. The build that has it again delivers it when it is asked to.
func TestRetryOfWhatWasSetAside(t *testing.T) {
	t.Parallel()
	ctx, now := context.Background(), time.Now()
	h := newHouse(t, process.OneAtATime)
	h.opts.SetAsideAfter = 1
	start := h.accept(inbox.NewStart("former-name", "o-1", "", []byte(`{"id":"o-1"}`)))[0]
	_, stop := h.run()
	require.Equal(t, "set-aside", h.settles(start).State)
	require.NoError(t, inbox.Retry(ctx, h.pool, now, start.ID, operator))
	h.eventually(func() bool { return h.row(start).Attempts == 2 })
	require.Equal(t, "set-aside", h.settles(start).State, "the same build cannot deliver it either")
	stop()

	h.opts.Definitions = []process.Definition{definition("former-name", process.OneAtATime)}
	h.run()
	require.NoError(t, inbox.Retry(ctx, h.pool, now, start.ID, operator))
	require.Equal(t, "delivered", h.settles(start).State)
	require.Equal(t, []string{"former-name:o-1"}, h.fake.starts())
	require.ErrorIs(t, inbox.Retry(ctx, h.pool, now, start.ID, operator), inbox.ErrNotSetAside)
	require.ErrorIs(t, inbox.Drop(ctx, h.pool, now, start.ID, operator), inbox.ErrNotSetAside)
	require.ErrorIs(t, inbox.Retry(ctx, h.pool, now, uuid.New(), operator), inbox.ErrUnknown)
	var records int
	require.NoError(t, h.pool.QueryRow(ctx, `select count(*) from audit_logs where action = 'event.retry'`).Scan(&records))
	require.Equal(t, 2, records)
}

// What passes by itself is never set aside, however long it lasts.
func TestOutagesSetNothingAside(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.opts.SetAsideAfter = 1
	h.fake.setFails(func(string) error { return serviceerror.NewUnavailable("down") })
	full := &pgconn.PgError{Code: "53100"}
	told := make(chan error, 100)
	h.opts.Listeners = append(h.opts.Listeners, func(context.Context, uuid.UUID, string, json.RawMessage) error {
		select {
		case err := <-told:
			return err
		default:
			return nil
		}
	})
	h.run()
	waits := h.emit("1", placed, order{ID: "o-1"})
	h.eventually(func() bool { return h.row(waits).Attempts >= 2 })
	require.Equal(t, "pending", h.row(waits).State)
	told <- full
	told <- full
	h.fake.setFails(nil)
	row := h.settles(waits)
	require.Equal(t, "delivered", row.State)
	require.Empty(t, told, "the listener's failures of a full disk were waited out, too")
}

// Many poisoned subjects and a single worker: the dispatcher gets through, and everything behind them arrives in its order.
func TestAFloodOfPoisonStopsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.opts.Workers, h.opts.SetAsideAfter = 1, 2
	const subjects = 60
	for i := range subjects {
		id := fmt.Sprint("o-", i)
		h.accept(inbox.Event{Source: "test", ExternalID: "bad-" + id, Type: "order.paid", Subject: id, Data: []byte(`{"id":7}`)})
		h.emit("start-"+id, placed, order{ID: id})
		h.emit("paid-"+id, paid, order{ID: id, N: i})
	}
	d, _ := h.run()
	h.eventually(func() bool { return h.pending() == 0 })
	for i := range subjects {
		require.Equal(t, []int{i}, h.fake.facts(fmt.Sprint("fulfil-order:o-", i)))
	}
	lag, err := d.Lag(context.Background())
	require.NoError(t, err)
	require.Equal(t, subjects, lag.SetAside)
}
