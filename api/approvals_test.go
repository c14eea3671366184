package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/definitions"
)

// keyOf is an API key that belongs to a user.
func (h *house) keyOf(user string) string {
	h.t.Helper()
	_, secret, err := h.keys.CreateFor(context.Background(), audit.Record{ActorKind: audit.System, ActorID: "test"}, user, "key of "+user, []string{"*"}, time.Time{})
	require.NoError(h.t, err)
	return "Bearer " + secret
}

// approval asks users to approve a price, all of them.
func (h *house) approval(requester string, deciders ...string) string {
	h.t.Helper()
	p := approvals.Policy{Steps: []approvals.Step{{Mode: approvals.All, Deciders: []approvals.Decider{{}}}}, ExpiresAfter: "7d"}
	for _, d := range deciders {
		p.Steps[0].Deciders[0].Users = append(p.Steps[0].Deciders[0].Users, uuid.MustParse(d))
	}
	body, err := json.Marshal(p)
	require.NoError(h.t, err)
	var id uuid.UUID
	require.NoError(h.t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
		if _, err := definitions.Put(context.Background(), tx, time.Now(), definitions.Change{Kind: "approval-policy", Name: "price", Body: body}); err != nil {
			return err
		}
		a, _, err := approvals.Ask(context.Background(), tx, time.Now().Truncate(time.Microsecond), approvals.Question{
			Key: uuid.NewString(), Kind: "price", SubjectKind: "deal", SubjectID: uuid.New(), Revision: 3, Policy: "price",
			Content: json.RawMessage(`{"amount_minor":120000,"currency":"EUR"}`), RequestedBy: uuid.MustParse(requester),
		}, nil)
		id = a.ID
		return err
	}))
	return id.String()
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	rep, boss, second, deputy := h.user(), h.user(), h.user(), h.user()
	id := h.approval(rep, boss, second)
	one := "/v1/approvals/" + id
	a := h.send("GET", one, "").want(200).json()
	hash, _ := a["content_hash"].(string)
	require.Len(t, hash, 64)
	require.Equal(t, map[string]any{"amount_minor": 120000.0, "currency": "EUR"}, a["content"])
	body := fmt.Sprintf(`{"content_hash":%q,"reason":"fair"}`, hash)

	require.Contains(t, h.send("POST", one+"/approve", body).want(403).json()["detail"], "belongs to an active user")
	for _, test := range []struct{ user, path, body, problem string }{
		{rep, "/approve", body, "own-request"},
		{rep, "/delegate", `{"to":"` + deputy + `"}`, "own-request"},
		{deputy, "/reject", body, "no-seat"},
		{boss, "/delegate", `{"to":"` + rep + `"}`, "own-request"},
		{boss, "/approve", fmt.Sprintf(`{"content_hash":%q}`, strings.Repeat("0", 64)), "content-changed"},
	} {
		r := h.send("POST", one+test.path, test.body, "Authorization", h.keyOf(test.user))
		require.Contains(t, []int{403, 409}, r.Code)
		require.Equal(t, "/problems/"+test.problem, r.json()["type"])
		require.NotEmpty(t, r.json()["detail"])
	}
	h.send("POST", one+"/approve", `{"content_hash":"x"}`, "Authorization", h.keyOf(boss)).want(422)
	h.send("POST", "/v1/approvals/"+uuid.NewString()+"/approve", body, "Authorization", h.keyOf(boss)).want(404)
	h.send("GET", "/v1/approvals/"+uuid.NewString(), "").want(404)

	require.Equal(t, "open", h.send("POST", one+"/approve", body, "Authorization", h.keyOf(boss)).want(200).json()["state"])
	h.send("POST", one+"/approve", body, "Authorization", h.keyOf(boss)).want(200)
	h.send("POST", one+"/reject", body, "Authorization", h.keyOf(boss)).want(409)
	h.send("POST", one+"/delegate", `{"to":"`+deputy+`","reason":"away"}`, "Authorization", h.keyOf(second)).want(200)
	require.Empty(t, h.ids("/v1/approvals?state=open&assignee="+second))
	require.Equal(t, []string{id}, h.ids("/v1/approvals?state=open&assignee="+deputy))
	done := h.send("POST", one+"/approve", body, "Authorization", h.keyOf(deputy), "Idempotency-Key", "k").want(200).json()
	require.Equal(t, "approved", done["state"])
	require.NotContains(t, done["links"], "approve")
	seats := map[string]map[string]any{}
	for _, s := range done["seats"].([]any) {
		seat := s.(map[string]any)
		seats[seat["user"].(string)] = seat
	}
	require.Equal(t, "delegated", seats[second]["state"])
	require.Equal(t, second, seats[deputy]["from"])
	require.Equal(t, "fair", seats[deputy]["reason"])
	require.Equal(t, hash, seats[deputy]["content_hash"])
	require.Equal(t, []string{"approval.seated", "approval.decided"}, h.eventTypes())
}

func (h *house) ids(target string) (ids []string) {
	h.t.Helper()
	for cursor := ""; ; {
		page := h.send("GET", target+"&cursor="+cursor, "").want(200).json()
		for _, item := range page["items"].([]any) {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		next, more := page["next_cursor"].(string)
		if !more {
			return ids
		}
		cursor = next
	}
}

func TestApprovalList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	rep, boss, second := h.user(), h.user(), h.user()
	var all []string
	for range 5 {
		all = append([]string{h.approval(rep, boss)}, all...)
	}
	other := h.approval(rep, second)
	require.Equal(t, all, h.ids("/v1/approvals?limit=2&assignee="+boss))
	require.Equal(t, append([]string{other}, all...), h.ids("/v1/approvals?limit=2&state=open"))
	require.Empty(t, h.ids("/v1/approvals?state=approved"))
}

// Two who hold the only seats decide at once: both are heard, and the second ends it.
func TestTwoDecideAtOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	rep, boss, second := h.user(), h.user(), h.user()
	keys := []string{h.keyOf(boss), h.keyOf(second)}
	for range 5 {
		one := "/v1/approvals/" + h.approval(rep, boss, second)
		body := fmt.Sprintf(`{"content_hash":%q}`, h.send("GET", one, "").json()["content_hash"])
		states := make([]any, 2)
		var wg sync.WaitGroup
		for i, key := range keys {
			wg.Go(func() {
				if r := h.send("POST", one+"/approve", body, "Authorization", key); r.Code == http.StatusOK {
					states[i] = r.json()["state"]
				}
			})
		}
		wg.Wait()
		require.Contains(t, states, "approved")
		require.Equal(t, "approved", h.send("GET", one, "").json()["state"])
	}
}
