package api_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process"
)

// person adds a contact and returns its id.
func (h *house) person() string {
	id := uuid.NewString()
	h.exec(`insert into contacts (id, email, company, created_at, updated_at) values ($1, $2, 'Example Ltd', now(), now())`, id, id+"@example.org")
	return id
}

// deal opens a deal and lets its run begin.
func (h *house) deal(amount int) string {
	h.t.Helper()
	body := fmt.Sprintf(`{"contact":%q,"amount":{"amount_minor":%d,"currency":"EUR"},"close_on":"2027-03-31"}`, h.person(), amount)
	id := h.send("POST", "/v1/deals", body).want(201).json()["id"].(string)
	h.exec(`insert into process_runs (entry, process, subject, run, state, started_at) values ($1, 'deal', $2, 'deal:' || $2, 'running', now())`, uuid.New(), id)
	return id
}

func TestADealIsOpened(t *testing.T) {
	t.Parallel()
	h := setup(t)
	owner, person := h.user(), h.person()
	body := `{"contact":"` + person + `","owner":"` + owner + `","name":"Fleet","amount":{"amount_minor":90000,"currency":"EUR"},"list_amount":{"amount_minor":100000,"currency":"EUR"},
		"close_on":"2027-03-31","attributes":{"need":"fleet","seats":12}}`
	r := h.send("POST", "/v1/deals", body, "Idempotency-Key", "k1").want(201)
	d := r.json()
	id := d["id"].(string)
	require.Equal(t, "/v1/deals/"+id, r.Header().Get("Location"))
	require.Equal(t, id, h.send("POST", "/v1/deals", body, "Idempotency-Key", "k1").want(201).json()["id"])
	h.exec(`delete from idempotency_keys`) // the answer was lost in a crash
	require.Equal(t, id, h.send("POST", "/v1/deals", body, "Idempotency-Key", "k1").want(201).json()["id"])
	require.Equal(t, []string{"deal.opened", "task.opened"}, h.eventTypes())

	got := h.send("GET", "/v1/deals/"+id, "").want(200).json()
	for field, want := range map[string]any{
		"name": "Fleet", "contact": person, "owner": owner, "pipeline": "sales", "pipeline_version": 0.0, "stage": "qualification", "state": "open",
		"amount": map[string]any{"amount_minor": 90000.0, "currency": "EUR"}, "discount_permille": 100.0, "close_on": "2027-03-31",
		"probability_permille": 100.0, "forecast": "pipeline", "attributes": map[string]any{"need": "fleet", "seats": 12.0}, "revision": 1.0,
	} {
		require.Equal(t, want, got[field], field)
	}
	require.Equal(t, "stage", got["factors"].([]any)[0].(map[string]any)["code"])
	require.Equal(t, "qualification-call", got["tasks"].([]any)[0].(map[string]any)["kind"])
	next := got["next"].(map[string]any)
	require.Equal(t, "needs-analysis", next["stage"])
	require.Len(t, next["unmet"], 2)
	first := got["history"].([]any)[0].(map[string]any)
	require.Equal(t, []any{1.0, "open", true}, []any{first["no"], first["what"], first["accepted"]})
	require.Equal(t, "/v1/deals/"+id+"/move", got["links"].(map[string]any)["move"])
	h.send("GET", "/v1/deals/"+uuid.NewString(), "").want(404)
}

func TestWithWhatADealCannotBegin(t *testing.T) {
	t.Parallel()
	h := setup(t)
	person := h.person()
	for field, body := range map[string]string{
		"contact":         `{}`,
		"lead":            `{"lead":"` + uuid.NewString() + `"}`,
		"owner":           `{"contact":"` + person + `","owner":"` + uuid.NewString() + `"}`,
		"pipeline":        `{"contact":"` + person + `","pipeline":"unheard-of"}`,
		"close_on":        `{"contact":"` + person + `","close_on":"2027-02-30"}`,
		"attributes.need": `{"contact":"` + person + `","attributes":{"need":"Ada Lovelace"}}`,
		"amount.currency": `{"contact":"` + person + `","amount":{"amount_minor":1,"currency":"euro"}}`,
	} {
		require.Equal(t, []string{field}, h.send("POST", "/v1/deals", body).want(422).refusal(), field)
	}
	require.Empty(t, h.eventTypes())
}

