package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestWhoIsWhereInCollections(t *testing.T) {
	t.Parallel()
	h := setup(t)
	row := func(state, next, day string, due int) string {
		id := uuid.NewString()
		h.exec(`insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, id)
		h.exec(`insert into collections (contact_id, began_at, state, ended, plan, plan_version, step, due_minor, currency, invoices, broken_promises, next, next_at, looked_at)
			values ($1, $2::timestamptz, $3, $3 = 'settled', 'standard', 0, 1, $4, 'EUR', 2, 1, $5, case when $5 = '' then null else now() end, now())`, id, day, state, due, next)
		return id
	}
	second, first := row("owing", "wait", "2026-05-02", 200), row("owing", "say", "2026-05-01", 100)
	promised, settled := row("promised", "", "2026-05-03", 300), row("settled", "", "2026-05-04", 0)
	who := func(target string) (out []string) {
		for cursor := ""; ; {
			page := h.send("GET", target+"&cursor="+cursor, "").want(200).json()
			for _, item := range page["items"].([]any) {
				out = append(out, item.(map[string]any)["contact_id"].(string))
			}
			next, more := page["next_cursor"].(string)
			if !more {
				return out
			}
			cursor = next
		}
	}
	require.Equal(t, []string{first, second, promised, settled}, who("/v1/collections?limit=1"))
	require.Equal(t, []string{first, second}, who("/v1/collections?state=owing&limit=1"))
	require.Equal(t, []string{promised}, who("/v1/collections?contact="+promised))
	one := h.send("GET", "/v1/collections?contact="+first, "").want(200).json()["items"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"amount_minor": 100.0, "currency": "EUR"}, one["due"])
	require.Equal(t, []any{"say", 1.0, "standard", false}, []any{one["next"], one["step"], one["plan"], one["ended"]})
	h.exec(`update collections set currency = '', due_minor = 0 where contact_id = $1`, settled)
	require.NotContains(t, h.send("GET", "/v1/collections?state=settled", "").want(200).json()["items"].([]any)[0], "due")
	h.send("GET", "/v1/collections?limit=0&contact=x", "").want(400)
	h.send("GET", "/v1/collections", "", "Authorization", "Bearer "+h.newKey("losses:read")).want(403)
}
