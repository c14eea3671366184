package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Two small processes: one that takes every kind of message, one that runs once ever.

type careInput struct {
	OrderID uuid.UUID `json:"order_id"`
	Amount  int       `json:"amount,omitempty" jsonschema:"minimum=0,maximum=1000"`
	Note    string    `json:"note,omitempty"`
}

type careResult struct{ Status string }

func (r careResult) Ending() string { return r.Status }

type carePaid struct {
	Cents int64 `json:"cents" jsonschema:"minimum=1"`
}

type careNothing struct{}

type careVerdict struct {
	Granted bool `json:"granted"`
}

type orderEvent struct {
	OrderID uuid.UUID `json:"order_id"`
}

var (
	orderPlaced = process.NewEvent[orderEvent]("order.placed", "An order was placed.")
	paid        = process.NewSignal[carePaid]("paid", "the order was paid")
	nudged      = process.NewSignal[careNothing]("nudged", "somebody asked")
	approve     = process.NewUpdate[carePaid, careVerdict]("approve", "approve a discount")

	care = process.New("order-care", func(workflow.Context, careInput) (careResult, error) { return careResult{"done"}, nil },
		process.Owner("sales"), process.Purpose("Care for an order."), process.Ends("done"),
		process.OneRunPer(func(in careInput) string { return in.OrderID.String() }),
		process.StartsOn(orderPlaced, func(e orderEvent) (careInput, bool) { return careInput{OrderID: e.OrderID}, true }),
		process.StartsOn(events.LeadSubmitted, func(e events.Lead) (careInput, bool) { return careInput{OrderID: e.LeadID}, true }),
		process.Receives(paid, nudged), process.Answers(approve))
	welcome = process.New("welcome", func(workflow.Context, careInput) (careResult, error) { return careResult{"done"}, nil },
		process.Owner("sales"), process.Purpose("Welcome somebody."), process.Ends("done"), process.Reenters(process.OnceEver),
		process.OneRunPer(func(in careInput) string { return in.OrderID.String() }))
)

// fakeRuns answers for Temporal.
type fakeRuns struct {
	mu     sync.Mutex
	down   bool
	status map[string]process.Status
	atStep []string
	update func(payload json.RawMessage) (json.RawMessage, error)
}

func (f *fakeRuns) Status(_ context.Context, id string) (process.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return process.Status{}, api.ErrEngineDown
	}
	st, ok := f.status[id]
	if !ok {
		return st, api.ErrRunUnknown
	}
	return st, nil
}

func (f *fakeRuns) Update(_ context.Context, _, _, _ string, payload json.RawMessage) (json.RawMessage, error) {
	if f.down {
		return nil, api.ErrEngineDown
	}
	return f.update(payload)
}

func (f *fakeRuns) Cancel(context.Context, string) error {
	if f.down {
		return api.ErrEngineDown
	}
	return nil
}

func (f *fakeRuns) AtStep(context.Context, string, string, int) ([]string, error) {
	if f.down {
		return nil, api.ErrEngineDown
	}
	return f.atStep, nil
}

type fakeMaps struct{}

func (fakeMaps) Mermaid(name string) (string, error)   { return "flowchart TD\n" + name, nil }
func (fakeMaps) SVG(name string) ([]byte, error)       { return []byte("<svg>" + name + "</svg>"), nil }
func (fakeMaps) Procedure(name string) (string, error) { return "# " + name, nil }

// house is a server on a database of its own, with a key that may do everything.
type house struct {
	t      *testing.T
	pool   *pgxpool.Pool
	keys   *access.Keys
	key    string
	server *api.Server
	runs   *fakeRuns
	doc    *contract
}

func setup(t *testing.T, change ...func(*api.Options)) *house {
	t.Helper()
	pool := dbtest.New(t)
	keys := access.NewKeys(pool, clock.Clock{})
	runs := &fakeRuns{status: map[string]process.Status{}}
	o := api.Options{
		Pool: pool, Log: slog.New(slog.DiscardHandler), Definitions: []process.Definition{care, welcome}, Access: keys, Runs: runs, Maps: fakeMaps{},
		Events: []api.EventContract{orderPlaced},
		Codec:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }),
	}
	for _, c := range change {
		c(&o)
	}
	server, err := api.New(o)
	require.NoError(t, err)
	h := &house{t: t, pool: pool, keys: keys, server: server, runs: runs, doc: readContract(t, server.Document())}
	h.key = h.newKey("*")
	return h
}

func (h *house) newKey(scopes ...string) string {
	_, secret, err := h.keys.Create(context.Background(), audit.Record{ActorKind: audit.System, ActorID: "test"}, "key "+strings.Join(scopes, " "), scopes, time.Time{})
	require.NoError(h.t, err)
	return secret
}

// reply is an answer that was checked against the document.
type reply struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// send sends a request and checks the answer against the document. headers are names and values in turn.
func (h *house) send(method, target, body string, headers ...string) reply {
	h.t.Helper()
	r := h.request(method, target, body, headers...)
	rec := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(rec, r)
	h.doc.check(h.t, r, rec)
	return reply{rec, h.t}
}

func (h *house) request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1/", bytes.NewBufferString(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = path, "", query
	r.RequestURI = target
	r.Header.Set("Authorization", "Bearer "+h.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func (r reply) want(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.Code, r.Body.String())
	return r
}

func (r reply) json() map[string]any {
	r.t.Helper()
	var m map[string]any
	require.NoError(r.t, json.Unmarshal(r.Body.Bytes(), &m), r.Body.String())
	return m
}

// refusal are the fields that a problem names.
func (r reply) refusal() []string {
	r.t.Helper()
	require.Equal(r.t, "application/problem+json", r.Header().Get("Content-Type"))
	var p struct{ Errors []struct{ Field string } }
	require.NoError(r.t, json.Unmarshal(r.Body.Bytes(), &p))
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
	}
	return fields
}

// counts are the rows of every table that a request could write to.
func (h *house) counts() map[string]int {
	h.t.Helper()
	out := map[string]int{}
	for _, table := range []string{"leads", "lead_imports", "lead_import_rows", "events", "process_runs", "audit_logs", "idempotency_keys", "tasks", "contacts"} {
		var n int
		require.NoError(h.t, h.pool.QueryRow(context.Background(), "select count(*) from "+table).Scan(&n))
		out[table] = n
	}
	return out
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.pool.Exec(context.Background(), sql, args...)
	require.NoError(h.t, err)
}
