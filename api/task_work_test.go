package api_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// give gives a task to a user and returns it; more is added to the body.
func (h *house) give(user, more string) map[string]any {
	h.t.Helper()
	return h.send("POST", "/v1/tasks", `{"kind":"visit","title":"Visit them","for":"user","assignee":"`+user+`"`+more+`}`).want(201).json()
}

func TestAPersonGivesATask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	user, contact := h.user(), uuid.NewString()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, contact)
	body := `{"kind":"visit","title":"Visit them","instructions":"bring cake","for":"user","assignee":"` + user + `","contact":"` + contact + `","priority":"high","outcomes":["met","missed"]}`
	r := h.send("POST", "/v1/tasks", body, "Idempotency-Key", "one").want(201)
	task := r.json()
	require.Equal(t, task["id"], h.send("POST", "/v1/tasks", body, "Idempotency-Key", "one").want(201).json()["id"])
	got := h.send("GET", r.Header().Get("Location"), "").want(200).json()
	for field, want := range map[string]any{
		"assignee": user, "contact": contact, "priority": "high", "instructions": "bring cake", "state": "open", "outcomes": []any{"met", "missed"}, "after": []any{},
	} {
		require.Equal(t, want, got[field], field)
	}
	require.NotEmpty(t, got["due_at"], "the policy says when")
	require.Equal(t, []string{"task.opened"}, h.eventTypes())
	h.send("GET", "/v1/tasks/"+uuid.NewString(), "").want(404)
	for field, body := range map[string]string{
		"contact":  `"for":"owner","contact":"` + uuid.NewString() + `"`,
		"assignee": `"for":"user"`,
		"after":    `"for":"manager","after":["` + uuid.NewString() + `"]`,
		"priority": `"for":"manager","priority":"asap"`,
	} {
		require.Equal(t, []string{field}, h.send("POST", "/v1/tasks", `{"kind":"visit","title":"x",`+body+`}`).want(422).refusal(), field)
	}
}

func TestCompletingNeedsOutcomeEvidenceAndOrder(t *testing.T) {
	t.Parallel()
	h := setup(t)
	user := h.user()
	first := h.give(user, "")["id"].(string)
	task := h.give(user, `,"outcomes":["met"],"evidence_needed":["photo"],"after":["`+first+`"]`)
	require.NotContains(t, task, "due_at", "its clock has not begun")
	target := "/v1/tasks/" + task["id"].(string)
	require.Equal(t, []string{"outcome", "evidence", "after"}, h.send("POST", target+"/complete", `{"outcome":"eaten"}`).want(409).refusal())
	require.Equal(t, []any{map[string]any{"id": first, "title": "Visit them", "state": "open"}}, h.send("GET", target, "").want(200).json()["after"])
	h.send("POST", "/v1/tasks/"+first+"/complete", `{"outcome":"anything"}`).want(200)
	require.Contains(t, h.eventTypes(), "task.changed", "who waits is told")
	for range 2 { // the same proof again is one proof
		h.send("POST", target+"/evidence", `{"kind":"photo","reference":"photo-1"}`).want(200)
	}
	require.Len(t, h.send("GET", target, "").want(200).json()["evidence"], 1)
	require.Equal(t, []string{"outcome"}, h.send("POST", target+"/complete", `{"outcome":"eaten"}`).want(422).refusal())
	require.EqualValues(t, 100, h.send("POST", target+"/complete", `{"outcome":"met"}`).want(200).json()["progress"])
	h.send("POST", target+"/evidence", `{"kind":"photo","reference":"photo-2"}`).want(409)
	h.send("POST", target+"/progress", `{"progress":3}`).want(409)
}

func TestTwoCompleteOneTask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	task := h.give(h.user(), "")["id"].(string)
	replies := make([]reply, 4)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() {
			replies[i] = h.send("POST", "/v1/tasks/"+task+"/complete", fmt.Sprintf(`{"outcome":"o%d"}`, i))
		})
	}
	wg.Wait()
	won := 0
	for _, r := range replies {
		if r.Code == 200 {
			won++
			continue
		}
		require.Contains(t, r.want(409).json()["detail"], `by the API key "key *"`)
	}
	require.Equal(t, 1, won)
}

func TestProgressStartsATaskAndAddsUpTime(t *testing.T) {
	t.Parallel()
	h := setup(t)
	target := "/v1/tasks/" + h.give(h.user(), "")["id"].(string)
	first := h.send("POST", target+"/progress", `{"progress":30,"minutes":20,"note":"half way there"}`, "Idempotency-Key", "p").want(200).json()
	require.Equal(t, "started", first["state"])
	h.send("POST", target+"/progress", `{"progress":30,"minutes":20,"note":"half way there"}`, "Idempotency-Key", "p").want(200)
	h.exec(`delete from idempotency_keys`) // the answer was lost
	h.send("POST", target+"/progress", `{"progress":30,"minutes":20,"note":"half way there"}`, "Idempotency-Key", "p").want(200)
	got := h.send("POST", target+"/progress", `{"minutes":5}`).want(200).json()
	require.EqualValues(t, 25, got["minutes_spent"])
	require.EqualValues(t, 30, got["progress"])
	require.Equal(t, "half way there", got["note"])
	require.Equal(t, []string{"task.opened", "task.acknowledged", "task.started"}, h.eventTypes())
}