func TestALeadHasOneOpenDeal(t *testing.T) {
	t.Parallel()
	h := setup(t)
	lead := uuid.NewString()
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2, now())`, lead, h.person())
	first := h.send("POST", "/v1/deals", `{"lead":"`+lead+`"}`).want(201).json()
	require.Equal(t, lead, first["lead"])
	second := h.send("POST", "/v1/deals", `{"lead":"`+lead+`"}`).want(409).json()
	require.Equal(t, first["links"].(map[string]any)["self"], second["links"].(map[string]any)["deal"])
}

func TestDealList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var ids []any
	for i := range 5 {
		ids = append([]any{h.deal(100 + i)}, ids...)
	}
	var got []any
	for cursor := ""; ; {
		page := h.send("GET", "/v1/deals?pipeline=sales&stage=qualification&state=open&limit=2&cursor="+cursor, "").want(200).json()
		for _, item := range page["items"].([]any) {
			got = append(got, item.(map[string]any)["id"])
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	require.Equal(t, ids, got)
	for _, filter := range []string{"pipeline=other", "stage=proposal", "state=won", "owner=" + uuid.NewString(), "contact=" + uuid.NewString()} {
		require.Empty(t, h.send("GET", "/v1/deals?"+filter, "").want(200).json()["items"], filter)
	}
}

func TestTheRunOfADealDecides(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.deal(100)
	var asked map[string]any
	h.runs.update = func(payload json.RawMessage) (json.RawMessage, error) {
		asked = nil
		require.NoError(t, json.Unmarshal(payload, &asked))
		return json.RawMessage(`{"accepted":true,"stage":"needs-analysis","state":"open","revision":1,"probability_permille":250,"factors":[]}`), nil
	}
	for verb, body := range map[string]string{
		"move": `{"to":"needs-analysis"}`, "amend": `{"amount":{"amount_minor":5,"currency":"EUR"}}`, "log": `{"kind":"call"}`, "lose": `{"reason":"price"}`,
	} {
		require.Equal(t, "needs-analysis", h.send("POST", "/v1/deals/"+id+"/"+verb, body).want(200).json()["stage"])
		require.NotEmpty(t, asked["actor_id"], "who asks is on record")
	}
	actor := uuid.NewString()
	h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal","actor_id":"`+actor+`"}`).want(200)
	require.Equal(t, actor, asked["actor_id"], "a program says for whom it asks")
	user := h.user()
	h.exec(`update api_keys set user_id = $1`, user)
	require.Eventually(t, func() bool { // the key was read a moment ago
		h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal","actor_id":"`+actor+`"}`).want(200)
		return asked["actor_id"] == user
	}, 10*time.Second, 100*time.Millisecond, "a user asks for nobody else")

	h.runs.update = func(json.RawMessage) (json.RawMessage, error) {
		return nil, &api.RefusedError{Code: deals.CriteriaUnmet, Reason: "the stage asks for more", Reasons: []process.Reason{
			{Field: "amount", Message: "has to be set"}, {Field: "tasks.proposal", Message: "has to be completed first"},
		}}
	}
	require.Equal(t, []string{"amount", "tasks.proposal"}, h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal"}`).want(409).refusal())
	require.Equal(t, []string{"kind"}, h.send("POST", "/v1/deals/"+id+"/log", `{"kind":"Called Ada"}`).want(422).refusal())
	words := h.send("POST", "/v1/deals/"+id+"/amend", `{"attributes":{"need":"Forty seats for Ada"}}`).want(422)
	require.Contains(t, words.Body.String(), "does not have the form", "a text that is no code is not called another type")
	h.send("POST", "/v1/deals/"+uuid.NewString()+"/move", `{"to":"proposal"}`).want(404)
	h.exec(`update process_runs set state = 'completed', outcome = 'won', closed_at = now()`)
	h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal"}`).want(409)
	h.exec(`delete from process_runs`)
	h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal"}`).want(503)
}

