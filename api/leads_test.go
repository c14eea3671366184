package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

const aLead = `{"email":"ada@example.com","first_name":"Ada","source":"website","channel":"form","attributes":{"size":3,"vip":true,"tag":"a"},"consent":{"email_marketing":true}}`

func TestSubmitLead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	before := h.counts()
	r := h.send("POST", "/v1/leads", aLead).want(http.StatusAccepted)
	lead := r.json()
	id := lead["id"].(string)
	require.Equal(t, "/v1/leads/"+id, r.Header().Get("Location"))
	require.Equal(t, map[string]any{"self": "/v1/leads/" + id, "process": "/v1/processes/order-care/runs/" + id}, lead["links"])
	after := h.counts()
	require.Equal(t, before["leads"]+1, after["leads"])
	require.Equal(t, before["events"]+1, after["events"])
	require.Equal(t, before["audit_logs"]+1, after["audit_logs"])

	got := h.send("GET", "/v1/leads/"+id, "").want(http.StatusOK).json()
	require.Equal(t, "received", got["status"])
	require.Equal(t, map[string]any{
		"email": "ada@example.com", "first_name": "Ada", "source": "website", "channel": "form",
		"attributes": map[string]any{"size": 3.0, "vip": true, "tag": "a"}, "consent": map[string]any{"email_marketing": true},
	}, got["submission"])
	// What the audit log says names fields, never values.
	var details string
	require.NoError(t, h.pool.QueryRow(context.Background(), `select details::text || reason from audit_logs where action = 'lead.submit'`).Scan(&details))
	require.Contains(t, details, "first_name")
	require.NotContains(t, details, "Ada")
}

func TestSubmitLeadWaits(t *testing.T) {
	t.Parallel()
	h := setup(t)
	type result struct {
		code    int
		applied string
		body    string
	}
	done := make(chan result, 1)
	go func() {
		r := h.send("POST", "/v1/leads", aLead, "Prefer", "respond-async, wait=8")
		done <- result{r.Code, r.Header().Get("Preference-Applied"), r.Body.String()}
	}()
	require.Eventually(t, func() bool {
		tag, err := h.pool.Exec(context.Background(), "update leads set status = 'captured', tier = 'hot', score = 80, captured_at = submitted_at")
		return err == nil && tag.RowsAffected() == 1
	}, 5*time.Second, 5*time.Millisecond)
	select {
	case r := <-done:
		require.Equal(t, http.StatusCreated, r.code)
		require.Equal(t, "wait=8", r.applied)
		require.Contains(t, r.body, `"tier":"hot"`)
	case <-time.After(5 * time.Second):
		t.Fatal("the caller waits on, although the lead is captured")
	}
	// Nobody captures: the wait ends, and the lead is kept.
	h.send("POST", "/v1/leads", aLead, "Prefer", "wait=1").want(http.StatusAccepted)
}

// TestLeadList checks the order "what to do first", the filters and the cursor, page by page.
func TestLeadList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	add := func(name, tier string, score, minute int) {
		h.exec(`insert into leads (id, status, submission, source, channel, tier, score, submitted_at)
			values ($1, 'captured', '{}', $2, 'form', nullif($3, ''), nullif($4, -1), $5)`, uuid.New(), name, tier, score, at.Add(time.Duration(minute)*time.Minute))
	}
	add("7 nothing known", "", -1, 0)
	add("6 cold", "cold", 99, 0)
	add("3 warm, late", "warm", 50, 9)
	add("2 hot, lower", "hot", 70, 0)
	add("1 hot, higher", "hot", 90, 5)
	add("4 warm, same score, later", "warm", 50, 10)
	add("5 warm, lower", "warm", 40, 0)
	var names []string
	cursor, pages := "", 0
	for {
		page := h.send("GET", "/v1/leads?limit=2&status=&cursor="+cursor, "").want(http.StatusOK).json()
		for _, item := range page["items"].([]any) {
			names = append(names, item.(map[string]any)["source"].(string)[:1])
		}
		pages++
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	require.Equal(t, "1234567", strings.Join(names, ""))
	require.Equal(t, 4, pages)
	warm := h.send("GET", "/v1/leads?tier=warm", "").want(http.StatusOK).json()["items"].([]any)
	require.Len(t, warm, 3)
	// A cursor fits the list that gave it out, and no other.
	require.Equal(t, []string{"cursor"}, h.send("GET", "/v1/leads?tier=hot&cursor="+cursor, "").want(http.StatusBadRequest).refusal())
}

