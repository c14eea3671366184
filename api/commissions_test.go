package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// closedDeal writes a deal that was closed on a day.
func (h *house) closedDeal(state, stage, reason, day string, minor int, currency string) string {
	h.t.Helper()
	id, contact := uuid.NewString(), uuid.NewString()
	h.exec(`insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, contact)
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, pipeline, pipeline_version, stage, state, amount_minor, currency, probability,
		stage_since, touched_at, closed_at, loss_reason, created_at)
		values ($1::uuid, $1, 'Deal', $2, 'standard', 0, $3, $4, $5, $6, 0, now(), now(), $7::timestamptz, $8, now())`,
		id, contact, stage, state, minor, currency, day, reason)
	return id
}

func TestCommissionList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	rep, boss := h.user(), h.user()
	deal := h.closedDeal("won", "closing", "", "2026-05-01", 1000, "EUR")
	row := `insert into commissions (id, key, deal_id, user_id, kind, amount_minor, currency, base_minor, owner_id, won_at, plan, plan_version, created_at)
		values (gen_random_uuid(), $1, $2, $3, $4, $5, 'EUR', 1000, $3, now(), 'standard', 0, $6::timestamptz)`
	h.exec(row, "1", deal, rep, "earned", 90, "2026-05-01")
	h.exec(row, "1", deal, boss, "earned", 10, "2026-05-02")
	h.exec(row, "2", deal, rep, "clawed-back", -9, "2026-05-03")
	h.exec(row, "3", h.closedDeal("won", "closing", "", "2026-05-01", 1000, "EUR"), rep, "earned", 50, "2026-05-04")
	amounts := func(target string) (out []float64) {
		for cursor := ""; ; {
			page := h.send("GET", target+"&cursor="+cursor, "").want(200).json()
			for _, item := range page["items"].([]any) {
				out = append(out, item.(map[string]any)["amount"].(map[string]any)["amount_minor"].(float64))
			}
			next, more := page["next_cursor"].(string)
			if !more {
				return out
			}
			cursor = next
		}
	}
	require.Equal(t, []float64{50, -9, 10, 90}, amounts("/v1/commissions?limit=1"))
	require.Equal(t, []float64{50, -9, 90}, amounts("/v1/commissions?user="+rep))
	require.Equal(t, []float64{-9, 10, 90}, amounts("/v1/commissions?limit=2&deal="+deal))
	h.send("GET", "/v1/commissions", "", "Authorization", "Bearer "+h.newKey("losses:read")).want(403)
}

func TestLosses(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.closedDeal("lost", "proposal", "price", "2026-04-30T23:59:59Z", 100, "EUR")
	h.closedDeal("lost", "closing", "price", "2026-05-01", 9_007_199_254_740_000, "EUR")
	h.closedDeal("lost", "closing", "price", "2026-05-02", 7, "USD")
	h.closedDeal("lost", "closing", "competitor", "2026-05-03", 5, "EUR")
	h.closedDeal("won", "closing", "", "2026-05-03", 1_000, "EUR")
	got := h.send("GET", "/v1/losses", "").want(200).Body.String()
	require.JSONEq(t, `{
		"by_reason": [
			{"value": "price", "deals": 2, "amount": {"amount_minor": 9007199254740100, "currency": "EUR"}},
			{"value": "competitor", "deals": 1, "amount": {"amount_minor": 5, "currency": "EUR"}},
			{"value": "price", "deals": 1, "amount": {"amount_minor": 7, "currency": "USD"}}],
		"by_stage": [
			{"value": "closing", "deals": 2, "amount": {"amount_minor": 9007199254740005, "currency": "EUR"}},
			{"value": "closing", "deals": 1, "amount": {"amount_minor": 7, "currency": "USD"}},
			{"value": "proposal", "deals": 1, "amount": {"amount_minor": 100, "currency": "EUR"}}],
		"by_month": [
			{"value": "2026-05", "deals": 2, "amount": {"amount_minor": 9007199254740005, "currency": "EUR"}},
			{"value": "2026-04", "deals": 1, "amount": {"amount_minor": 100, "currency": "EUR"}},
			{"value": "2026-05", "deals": 1, "amount": {"amount_minor": 7, "currency": "USD"}}]}`, got)
	require.Contains(t, got, "9007199254740100", "to the last unit")
	may := h.send("GET", "/v1/losses?from=2026-05-01T00:00:00Z&to=2026-05-03T00:00:00Z&pipeline=standard", "").want(200).json()
	require.Len(t, may["by_reason"], 2)
	require.Empty(t, h.send("GET", "/v1/losses?pipeline=other", "").want(200).json()["by_month"])
	h.send("GET", "/v1/losses?from=2026-05-01T00:00:00Z&to=2026-05-01T00:00:00Z", "").want(400)
}
