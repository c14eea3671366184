package dispatch_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

func TestTriggerStartsTheProcess(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.opts.EagerStart = true
	fast, err := clock.New(time.Now(), time.Now(), 2)
	require.NoError(t, err)
	h.opts.Clock = fast
	h.run()
	a := h.emit("1", placed, order{ID: "o-1", N: 3})
	row := h.settles(a)
	require.Equal(t, "delivered", row.State)
	require.Equal(t, int32(1), row.Attempts)
	require.Nil(t, row.LastError)
	require.Nil(t, row.LeasedBy)
	require.NotNil(t, row.DeliveredAt)

	require.Equal(t, []string{"fulfil-order:o-1"}, h.fake.starts())
	o := h.fake.started[0]
	require.Equal(t, "queue", o.TaskQueue)
	require.True(t, o.EnableEagerStart)
	require.Equal(t, "Fulfil order of o-1", o.StaticSummary)
	name, _ := o.TypedSearchAttributes.GetKeyword(sdk.NewSearchAttributeKeyKeyword("PerduraProcess"))
	subject, _ := o.TypedSearchAttributes.GetKeyword(sdk.NewSearchAttributeKeyKeyword("PerduraSubject"))
	require.Equal(t, "fulfil-order o-1", name+" "+subject)

	entry := inbox.Entry(a.ID, "fulfil-order", "o-1")
	require.Equal(t, process.Envelope{Entry: entry, Clock: fast}, h.fake.args[0][1])
	payload, err := converter.GetDefaultDataConverter().ToPayload(h.fake.args[0][0])
	require.NoError(t, err)
	require.Equal(t, "json/plain", string(payload.Metadata["encoding"]))
	require.JSONEq(t, `{"id":"o-1","n":3}`, string(payload.Data))
	run, err := journal.Get(context.Background(), h.pool, "fulfil-order", "fulfil-order:o-1")
	require.NoError(t, err)
	require.Equal(t, entry, run.Entry.String())
	require.Equal(t, a.ID, run.EventID)
}

func TestDirectStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.Many)
	h.run()
	entry := process.EntryID("asked by a client")
	a := h.accept(inbox.NewStart("fulfil-order", "o-1", entry, []byte(`{"id":"o-1"}`)))[0]
	require.Equal(t, "delivered", h.settles(a).State)
	b := h.accept(inbox.NewStart("fulfil-order", "o-1", "", []byte(`{"id":"o-1"}`)))[0]
	require.Equal(t, "delivered", h.settles(b).State)
	require.Equal(t, []string{
		"fulfil-order:o-1:" + entry, "fulfil-order:o-1:" + inbox.Entry(b.ID, "fulfil-order", "o-1"),
	}, h.fake.starts())
}

// Each case is what a crash, or a second dispatcher, leaves behind before the event is delivered (again).
func TestRedeliveryStartsOneRun(t *testing.T) {
	t.Parallel()
	const id, name = "fulfil-order:o-1", "fulfil-order"
	for what, c := range map[string]struct {
		rule   process.Reentry
		leave  func(h *house, entry string, eventID uuid.UUID)
		starts int
	}{
		"nothing":        {process.OneAtATime, func(*house, string, uuid.UUID) {}, 1},
		"admitted":       {process.OneAtATime, func(h *house, entry string, ev uuid.UUID) { h.admit(entry, ev, time.Now()) }, 1},
		"once, admitted": {process.OnceEver, func(h *house, entry string, ev uuid.UUID) { h.admit(entry, ev, time.Now()) }, 1},
		"started": {process.OneAtATime, func(h *house, entry string, ev uuid.UUID) {
			h.admit(entry, ev, time.Now())
			h.fake.put(id, entry, enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
		}, 0},
		"ended": {process.OneAtATime, func(h *house, entry string, ev uuid.UUID) {
			h.admit(entry, ev, time.Now())
			h.exec(`update process_runs set state = 'completed'`)
			h.fake.put(id, entry, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		}, 0},
		"once, ended, journal behind": {process.OnceEver, func(h *house, entry string, ev uuid.UUID) {
			h.admit(entry, ev, time.Now())
			h.fake.put(id, entry, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, c.rule)
			a := h.emit("1", placed, order{ID: "o-1"})
			c.leave(h, inbox.Entry(a.ID, name, "o-1"), a.ID)
			h.run()
			require.Equal(t, "delivered", h.settles(a).State)
			require.Len(t, h.fake.starts(), c.starts)
			var rows int
			require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from process_runs`).Scan(&rows))
			require.Equal(t, 1, rows)
		})
	}
}

func (h *house) admit(entry string, eventID uuid.UUID, at time.Time) {
	h.Helper()
	d := h.opts.Definitions[0].Describe()
	v, err := journal.Admit(context.Background(), h.pool, at, d, "o-1", entry, eventID)
	require.NoError(h, err)
	require.True(h, v.Fresh)
}

func TestSecondStartFollowsTheRule(t *testing.T) {
	t.Parallel()
	for rule, want := range map[process.Reentry]struct{ state, reason string }{
		process.OneAtATime: {"delivered", ""},
		process.AfterExit:  {"ignored", "refused: a run about this subject is still going on"},
		process.OnceEver:   {"ignored", "refused: this process runs once for a subject, and it has begun before"},
	} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, rule)
			h.run()
			h.settles(h.emit("1", placed, order{ID: "o-1"}))
			row := h.settles(h.emit("2", placed, order{ID: "o-1"}))
			require.Equal(t, want.state, row.State)
			if want.reason != "" {
				require.Equal(t, want.reason, *row.LastError)
			}
			require.Len(t, h.fake.starts(), 1)
		})
	}
}

// A run that somebody terminated stays "running" in the journal; a later start finds out and is not swallowed.
func TestStartReplacesATerminatedRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	gone := process.EntryID("gone")
	h.admit(gone, uuid.Nil, time.Now().Add(-time.Minute))
	h.fake.put("fulfil-order:o-1", gone, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	h.run()
	h.settles(h.emit("1", placed, order{ID: "o-1"}))
	require.Len(t, h.fake.starts(), 1)
	run, err := journal.ByEntry(context.Background(), h.pool, uuid.MustParse(gone))
	require.NoError(t, err)
	require.Equal(t, process.Terminated, run.State)
}

// The journal says that a run has ended a moment before Temporal does. The next start must wait, not join the dying run.
func TestStartWaitsForARunThatIsClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, process.OneAtATime)
	h.fake.put("fulfil-order:o-1", process.EntryID("closing"), enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
	h.run()
	a := h.emit("1", placed, order{ID: "o-1"})
	h.eventually(func() bool { return h.row(a).Attempts >= 2 })
	require.Empty(t, h.fake.starts())
	require.Contains(t, *h.row(a).LastError, "has not closed yet")
	h.fake.put("fulfil-order:o-1", process.EntryID("closing"), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	require.Equal(t, "delivered", h.settles(a).State)
	require.Len(t, h.fake.starts(), 1)
}
