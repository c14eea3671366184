package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestContactAndItsTimeline(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact, lead := uuid.NewString(), uuid.NewString()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h.exec(`insert into contacts (id, email, first_name, attributes, created_at, updated_at) values ($1, 'ada@example.com', 'Ada', '{"size":3}', $2, $2)`, contact, at)
	for i, granted := range []bool{true, false} {
		h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, 'email', $2, 'form', $3)`, contact, granted, at.Add(time.Duration(i)*time.Hour))
	}
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 'fair', 'form', $2, $3)`, lead, contact, at)
	h.exec(`insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, reason, provider, attempts, created_at)
		values ($1, 'k', 'order-care', 'order-care:1', 'Greet', $2, 'email', 'greeting', 'ada@example.com', 'refused', 'no consent', 'smtp', 0, $3)`, uuid.New(), contact, at.Add(time.Minute))
	h.exec(`insert into tasks (id, key, kind, title, state, contact_id, created_at) values ($1, 'k', 'k', 'Call', 'open', $2, $3)`, uuid.New(), contact, at.Add(2*time.Minute))
	for i := range 4 { // all at the same instant: the cursor must not lose or repeat one
		h.exec(`insert into interactions (id, contact_id, kind, data, at) values ($1, $2, 'page.viewed', $3, $4)`, uuid.New(), contact, fmt.Sprintf(`{"n":%d}`, i), at.Add(time.Hour))
	}
	got := h.send("GET", "/v1/contacts/"+contact, "").want(200).json()
	require.Equal(t, "Ada", got["first_name"])
	require.Equal(t, map[string]any{"email": false}, got["consent"])

	var what []any
	seen := map[any]bool{}
	for cursor := ""; ; {
		page := h.send("GET", "/v1/contacts/"+contact+"/timeline?limit=3&cursor="+cursor, "").want(200).json()
		for _, item := range page["items"].([]any) {
			e := item.(map[string]any)
			require.False(t, seen[e["id"]], "an entry came twice")
			seen[e["id"]] = true
			what = append(what, e["what"])
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	require.Equal(t, []any{"page.viewed", "page.viewed", "page.viewed", "page.viewed", "task.open", "message.refused", "lead.captured"}, what)

	messages := h.send("GET", "/v1/messages?process=order-care&contact="+contact, "").want(200).json()["items"].([]any)
	require.Len(t, messages, 1)
	require.Equal(t, "no consent", messages[0].(map[string]any)["reason"])
	require.Empty(t, h.send("GET", "/v1/messages?state=sent", "").want(200).json()["items"])
	h.send("GET", "/v1/contacts/"+uuid.NewString()+"/timeline", "").want(404)
}
