package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/process"
)

func grants(json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(`{"granted":true}`), nil
}

// startedRun starts order-care and returns the run's id.
func (h *house) startedRun() string {
	h.t.Helper()
	return h.send("POST", "/v1/processes/order-care/runs", `{"order_id":"`+uuid.NewString()+`"}`).want(http.StatusCreated).json()["id"].(string)
}

func (h *house) user() string {
	h.t.Helper()
	id := uuid.NewString()
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1::uuid, 'Ada Example', $1 || '@example.com', 'representative', 'one', now())`, id)
	return id
}

func (h *house) task() string {
	h.t.Helper()
	id := uuid.NewString()
	h.exec(`insert into tasks (id, key, kind, title, state, created_at) values ($1::uuid, $1, 'lead-follow-up', 'Call', 'open', now())`, id)
	return id
}

func TestStartFollowsTheReentryRule(t *testing.T) {
	t.Parallel()
	h := setup(t)
	order := uuid.NewString()
	input := `{"order_id":"` + order + `"}`
	first := h.send("POST", "/v1/processes/order-care/runs", input).want(http.StatusCreated)
	require.Equal(t, order, first.json()["id"])
	require.Equal(t, "/v1/processes/order-care/runs/"+order, first.Header().Get("Location"))
	joined := h.send("POST", "/v1/processes/order-care/runs", input).want(http.StatusOK)
	require.Equal(t, first.json()["entry"], joined.json()["entry"])

	h.send("POST", "/v1/processes/welcome/runs", input).want(http.StatusCreated)
	refused := h.send("POST", "/v1/processes/welcome/runs", input).want(http.StatusConflict)
	require.Equal(t, map[string]any{"running": "/v1/processes/welcome/runs/" + order}, refused.json()["links"])
	require.Equal(t, 2, h.counts()["events"])
	require.Equal(t, 2, h.counts()["process_runs"])

	h.send("POST", "/v1/processes/unheard-of/runs", input).want(http.StatusNotFound)
	require.Equal(t, []string{"body"}, h.send("POST", "/v1/processes/order-care/runs", `{"order_id":"`+uuid.Nil.String()+`"}`).want(422).refusal())
}

func TestRunIsAskedOrReadFromTheJournal(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.startedRun()
	path := "/v1/processes/order-care/runs/" + id
	run := h.send("GET", path, "").want(200).json()
	require.Equal(t, "running", run["state"])
	require.Equal(t, false, run["live"])

	until := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	h.runs.status["order-care:"+id] = process.Status{
		State: process.Waiting, Step: "Customer answers", WaitingFor: "answered", Since: &until, Until: &until,
		Trail: []process.Visit{{Step: "Ask", At: until, Result: "done"}},
	}
	run = h.send("GET", path, "").want(200).json()
	require.Equal(t, "waiting", run["state"])
	require.Equal(t, "answered", run["waiting_for"])
	require.Equal(t, "2026-02-01T09:00:00Z", run["until"])
	require.Equal(t, "Ask", run["trail"].([]any)[0].(map[string]any)["step"])
	require.Equal(t, id, h.send("GET", "/v1/processes/order-care/runs/"+run["entry"].(string), "").want(200).json()["id"])
	require.Len(t, h.send("GET", "/v1/processes/order-care/runs?state=waiting", "").want(200).json()["items"], 1)
	require.Len(t, h.send("GET", "/v1/processes/order-care/runs?state=running&subject="+id, "").want(200).json()["items"], 1)
	require.Empty(t, h.send("GET", "/v1/processes/order-care/runs?subject=other", "").want(200).json()["items"])
	h.runs.atStep = []string{"order-care:" + id, "order-care:lagging"}
	require.Len(t, h.send("GET", "/v1/processes/order-care/runs?step=Customer%20answers", "").want(200).json()["items"], 1)

	h.runs.down = true
	require.Equal(t, "running", h.send("GET", path, "").want(200).json()["state"])
	h.send("GET", "/v1/processes/order-care/runs?step=x", "").want(http.StatusServiceUnavailable)
	h.exec(`update process_runs set state = 'completed', outcome = 'done', closed_at = now(), trail = '[{"step":"Ask","at":"2026-01-01T00:00:00Z","result":"done"}]'`)
	run = h.send("GET", path, "").want(200).json()
	require.Equal(t, "done", run["outcome"])
	require.Len(t, run["trail"], 1)

	// A run of one process is no run of another.
	h.send("GET", "/v1/processes/welcome/runs/"+run["entry"].(string), "").want(404)
	h.send("GET", "/v1/processes/order-care/runs/nobody", "").want(404)
	h.send("GET", "/v1/processes/unheard-of/runs/"+id, "").want(404)
}

func TestMessagesToARun(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.startedRun()
	run := "/v1/processes/order-care/runs/" + id
	h.send("POST", run+"/signals/paid", `{"cents":10}`).want(202)
	h.send("POST", run+"/signals/nudged", "").want(202)
	h.send("POST", run+"/signals/nudged", "{}").want(202)
	require.Equal(t, []string{"cents"}, h.send("POST", run+"/signals/paid", `{"cents":0}`).want(422).refusal())
	h.send("POST", run+"/signals/unheard-of", `{}`).want(404)
	h.send("POST", run+"/updates/unheard-of", `{}`).want(404)
	h.send("POST", "/v1/processes/order-care/runs/nobody/signals/paid", `{"cents":10}`).want(404)
	require.Equal(t, 4, h.counts()["events"]) // the start and three signals

	h.runs.update = grants
	require.Equal(t, map[string]any{"granted": true}, h.send("POST", run+"/updates/approve", `{"cents":10}`).want(200).json())
	h.runs.update = func(json.RawMessage) (json.RawMessage, error) {
		return nil, &api.RefusedError{Code: "too-much", Reason: "more than the band allows"}
	}
	refused := h.send("POST", run+"/updates/approve", `{"cents":10}`).want(409).json()
	require.Contains(t, refused["detail"], "more than the band allows")
	h.runs.update = func(json.RawMessage) (json.RawMessage, error) { return nil, api.ErrRunUnknown }
	h.send("POST", run+"/updates/approve", `{"cents":10}`).want(503)
	h.send("POST", run+"/cancel", "").want(202)

	h.exec(`update process_runs set state = 'cancelled', closed_at = now()`)
	for path, body := range map[string]string{"/signals/paid": `{"cents":10}`, "/updates/approve": `{"cents":10}`, "/cancel": ""} {
		h.send("POST", run+path, body).want(409)
	}
}

func TestProcessesAreDescribed(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.startedRun()
	items := h.send("GET", "/v1/processes", "").want(200).json()["items"].([]any)
	require.Len(t, items, 2)
	p := items[0].(map[string]any)
	require.Equal(t, "order-care", p["name"])
	require.Equal(t, 1.0, p["running"])
	require.Contains(t, p["input"].(map[string]any)["properties"], "order_id")
	require.Equal(t, "paid", p["signals"].([]any)[0].(map[string]any)["name"])
	require.Contains(t, p["updates"].([]any)[0].(map[string]any)["answer"].(map[string]any)["properties"], "granted")
	require.Len(t, p["triggers"], 2)

	r := h.send("GET", "/v1/processes/order-care/map", "").want(200)
	require.Equal(t, "text/vnd.mermaid; charset=utf-8", r.Header().Get("Content-Type"))
	r = h.send("GET", "/v1/processes/order-care/map", "", "Accept", "text/html;q=0.9, image/svg+xml").want(200)
	require.Equal(t, "<svg>order-care</svg>", r.Body.String())
	require.Equal(t, "# order-care", h.send("GET", "/v1/processes/order-care/procedure", "").want(200).Body.String())
	h.send("GET", "/v1/processes/unheard-of/map", "").want(404)
}
