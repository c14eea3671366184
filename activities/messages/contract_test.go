package messages_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/links"
)

// A one-time code is in the mail and nowhere else: not in the ledger, not in the table of codes.
func TestAMessageAboutAContract(t *testing.T) {
	t.Parallel()
	h := setup(t)
	deal, contract, code := uuid.New(), uuid.New(), uuid.New()
	h.exec(`insert into sales_pipeline (id, key, name, contact_id, pipeline, pipeline_version, stage, state, currency, probability, stage_since, touched_at, created_at)
		values ($1, 'deal', 'Plant', $2, 'standard', 0, 'closing', 'closing', 'EUR', 0.9, $3, $3, $3)`, deal, h.ada, ten)
	h.exec(`insert into smart_contracts (id, key, deal_id, revision, contact_id, template, template_version, state, title, language, amount_minor, currency,
		content_sha256, document_sha256, expires_at, created_at)
		values ($1, 'c', $2, 1, $3, 'contract', 0, 'issued', 'Contract of supply', 'en', 1, 'EUR', '\x00', '\x00', $4, $5)`, contract, deal, h.ada, ten.AddDate(0, 0, 14), ten)
	h.exec(`insert into signing_codes (id, contract_id, created_at, expires_at) values ($1, $2, $3, $4)`, code, contract, ten, ten.Add(10*time.Minute))
	night := ten.Add(-8 * time.Hour)
	for _, m := range []messages.Message{
		{Template: "contract-invitation", ContactID: h.ada, ContractID: contract},
		{Template: "contract-code", ContactID: h.ada, ContractID: contract, SigningCodeID: code, Urgency: messages.Now},
	} {
		r, err := call(h, night, messages.Send, m.Template, m)
		require.NoError(t, err)
		require.Equal(t, messages.Sent, r.State, "who waits for it gets it at night, too")
	}
	require.Contains(t, h.mail.taken[0].Text, h.links.URL(links.Contract, contract))
	require.Contains(t, h.mail.taken[0].Text, "until 16 March 2026, 11:00 CET", "in the time of the reader")
	digits := h.links.Code(code)
	require.Regexp(t, `^\d{6}$`, digits)
	require.Equal(t, "Your code to sign: "+digits, h.mail.taken[1].Subject)
	require.Contains(t, h.mail.taken[1].Text, "the contract “Contract of supply”")
	require.Equal(t, contract.String(), one[string](h, `select about ->> 'contract_id' from messages where template = 'contract-code'`))
	require.Zero(t, one[int](h, `select count(*) from messages m where m::text like '%' || $1 || '%'`, digits))
	require.Zero(t, one[int](h, `select count(*) from signing_codes c where c::text like '%' || $1 || '%'`, digits))
}
