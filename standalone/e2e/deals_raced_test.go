package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// dealsVariable raises the race to 200 deals and 5,000 requests; otherwise a short form runs.
const dealsVariable = "PERDURA_E2E_DEALS"

// racedDeal is a deal as the API shows it.
type racedDeal struct {
	ID     string            `json:"id"`
	Stage  string            `json:"stage"`
	State  string            `json:"state"`
	Links  map[string]string `json:"links"`
	Amount struct {
		Minor int64 `json:"amount_minor"`
	} `json:"amount"`
	Revision int `json:"revision"`
	Tasks    []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"tasks"`
	History []struct {
		No       int    `json:"no"`
		What     string `json:"what"`
		Accepted bool   `json:"accepted"`
		From     string `json:"from"`
		To       string `json:"to"`
		State    string `json:"state"`
		Revision int    `json:"revision"`
	} `json:"history"`
}

// answered is what came of one request about a deal.
type answered struct {
	deal     int
	accepted bool
	counted  bool // it came to a verdict
	err      error
}

// Many clients change the same deals at once. Whatever they were answered, the history of each deal says the same, and
// what happened follows the rules.
func TestRacedDealsAgreeWithTheirHistory(t *testing.T) {
	t.Parallel()
	count, requests, clients := 10, 200, 32
	if n, _ := strconv.Atoi(os.Getenv(dealsVariable)); n > 0 {
		count, requests = 200, 5000
	}
	h := newHouse(t, "PERDURA_API_RATE_LIMIT=100000")
	h.start(t, "")
	ids := make([]string, count)
	for i := range ids {
		ids[i] = h.openRacedDeal(t)
	}
	began := time.Now()
	answers := together(requests, clients, func(i int) answered { return h.raceOne(ids, i) })
	took := time.Since(began)
	verdicts, accepted := make([]int, count), make([]int, count)
	for _, a := range answers {
		require.NoError(t, a.err)
		if a.counted {
			verdicts[a.deal]++
		}
		if a.accepted {
			accepted[a.deal]++
		}
	}
	total, judged, events, engine := 0, 0, 0, openTemporal(t, h)
	for i, id := range ids {
		d := get[racedDeal](t, h, "/v1/deals/"+id)
		require.Less(t, len(d.History), 100, "the API shows all of it")
		seen, agreed := d.replay(t)
		require.Equal(t, verdicts[i], seen, "deal %s: every answer has its verdict", id)
		require.Equal(t, accepted[i], agreed, "deal %s", id)
		total += agreed
		judged += seen
		events = max(events, engine.historyLength(t, "deal:"+id))
	}
	require.Positive(t, total)
	require.Less(t, total, judged, "a race in which nobody loses proves little")
	require.Less(t, events, 10_000, "the history of a run stays far below Temporal's limit")
	t.Logf("%d deals, %d updates by %d clients in %s: %d verdicts (%.0f a second), %d accepted; the others came after the end of their deal; the longest history has %d events",
		count, requests, clients, took.Round(time.Millisecond), judged, float64(judged)/took.Seconds(), total, events)
}

// openRacedDeal opens a deal that may go on, and waits for its run.
func (h *house) openRacedDeal(t *testing.T) string {
	t.Helper()
	l := settled(t, h, newPerson().fills("form"))
	d := post[racedDeal](t, h, http.StatusCreated, "/v1/deals", map[string]any{
		"contact": l.ContactID, "close_on": "2027-12-31", "amount": map[string]any{"amount_minor": 100_000, "currency": "EUR"},
		"attributes": map[string]any{"need": "fleet", "budget_confirmed": true, "decision_maker": "known"},
	})
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.NotEmpty(c, get[run](c, h, d.Links["process"]).ID)
	}, 20*time.Second, 50*time.Millisecond)
	return d.ID
}

// raceOne makes one request, drawn by its number, and repeats it under its key until it is answered.
func (h *house) raceOne(ids []string, i int) answered {
	random := rand.New(rand.NewPCG(20261126, uint64(i)))
	a := answered{deal: random.IntN(len(ids))}
	at := "/v1/deals/" + ids[a.deal]
	stages := []string{"qualification", "needs-analysis", "proposal", "negotiation", "closing"}
	if random.IntN(6) == 0 { // work that lets the deal go on
		if a.err = h.finishATask(at); a.err != nil {
			return a
		}
	}
	var body map[string]any
	switch draw := random.IntN(100); {
	case draw < 50:
		at, body = at+"/move", map[string]any{"to": stages[random.IntN(len(stages))], "reason": "scope-changed"}
	case draw < 80:
		at, body = at+"/amend", map[string]any{"amount": map[string]any{"amount_minor": random.IntN(100_000), "currency": "EUR"}}
	case draw < 99:
		at, body = at+"/log", map[string]any{"kind": "call"}
	default:
		at, body = at+"/lose", map[string]any{"reason": "price"}
	}
	e, err := h.persist(http.MethodPost, at, body)
	var p problem
	switch {
	case err != nil:
		a.err = err
	case e.Status == http.StatusOK:
		a.accepted, a.counted = true, true
	case e.Status == http.StatusConflict && e.Decode(&p) == nil:
		a.counted = p.Type == "/problems/refused" // a run that has ended gives no verdicts
	default:
		a.err = fmt.Errorf("%s answered %s", e, cut(e.Body))
	}
	return a
}

// persist makes a request under a key of its own, again and again until it is answered for good.
func (h *house) persist(method, path string, body any) (exchange, error) {
	key := uuid.NewString()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		e, err := h.sendChecked(method, path, body, "Idempotency-Key", key)
		var p problem
		busy := e.Status == http.StatusServiceUnavailable || e.Status == http.StatusConflict && e.Decode(&p) == nil && p.Type == "/problems/in-progress"
		if err != nil || !busy || time.Now().After(deadline) {
			return e, err
		}
	}
}

// finishATask completes the first open task of a deal, if it has one. Somebody else may be faster.
func (h *house) finishATask(deal string) error {
	e, err := h.sendChecked(http.MethodGet, deal, nil)
	if err != nil {
		return err
	}
	var d racedDeal
	if err := e.Decode(&d); err != nil {
		return err
	}
	for _, task := range d.Tasks {
		if task.State == "open" {
			e, err := h.sendChecked(http.MethodPost, "/v1/tasks/"+task.ID+"/complete", map[string]any{"outcome": "done"})
			if err == nil && e.Status != http.StatusOK && e.Status != http.StatusConflict {
				err = fmt.Errorf("%s answered %s", e, cut(e.Body))
			}
			return err
		}
	}
	return nil
}

// sendChecked is call for the clients of a race, which must not end the test by themselves.
func (h *house) sendChecked(method, path string, body any, header ...string) (exchange, error) {
	e, err := h.send(method, path, body, header...)
	if err != nil {
		return e, err
	}
	d, err := h.document()
	if err != nil {
		return e, err
	}
	return e, d.holds(e)
}

// replay goes through the history from the first verdict, and counts those that were asked for over the API, and how many
// of them were accepted.
func (d racedDeal) replay(t *testing.T) (seen, accepted int) {
	t.Helper()
	place := map[string]int{"qualification": 0, "needs-analysis": 1, "proposal": 2, "negotiation": 3, "closing": 4}
	stage, state, revision := "qualification", "open", 1
	for i := range d.History {
		v := d.History[len(d.History)-1-i]
		require.Equal(t, i+1, v.No, "no verdict is lost")
		require.Equal(t, stage, v.From)
		require.LessOrEqual(t, place[v.To], place[v.From]+1, "no stage is skipped")
		require.Contains(t, []int{revision, revision + 1}, v.Revision)
		if !v.Accepted {
			require.Equal(t, []any{stage, state, revision}, []any{v.To, v.State, v.Revision}, "what is refused changes nothing")
		}
		if state == "lost" {
			require.False(t, v.Accepted, "nothing happens to what has ended")
		}
		switch v.What {
		case "move", "amend", "log", "lose":
			seen++
			if v.Accepted {
				accepted++
			}
		}
		stage, state, revision = v.To, v.State, v.Revision
	}
	require.Equal(t, []any{stage, state, revision}, []any{d.Stage, d.State, d.Revision})
	return seen, accepted
}

// runID is Temporal's id of the run that goes on under a workflow ID.
func (e *temporal) runID(t *testing.T, workflowID string) string {
	t.Helper()
	described, err := e.service.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: e.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	require.NoError(t, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// historyLength is how many events Temporal keeps of a run.
func (e *temporal) historyLength(t *testing.T, workflowID string) int {
	t.Helper()
	described, err := e.service.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: e.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	require.NoError(t, err)
	return int(described.GetWorkflowExecutionInfo().GetHistoryLength())
}