func TestScopesOfDeals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.deal(100)
	h.key = h.newKey("deals:read")
	h.send("GET", "/v1/deals/"+id, "").want(200)
	h.send("GET", "/v1/forecast", "").want(200)
	h.send("POST", "/v1/deals/"+id+"/move", `{"to":"proposal"}`).want(403)
	h.send("POST", "/v1/deals", `{}`).want(403)
	h.key = h.newKey("deals:write")
	h.send("GET", "/v1/deals/"+id, "").want(403)
}

func TestTheForecastIsExact(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a, b := h.deal(100_001), h.deal(200_002)
	h.exec(`update sales_pipeline set probability = 0.333 where id = $1`, a)
	h.exec(`update sales_pipeline set probability = 0.777, stage = 'qualification' where id = $1`, b)
	yen := h.deal(0)
	h.exec(`update sales_pipeline set currency = 'JPY', amount_minor = 1001, probability = 0.5, close_on = null where id = $1`, yen)
	won := h.deal(70)
	h.exec(`update sales_pipeline set state = 'won', closed_at = '2026-12-31T23:59:59Z' where id = $1`, won)
	lost := h.deal(9)
	h.exec(`update sales_pipeline set state = 'lost', closed_at = now() where id = $1`, lost)
	f := h.send("GET", "/v1/forecast?pipeline=sales", "").want(200).json()
	require.Equal(t, []any{
		map[string]any{"stage": "qualification", "deals": 1.0, "amount": map[string]any{"amount_minor": 1001.0, "currency": "JPY"}, "weighted": "500.5"},
		map[string]any{"month": "2027-03", "stage": "qualification", "deals": 2.0, "amount": map[string]any{"amount_minor": 300003.0, "currency": "EUR"},
			"weighted": "1887.01887"}, // 100001 * 0.333 + 200002 * 0.777 cents
	}, trimmed(f["open"]))
	require.Equal(t, []any{map[string]any{"month": "2026-12", "deals": 1.0, "amount": map[string]any{"amount_minor": 70.0, "currency": "EUR"}}}, f["won"])
	f = h.send("GET", "/v1/forecast?owner="+uuid.NewString(), "").want(200).json()
	require.Empty(t, f["open"])
}

// trimmed takes the zeros off the ends of weighted amounts.
func trimmed(lines any) any {
	for _, l := range lines.([]any) {
		line := l.(map[string]any)
		n := json.Number(line["weighted"].(string))
		for len(n) > 0 && n[len(n)-1] == '0' {
			n = n[:len(n)-1]
		}
		line["weighted"] = string(n)
	}
	return lines
}

func TestPipelines(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Kinds = []definitions.AnyKind{deals.Kind} })
	p := h.send("GET", "/v1/pipelines/sales", "").want(200).json()
	require.Equal(t, 0.0, p["version"])
	require.Len(t, p["definition"].(map[string]any)["stages"], 5)
	h.send("GET", "/v1/pipelines/unheard-of", "").want(404)
}

// A finished task tells the deal that it was done for.
func TestATaskTellsItsDeal(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.deal(100)
	task := h.send("GET", "/v1/deals/"+id, "").want(200).json()["tasks"].([]any)[0].(map[string]any)
	require.Equal(t, "/v1/deals/"+id, task["links"].(map[string]any)["deal"])
	h.send("POST", "/v1/tasks/"+task["id"].(string)+"/complete", `{"outcome":"done"}`).want(200)
	var data struct {
		DealID string `json:"deal_id"`
	}
	var raw []byte
	require.NoError(t, h.pool.QueryRow(t.Context(), `select data from events where type = 'task.completed' and subject = $1`, id).Scan(&raw))
	require.NoError(t, json.Unmarshal(raw, &data))
	require.Equal(t, id, data.DealID)
	unmet := h.send("GET", "/v1/deals/"+id, "").want(200).json()["next"].(map[string]any)["unmet"]
	require.Len(t, unmet, 2, "need and an interaction are left")
}
