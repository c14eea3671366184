package e2e_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// billed is what the sandbox's Stripe answers: an invoice, and what became of the events about it.
type billed struct {
	Invoice struct {
		ID       string `json:"id"`
		Customer string `json:"customer"`
		Status   string `json:"status"`
	} `json:"invoice"`
	Events []struct {
		Action string `json:"action"`
		Status int    `json:"status"`
	} `json:"events"`
}

// stripe plays the shop and the payer at the sandbox's Stripe.
func (h *house) stripe(t *testing.T, path string, body map[string]any) billed {
	t.Helper()
	answer, err := h.at.Call(context.Background(), http.MethodPost, h.at.Outbox+path, body)
	require.NoError(t, err)
	require.Equalf(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var b billed
	require.NoError(t, answer.Decode(&b))
	return b
}

// owed is an invoice as the API shows it.
type owed struct {
	InvoiceID string `json:"invoice_id"`
	State     string `json:"state"`
	PayURL    string `json:"pay_url"`
}

// debtor writes a contact who can be reminded by mail.
func (h *house) debtor(t *testing.T) string {
	t.Helper()
	id := uuid.NewString()
	_, err := h.database(t).Exec(t.Context(), `insert into contacts (id, email, first_name, time_zone, language, created_at, updated_at)
		values ($1, $2, 'Ada', 'UTC', 'en', now(), now())`, id, "payer-"+id[24:]+"@example.org")
	require.NoError(t, err)
	return id
}

// Stripe, as the sandbox plays it, and the payer. The house is of the test's own: it writes contacts.
func TestStripeOfTheSandbox(t *testing.T) {
	h := newHouse(t)
	h.start(t, "")
	h.database(t) // until the last of them has ended
	t.Run("who pays is not reminded any more", h.paysAtStripe)
	t.Run("what could not be delivered is fetched", h.missesStripe)
	t.Run("a wrong signature is refused", h.refusesForgedStripe)
}

// paysAtStripe: an invoice comes by a signed webhook, is collected, and is paid: then nothing is collected any more.
func (h *house) paysAtStripe(t *testing.T) {
	who := h.debtor(t)
	b := h.stripe(t, "/outbox/invoices", map[string]any{"contact_id": who, "amount_minor": 12_000, "currency": "EUR", "due_at": time.Now().AddDate(0, 0, -30)})
	require.Equal(t, http.StatusOK, b.Events[0].Status)
	invoices := all[owed](t, h, "/v1/invoices?contact="+who)
	require.Len(t, invoices, 1)
	require.Equal(t, "open", invoices[0].State)
	require.Equal(t, h.at.Outbox+"/invoices/"+b.Invoice.ID, invoices[0].PayURL)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Len(c, all[standingCollection](c, h, "/v1/collections?contact="+who), 1, "it is collected")
	}, 20*time.Second, 100*time.Millisecond)

	h.stripe(t, "/outbox/payments", map[string]any{"invoice_id": b.Invoice.ID, "amount_minor": 5_000})
	require.Equal(t, "open", all[owed](t, h, "/v1/invoices?contact="+who)[0].State)
	paid := h.stripe(t, "/outbox/payments", map[string]any{"invoice_id": b.Invoice.ID, "amount_minor": 7_000})
	require.Equal(t, "paid", paid.Invoice.Status)
	require.Equal(t, "paid", all[owed](t, h, "/v1/invoices?contact="+who)[0].State, "it stands in the books when Stripe has been answered")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Equal(c, "settled", all[standingCollection](c, h, "/v1/collections?contact="+who)[0].State)
	}, 20*time.Second, 100*time.Millisecond)
}

// missesStripe: what Stripe's webhook could not deliver is fetched, once.
func (h *house) missesStripe(t *testing.T) {
	who := h.debtor(t)
	ask := func() {
		h.call(t, http.MethodPost, "/v1/processes/stripe-catch-up/runs/house/signals/asked", map[string]any{})
	}
	b := h.stripe(t, "/outbox/invoices", map[string]any{"contact_id": who, "amount_minor": 12_000, "currency": "EUR", "due_at": time.Now().AddDate(0, 0, 14), "lost": true})
	require.Empty(t, all[owed](t, h, "/v1/invoices?contact="+who))
	state := func(want string) {
		t.Helper()
		ask()
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			found := all[owed](c, h, "/v1/invoices?contact="+who)
			require.Len(c, found, 1)
			require.Equal(c, want, found[0].State)
		}, 20*time.Second, 100*time.Millisecond)
	}
	state("open")
	h.stripe(t, "/outbox/payments", map[string]any{"invoice_id": b.Invoice.ID, "lost": true})
	state("paid")
	sum := 0
	require.NoError(t, h.database(t).QueryRow(t.Context(), `select sum(amount_minor) from payments where contact_id = $1`, who).Scan(&sum))
	require.Equal(t, 12_000, sum)
}

// refusesForgedStripe: whoever does not know the secret cannot say that something was paid.
func (h *house) refusesForgedStripe(t *testing.T) {
	who := h.debtor(t)
	body := fmt.Sprintf(`{"id":"evt_%s","object":"event","created":%d,"type":"invoice.finalized","data":{"object":{"id":"in_forged","object":"invoice",
		"amount_due":1,"amount_paid":0,"created":%d,"currency":"eur","customer":"cus_forged","metadata":{"contact_id":%q},"status":"open"}}}`,
		uuid.NewString(), time.Now().Unix(), time.Now().Unix(), who)
	stamp := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte("whsec_forged"))
	mac.Write([]byte(stamp + "." + body))
	for _, signature := range []string{"", "t=" + stamp, "t=" + stamp + ",v1=" + strings.Repeat("00", 32), "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))} {
		refused(t, h.call(t, http.MethodPost, "/v1/webhooks/stripe", []byte(body), "Content-Type", "application/json", "Authorization", "", "Stripe-Signature", signature), http.StatusUnauthorized)
	}
	require.Empty(t, all[owed](t, h, "/v1/invoices?contact="+who))
}
