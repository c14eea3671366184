package api_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/evidence"
)

var sealer = evidence.Key{ID: "2026a", Seed: [32]byte{1}}

func withEvidence(t *testing.T) func(*api.Options) {
	t.Helper()
	signer, err := evidence.NewSigner(sealer)
	require.NoError(t, err)
	return func(o *api.Options) { o.Evidence = signer }
}

// contract is one of a deal of its own, which the customer has signed or not.
func (h *house) contract(signed bool) (id, deal uuid.UUID) {
	h.t.Helper()
	now, contact := time.Now(), uuid.New()
	deal = uuid.New()
	h.exec(`insert into contacts (id, first_name, company, created_at, updated_at) values ($1, 'Ada', 'Example Ltd', $2, $2)`, contact, now)
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, pipeline, pipeline_version, stage, state, amount_minor, list_minor,
		currency, close_on, probability, stage_since, touched_at, created_at)
		values ($1::uuid, ($1::uuid)::text, 'Cooling plant', $2, 'standard', 0, 'closing', 'closing', 129900, 129900, 'EUR', '2026-04-01', 0.9, $3, $3, $3)`, deal, contact, now)
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) (err error) {
		if id, err = contracts.Issue(h.t.Context(), tx, now, contracts.Draft{
			Key: deal.String(), DealID: deal, Revision: 1, Template: contracts.Standard, Seller: "Sample", Actor: audit.Record{ActorKind: audit.System, ActorID: "test"},
		}); err != nil || !signed {
			return err
		}
		if _, err = contracts.AskCode(h.t.Context(), tx, now, now.Add(contracts.CodeValid), id, contracts.Visitor{}); err != nil {
			return err
		}
		_, wrong, err := contracts.Sign(h.t.Context(), tx, now, id, contracts.Signing{Code: "1", Name: "Ada Example", Consent: "I agree"}, func(uuid.UUID) string { return "1" })
		require.Empty(h.t, wrong)
		return err
	}))
	return id, deal
}

func TestReadingContracts(t *testing.T) {
	t.Parallel()
	h := setup(t, withEvidence(t))
	waiting, deal := h.contract(false)
	signed, _ := h.contract(true)
	got := h.send("GET", "/v1/contracts/"+waiting.String(), "").want(200).json()
	require.Equal(t, "issued", got["state"])
	require.Equal(t, map[string]any{"amount_minor": float64(129900), "currency": "EUR"}, got["amount"])
	require.NotContains(t, got["links"], "countersign")
	ids := func(target string) (list []any) {
		for _, item := range h.send("GET", target, "").want(200).json()["items"].([]any) {
			list = append(list, item.(map[string]any)["id"])
		}
		return list
	}
	require.Equal(t, []any{signed.String(), waiting.String()}, ids("/v1/contracts"))
	require.Equal(t, []any{waiting.String()}, ids("/v1/contracts?deal="+deal.String()))
	require.Equal(t, []any{signed.String()}, ids("/v1/contracts?state=signed"))
	first := h.send("GET", "/v1/contracts?limit=1", "").want(200).json()
	require.Equal(t, []any{waiting.String()}, ids("/v1/contracts?limit=1&cursor="+first["next_cursor"].(string)))
	h.send("GET", "/v1/contracts?state=lost", "").want(400)
	h.send("GET", "/v1/contracts/"+uuid.NewString(), "").want(404)

	pdf := h.send("GET", "/v1/contracts/"+signed.String()+"/pdf", "").want(200)
	require.Equal(t, "application/pdf", pdf.Header().Get("Content-Type"))
	bundle := h.send("GET", "/v1/contracts/"+signed.String()+"/evidence", "").want(200)
	keys := h.send("GET", "/v1/evidence/keys", "", "Authorization", "").want(200).json()["keys"].([]any)
	require.Equal(t, "2026a", keys[0].(map[string]any)["id"])
	signer, err := evidence.NewSigner(sealer)
	require.NoError(t, err)
	proven, err := evidence.Verify(bundle.Body.Bytes(), signer.Public())
	require.NoError(t, err)
	require.Equal(t, pdf.Body.Bytes(), proven.Document.Bytes)
	for _, part := range []string{"/pdf", "/evidence"} {
		h.send("GET", "/v1/contracts/"+uuid.NewString()+part, "").want(404)
	}
}

func TestCountersigning(t *testing.T) {
	t.Parallel()
	h := setup(t, withEvidence(t))
	user := uuid.New()
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'manager', 'north', now())`, user)
	h.exec(`update api_keys set user_id = $1`, user)
	waiting, _ := h.contract(false)
	require.Contains(t, h.send("POST", "/v1/contracts/"+waiting.String()+"/countersign", "").want(409).Body.String(), "The contract is issued")

	signed, _ := h.contract(true)
	h.exec(`insert into tasks (id, key, kind, title, state, deal_id, context, created_at)
		select $1, 'x', 'countersign', 'x', 'open', deal_id, jsonb_build_object('contract_id', id), now() from smart_contracts where id = $2`, uuid.New(), signed)
	path := "/v1/contracts/" + signed.String() + "/countersign"
	var wg sync.WaitGroup
	codes := make([]int, 4)
	for i := range codes {
		wg.Go(func() { codes[i] = h.send("POST", path, "").Code })
	}
	wg.Wait()
	require.ElementsMatch(t, []int{200, 409, 409, 409}, codes, "our side signs once")
	require.Contains(t, h.send("POST", path, "").want(409).Body.String(), `The contract is in-force, by the API key`)
	require.Equal(t, "completed", dbtest.One[string](t, h.pool, `select state from tasks`))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'contract.countersigned'`))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'task.completed'`))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'contract.countersigned' and actor_kind = 'key'`))
	records, err := contracts.Records(t.Context(), h.pool, signed)
	require.NoError(t, err)
	last := records[len(records)-1]
	require.Equal(t, "Robin Sample", last.Payload["name"])
	require.Equal(t, user.String(), last.Payload["user_id"])
	h.send("POST", "/v1/contracts/"+signed.String()+"/void", "").want(409)
	h.send("POST", "/v1/contracts/"+uuid.NewString()+"/countersign", "").want(404)
}

func TestVoidingAContract(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id, _ := h.contract(true)
	path := "/v1/contracts/" + id.String() + "/void"
	h.send("POST", path, `{"reason": "Because I say so"}`).want(422)
	got := h.send("POST", path, `{"reason": "wrong-terms"}`, "Idempotency-Key", "1").want(200).json()
	require.Equal(t, "voided", got["state"])
	require.Equal(t, "wrong-terms", got["reason"])
	h.exec(`delete from idempotency_keys`) // the program crashed before it kept its answer
	h.send("POST", path, `{"reason": "wrong-terms"}`, "Idempotency-Key", "1").want(200)
	h.send("POST", path, "").want(409)
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'contract.voided'`))
	h.send("POST", "/v1/contracts/"+uuid.NewString()+"/void", "").want(404)
	h.send("GET", "/v1/contracts/"+id.String()+"/evidence", "").want(404) // no key, no receipt
}

func TestWhoMayDoWhatWithContracts(t *testing.T) {
	t.Parallel()
	h := setup(t, withEvidence(t))
	id, _ := h.contract(true)
	h.key = h.newKey("contracts:read")
	h.send("GET", "/v1/contracts", "").want(200)
	h.send("POST", "/v1/contracts/"+id.String()+"/countersign", "").want(http.StatusForbidden)
	h.key = h.newKey("contracts:write")
	h.send("GET", "/v1/contracts/"+id.String()+"/pdf", "").want(http.StatusForbidden)
	h.send("POST", "/v1/contracts/"+id.String()+"/countersign", "").want(200)
	h.key = h.newKey("events:write")
	h.send("POST", "/v1/events", `{"specversion":"1.0","id":"1","source":"x","type":"contract.signed","data":{"contract_id":"`+id.String()+`","deal_id":"`+id.String()+`"}}`,
		"Content-Type", "application/cloudevents+json").want(http.StatusForbidden)
}
