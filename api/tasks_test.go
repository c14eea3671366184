package api_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func (h *house) eventTypes() []string {
	h.t.Helper()
	rows, err := h.pool.Query(context.Background(), "select type from events order by seq")
	require.NoError(h.t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var typ string
		require.NoError(h.t, rows.Scan(&typ))
		out = append(out, typ)
	}
	return out
}

func TestTaskMoves(t *testing.T) {
	t.Parallel()
	h := setup(t)
	task := "/v1/tasks/" + h.task()
	require.Equal(t, "acknowledged", h.send("POST", task+"/acknowledge", "").want(200).json()["state"])
	r := h.send("POST", task+"/acknowledge", "").want(409)
	require.Contains(t, r.json()["detail"], `by the API key "key *"`)
	require.Equal(t, "started", h.send("POST", task+"/start", `{"note":"on it"}`).want(200).json()["state"])
	done := h.send("POST", task+"/complete", `{"outcome":"accepted","note":"wants a quote"}`).want(200).json()
	require.Equal(t, "completed", done["state"])
	require.Equal(t, "accepted", done["outcome"])
	require.Equal(t, "wants a quote", done["note"])
	for _, verb := range []string{"acknowledge", "start"} {
		h.send("POST", task+"/"+verb, "").want(409)
	}
	h.send("POST", task+"/reassign", `{"assignee":"`+h.user()+`"}`).want(409)
	require.Equal(t, []string{"task.acknowledged", "task.started", "task.completed"}, h.eventTypes())
	var n int
	require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from audit_logs where resource_kind = 'task'`).Scan(&n))
	require.Equal(t, 3, n)
}

// TestFinishingImpliesSeeing: whoever waits for the acknowledgement hears of it, however far the task went at once.
func TestFinishingImpliesSeeing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.send("POST", "/v1/tasks/"+h.task()+"/complete", `{"outcome":"accepted"}`).want(200)
	require.Equal(t, []string{"task.acknowledged", "task.completed"}, h.eventTypes())
}

// TestReassignMovesTheLead: the lead and what people carry follow its task.
func TestReassignMovesTheLead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	from, to, task, lead := h.user(), h.user(), h.task(), uuid.NewString()
	h.exec(`insert into leads (id, status, submission, source, channel, assignee_id, task_id, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2, $3, now())`, lead, from, task)
	h.exec(`insert into representative_loads (user_id, open_leads) values ($1, 1)`, from)
	h.exec(`update tasks set lead_id = $1, assignee_id = $2, state = 'started', started_at = now(), acknowledged_at = now()`, lead, from)
	got := h.send("POST", "/v1/tasks/"+task+"/reassign", `{"assignee":"`+to+`","reason":"on leave"}`).want(200).json()
	require.Equal(t, "open", got["state"])
	require.Equal(t, to, got["assignee"])
	require.NotContains(t, got, "acknowledged_at")
	require.Equal(t, to, h.send("GET", "/v1/leads/"+lead, "").want(200).json()["assignee"])
	loads := map[string]int{}
	for _, user := range []string{from, to} {
		var n int
		require.NoError(t, h.pool.QueryRow(context.Background(), `select open_leads from representative_loads where user_id = $1`, user).Scan(&n))
		loads[user] = n
	}
	require.Equal(t, map[string]int{from: 0, to: 1}, loads)
	require.Equal(t, []string{"task.reassigned"}, h.eventTypes())
	h.send("POST", "/v1/tasks/"+task+"/reassign", `{"assignee":"`+to+`"}`).want(409)
}

func TestTwoPeopleOneTask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for range 5 {
		task := h.task()
		codes := make([]int, 6)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				codes[i] = h.send("POST", "/v1/tasks/"+task+"/acknowledge", "", "Idempotency-Key", fmt.Sprint(task, i)).Code
			})
		}
		wg.Wait()
		won := 0
		for _, code := range codes {
			if code == http.StatusOK {
				won++
				continue
			}
			require.Equal(t, http.StatusConflict, code)
		}
		require.Equal(t, 1, won)
	}
}

func TestTaskList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	user := h.user()
	for i, due := range []string{"null", "'2026-01-03'", "'2026-01-01'", "null", "'2026-01-02'"} {
		h.exec(fmt.Sprintf(`insert into tasks (id, key, kind, title, state, assignee_id, due_at, created_at) values ($1, $2, 'k', $3, 'open', $4, %s, now())`, due),
			uuid.New(), fmt.Sprint(i), due, user)
	}
	var titles []any
	target := "/v1/tasks?limit=2&state=open&assignee=" + user
	for cursor := ""; ; {
		page := h.send("GET", target+"&cursor="+cursor, "").want(200).json()
		for _, item := range page["items"].([]any) {
			titles = append(titles, item.(map[string]any)["title"])
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	require.Equal(t, []any{"'2026-01-01'", "'2026-01-02'", "'2026-01-03'", "null", "null"}, titles)
	require.Empty(t, h.send("GET", "/v1/tasks?state=completed", "").want(200).json()["items"])
}
