package dispatch_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/worker/dispatch"
)

// temporal stands in for Temporal: it keeps runs by workflow ID and refuses what Temporal refuses.
type temporal struct {
	mu      sync.Mutex
	runs    map[string]*run
	started []client.StartWorkflowOptions
	args    [][]any
	calls   int
	// fails, when set, is asked before every start and signal: target is the workflow ID.
	fails func(target string) error
	// onStart is called with the workflow ID of each new run.
	onStart func(id string)
}

type run struct {
	entry  string
	status enums.WorkflowExecutionStatus
	facts  []process.Delivery
}

func newTemporal() *temporal { return &temporal{runs: map[string]*run{}} }

func (f *temporal) fail(ctx context.Context, id string) error {
	f.calls++
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.fails != nil {
		return f.fails(id)
	}
	return nil
}

func (f *temporal) ExecuteWorkflow(ctx context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx, o.ID); err != nil {
		return nil, err
	}
	if old, ok := f.runs[o.ID]; ok {
		if old.status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || o.WorkflowIDReusePolicy == enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
			return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "")
		}
	}
	entry, _ := o.Memo[journal.EntryMemo].(string)
	f.runs[o.ID] = &run{entry: entry, status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING}
	f.started, f.args = append(f.started, o), append(f.args, args)
	if f.onStart != nil {
		f.onStart(o.ID)
	}
	return nil, nil
}

func (f *temporal) SignalWorkflow(ctx context.Context, id, _, _ string, arg any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx, id); err != nil {
		return err
	}
	r, ok := f.runs[id]
	if !ok || r.status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return serviceerror.NewNotFound("no such run")
	}
	r.facts = append(r.facts, arg.(process.Delivery))
	return nil
}

func (f *temporal) Look(_ context.Context, id string) (journal.Sighting, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.runs[id]
	if !ok {
		return journal.Sighting{}, nil
	}
	return journal.Sighting{Status: r.status, Entry: r.entry}, nil
}

func (f *temporal) put(id, entry string, status enums.WorkflowExecutionStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs[id] = &run{entry: entry, status: status}
}

func (f *temporal) setFails(fails func(string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = fails
}

func (f *temporal) starts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, o := range f.started {
		ids = append(ids, o.ID)
	}
	return ids
}

func (f *temporal) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// facts are the signals of a run, each once, in the order of their first delivery, as the kit takes them.
func (f *temporal) facts(id string) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.runs[id]
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	var out []int
	for _, d := range r.facts {
		if seen[d.EventID] {
			continue
		}
		seen[d.EventID] = true
		var n note
		if err := json.Unmarshal(d.Data, &n); err == nil {
			out = append(out, n.N)
		}
	}
	return out
}

// The processes of these tests: orders start and signal each of them.
type (
	order struct {
		ID string `json:"id"`
		N  int    `json:"n,omitempty"`
	}
	note struct {
		N int `json:"n"`
	}
	outcome struct{}
)

func (outcome) Ending() string { return "done" }

var (
	placed  = process.NewEvent[order]("order.placed", "An order was placed.")
	paid    = process.NewEvent[order]("order.paid", "An order was paid.")
	crashed = process.NewEvent[order]("order.crashed", "An order whose trigger is broken.")
	noted   = process.NewSignal[note]("noted", "something is noted")
)

func definition(name string, rule process.Reentry) process.Definition {
	never := func(workflow.Context, order) (outcome, error) { return outcome{}, nil }
	return process.New(name, never,
		process.Reenters(rule),
		process.OneRunPer(func(o order) string { return o.ID }),
		process.StartsOn(placed, func(o order) (order, bool) { return o, o.ID != "unwanted" }),
		process.StartsOn(crashed, func(order) (order, bool) { panic("broken") }),
		process.SignalsOn(paid, noted, func(o order) (string, note, bool) { return o.ID, note{o.N}, true }),
		process.Receives(noted),
	)
}

// house is a dispatcher's surroundings.
type house struct {
	*testing.T
	pool *pgxpool.Pool
	fake *temporal
	opts dispatch.Options
}

func newHouse(t *testing.T, rule process.Reentry) *house {
	t.Helper()
	return &house{T: t, pool: dbtest.New(t), fake: newTemporal(), opts: dispatch.Options{
		Definitions: []process.Definition{definition("fulfil-order", rule)}, TaskQueue: "queue",
		Log: slog.New(slog.DiscardHandler), Poll: 10 * time.Millisecond,
	}}
}

// run starts a dispatcher that stops with the test, or earlier by the returned function.
func (h *house) run() (*dispatch.Dispatcher, func()) {
	h.Helper()
	d := dispatch.New(h.pool, h.fake, h.fake, h.opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		require.NoError(h, <-done)
	})
	h.Cleanup(stop)
	return d, stop
}

func (h *house) accept(events ...inbox.Event) []inbox.Accepted {
	h.Helper()
	accepted, err := inbox.Accept(context.Background(), h.pool, clock.Clock{}.Now(), events...)
	require.NoError(h, err)
	return accepted
}

// emit accepts one event about an order; key makes it unique.
func (h *house) emit(key string, e process.Event[order], o order) inbox.Accepted {
	h.Helper()
	raw, err := json.Marshal(o)
	require.NoError(h, err)
	return h.accept(inbox.Event{Source: "test", ExternalID: key, Type: e.Name(), Subject: o.ID, Data: raw})[0]
}

func (h *house) row(a inbox.Accepted) query.Event {
	h.Helper()
	row, err := query.New().GetEvent(context.Background(), h.pool, a.ID)
	require.NoError(h, err)
	return row
}

// settles waits until the event has left the inbox and returns its row.
func (h *house) settles(a inbox.Accepted) query.Event {
	h.Helper()
	var row query.Event
	h.eventually(func() bool {
		row = h.row(a)
		return row.State != "pending"
	})
	return row
}

func (h *house) eventually(condition func() bool) {
	h.Helper()
	require.Eventually(h, condition, 20*time.Second, 3*time.Millisecond)
}

func (h *house) pending() int {
	h.Helper()
	var n int
	require.NoError(h, h.pool.QueryRow(context.Background(), `select count(*) from events where state = 'pending'`).Scan(&n))
	return n
}

func (h *house) exec(sql string, args ...any) {
	h.Helper()
	_, err := h.pool.Exec(context.Background(), sql, args...)
	require.NoError(h, err)
}