func TestAmendLead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.send("POST", "/v1/leads", `{"email":"ada@example","source":"website","channel":"form","attributes":{"a":"1"}}`).want(202).json()["id"].(string)
	h.exec(`update leads set status = 'invalid'`)
	h.exec(`insert into data_requests (id, lead_id, kind, fields, state, created_at) values ($1, $2, 'correction', '[{"field":"email","problem":"has no top-level domain"}]', 'open', now())`, uuid.New(), id)
	lead := h.send("GET", "/v1/leads/"+id, "").want(200).json()
	require.Equal(t, "email", lead["requests"].([]any)[0].(map[string]any)["fields"].([]any)[0].(map[string]any)["field"])

	h.send("POST", "/v1/leads/"+id+"/amend", `{"email":"ada@example.com","attributes":{"b":"2"}}`).want(202)
	lead = h.send("GET", "/v1/leads/"+id, "").want(200).json()
	require.Equal(t, map[string]any{
		"email": "ada@example.com", "source": "website", "channel": "form", "attributes": map[string]any{"a": "1", "b": "2"},
	}, lead["submission"])
	var amended int
	require.NoError(t, h.pool.QueryRow(context.Background(), `select count(*) from events where type = 'lead.amended' and subject = $1`, id).Scan(&amended))
	require.Equal(t, 1, amended)

	h.send("POST", "/v1/leads/"+uuid.NewString()+"/amend", `{"email":"x@example.com"}`).want(http.StatusNotFound)
}

// A lead that was captured although something about it was wrong is put right at once; there is no run to wait for.
func TestAmendACapturedLead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.send("POST", "/v1/leads", `{"email":"ada@example.com","phone":"12","last_name":"Example","source":"website","channel":"form"}`).want(202).json()["id"].(string)
	contact, other := uuid.NewString(), uuid.NewString()
	h.exec(`insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', now(), now()), ($2, 'grace@example.com', now(), now())`, contact, other)
	h.exec(`insert into contact_identities values ('email', 'ada@example.com', $1), ('email', 'grace@example.com', $2)`, contact, other)
	h.exec(`update leads set status = 'captured', contact_id = $1`, contact)
	amend := func(body string, headers ...string) reply {
		return h.send("POST", "/v1/leads/"+id+"/amend", body, headers...)
	}
	require.Equal(t, "/problems/lead-settled", amend(`{"phone":"+4930901820"}`).want(http.StatusConflict).json()["type"], "nothing is asked")
	h.exec(`insert into data_requests (id, lead_id, kind, fields, state, created_at) values ($1, $2, 'correction', '[{"field":"phone","problem":"is not a telephone number"}]', 'open', now())`, uuid.New(), id)

	before := h.counts()
	require.Equal(t, []string{"phone"}, amend(`{"phone":"13"}`).want(http.StatusUnprocessableEntity).refusal())
	taken := amend(`{"email":"grace@example.com"}`).want(http.StatusConflict)
	require.Equal(t, []string{"email"}, taken.refusal())
	require.NotContains(t, taken.Body.String(), "grace@")
	require.Equal(t, before, h.counts(), "nothing of it was kept")

	accepted := amend(`{"phone":"+4930901820"}`, "Idempotency-Key", "once").want(202).json()
	require.Equal(t, "captured", accepted["status"])
	require.Equal(t, accepted, amend(`{"phone":"+4930901820"}`, "Idempotency-Key", "once").want(202).json())
	lead := h.send("GET", "/v1/leads/"+id, "").want(200).json()
	require.Nil(t, lead["requests"])
	require.Equal(t, "+4930901820", h.send("GET", "/v1/contacts/"+contact, "").want(200).json()["phone"])
	require.Equal(t, before["events"]+1, h.counts()["events"], "others may hear that it was amended")
	h.exec(`update leads set status = 'rejected'`)
	amend(`{"phone":"+4930901820"}`).want(http.StatusConflict)
}

// review makes an open merge review about a lead.
func (h *house) review() string {
	h.t.Helper()
	lead := h.send("POST", "/v1/leads", aLead).want(202).json()["id"].(string)
	contact, review := uuid.New(), uuid.NewString()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, contact)
	h.exec(`insert into merge_reviews (id, lead_id, contact_id, score, reasons, state, created_at) values ($1, $2, $3, 0.8, '["same name"]', 'open', now())`, review, lead, contact)
	return review
}

func TestReviewIsDecidedOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	review := h.review()
	open := h.send("GET", "/v1/reviews?state=open", "").want(200).json()["items"].([]any)
	require.Len(t, open, 1)

	codes := make([]int, 8)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() {
			codes[i] = h.send("POST", fmt.Sprintf("/v1/reviews/%s/decide", review), `{"decision":"merge"}`, "Idempotency-Key", fmt.Sprint(i)).Code
		})
	}
	wg.Wait()
	won := 0
	for _, code := range codes {
		if code == http.StatusAccepted {
			won++
			continue
		}
		require.Equal(t, http.StatusConflict, code)
	}
	require.Equal(t, 1, won)
	r := h.send("POST", fmt.Sprintf("/v1/reviews/%s/decide", review), `{"decision":"merge"}`).want(http.StatusConflict)
	require.Contains(t, r.json()["detail"], "key *")
	require.Len(t, h.send("GET", "/v1/reviews?state=decided", "").want(200).json()["items"], 1)
	require.Empty(t, h.send("GET", "/v1/reviews?state=open", "").want(200).json()["items"])
}