func TestCancelATask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	target := "/v1/tasks/" + h.give(h.user(), "")["id"].(string)
	got := h.send("POST", target+"/cancel", "").want(200).json()
	require.Equal(t, "cancelled", got["state"])
	require.NotContains(t, got, "acknowledged_at", "nobody has seen it")
	require.Equal(t, []string{"task.opened", "task.cancelled"}, h.eventTypes())
	h.send("POST", target+"/complete", `{"outcome":"met"}`).want(409)
}

func TestOverdueAndDealFilters(t *testing.T) {
	t.Parallel()
	h := setup(t)
	user, contact, deal := h.user(), uuid.NewString(), uuid.NewString()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, contact)
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, owner_id, pipeline, pipeline_version, stage, state, currency, probability, stage_since, touched_at, created_at)
		values ($1, 'k', 'n', $2, $3, 'p', 0, 's', 'open', 'EUR', 0.5, now(), now(), now())`, deal, contact, user)
	late := h.give(user, `,"due_at":"2020-01-01T00:00:00Z"`)["id"]
	ours := h.give(user, `,"deal":"`+deal+`"`)["id"]
	done := h.give(user, `,"due_at":"2020-01-01T00:00:00Z"`)["id"].(string)
	h.send("POST", "/v1/tasks/"+done+"/complete", `{"outcome":"met"}`).want(200)
	for filter, want := range map[string]any{"overdue=true": late, "deal=" + deal: ours} {
		items := h.send("GET", "/v1/tasks?"+filter, "").want(200).json()["items"].([]any)
		require.Len(t, items, 1, filter)
		require.Equal(t, want, items[0].(map[string]any)["id"], filter)
	}
}

func TestAbsences(t *testing.T) {
	t.Parallel()
	h := setup(t)
	ann, ben := h.user(), h.user()
	h.give(ann, "")
	h.task() // of the time before tasks were looked after
	h.exec(`update tasks set assignee_id = $1`, ann)
	now := time.Now().UTC().Truncate(time.Second)
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	body := `{"user":"` + ann + `","from":"` + at(-time.Hour) + `","until":"` + at(48*time.Hour) + `","deputy":"` + ben + `"}`
	absence := h.send("POST", "/v1/absences", body, "Idempotency-Key", "a").want(201).json()
	h.exec(`delete from idempotency_keys`) // the answer was lost
	require.Equal(t, absence, h.send("POST", "/v1/absences", body, "Idempotency-Key", "a").want(201).json())
	require.Equal(t, []string{"task.opened", "task.changed"}, h.eventTypes(), "what ann has is looked at again")
	require.Equal(t, ben, h.give(ann, "")["assignee"])
	later := h.send("POST", "/v1/absences", `{"user":"`+ann+`","from":"`+at(72*time.Hour)+`","until":"`+at(96*time.Hour)+`"}`).want(201).json()
	require.Len(t, h.send("GET", "/v1/absences?user="+ann, "").want(200).json()["items"], 2)
	require.Empty(t, h.send("GET", "/v1/absences?user="+ben, "").want(200).json()["items"])
	for range 2 {
		h.send("DELETE", "/v1/absences/"+absence["id"].(string), "").want(200)
	}
	require.Equal(t, ann, h.give(ann, "")["assignee"], "ann is back")
	h.send("DELETE", "/v1/absences/"+later["id"].(string), "").want(200)
	h.send("DELETE", "/v1/absences/"+later["id"].(string), "").want(404)
	require.Empty(t, h.send("GET", "/v1/absences", "").want(200).json()["items"])
	var n int
	require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from audit_logs where resource_kind = 'absence'`).Scan(&n))
	require.Equal(t, 4, n)
	for field, body := range map[string]string{
		"until":  `{"user":"` + ann + `","from":"` + at(time.Hour) + `","until":"` + at(time.Hour) + `"}`,
		"deputy": `{"user":"` + ann + `","from":"` + at(0) + `","until":"` + at(time.Hour) + `","deputy":"` + ann + `"}`,
		"user":   `{"user":"` + uuid.NewString() + `","from":"` + at(0) + `","until":"` + at(time.Hour) + `"}`,
	} {
		require.Equal(t, []string{field}, h.send("POST", "/v1/absences", body).want(422).refusal(), field)
	}
}
