package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// debtor is a customer in the books of h.
func (h *house) debtor() string {
	id := uuid.NewString()
	h.exec(`insert into contacts (id, email, time_zone, created_at, updated_at) values ($1, $2, 'Europe/Berlin', now(), now())`, id, id+"@example.com")
	return id
}

func issued(invoice, contact string, minor int) string {
	return fmt.Sprintf(`{"invoice_id":%q,"contact_id":%q,"number":"R-1","total":{"amount_minor":%d,"currency":"EUR"},"issued_on":"2026-01-02","due_on":"2026-01-16"}`, invoice, contact, minor)
}

func received(payment, invoice string, minor int) string {
	return fmt.Sprintf(`{"payment_id":%q,"invoice_id":%q,"amount":{"amount_minor":%d,"currency":"EUR"}}`, payment, invoice, minor)
}

func TestAnAcceptedEventIsBooked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	batch := "[" + cloudEvent("e1", "payment.received", who, received("p1", "i1", 400)) + "," + cloudEvent("e2", "invoice.issued", who, issued("i1", who, 1000)) +
		"," + cloudEvent("e3", "nobody.listens", who, "{}") + "," + cloudEvent("e1", "payment.received", who, received("p1", "i1", 400)) + "]"
	kept := h.send("POST", "/v1/events", batch, "Content-Type", "application/cloudevents-batch+json").want(202).json()["events"].([]any)
	require.Len(t, kept, 4)
	require.Equal(t, true, kept[3].(map[string]any)["duplicate"])
	account := h.send("GET", "/v1/contacts/"+who+"/account", "").want(200).json()
	require.EqualValues(t, 600, account["totals"].([]any)[0].(map[string]any)["open_minor"])
	before := h.counts()
	h.send("POST", "/v1/events", batch, "Content-Type", "application/cloudevents-batch+json").want(202)
	require.Equal(t, before, h.counts(), "a repeat does nothing")
}

func TestWhatCannotBeBookedIsRefusedWhole(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	before := h.counts()
	r := h.send("POST", "/v1/events", "["+cloudEvent("e1", "invoice.issued", who, issued("i1", who, 1000))+","+cloudEvent("e2", "invoice.voided", who, `{"invoice_id":"other"}`)+"]",
		"Content-Type", "application/cloudevents-batch+json").want(422)
	require.Equal(t, []string{"1.data.invoice_id"}, r.refusal())
	r = h.send("POST", "/v1/events", cloudEvent("e1", "invoice.issued", who, issued("i1", someID, 1000))).want(422)
	require.Equal(t, []string{"data.contact_id"}, r.refusal())
	r = h.send("POST", "/v1/invoices", issued("i1", who, -1)).want(422)
	require.Equal(t, []string{"total.amount_minor"}, r.refusal())
	require.Equal(t, before, h.counts())
	h.key = h.newKey("events:write")
	require.Contains(t, h.send("POST", "/v1/events", cloudEvent("e1", "invoice.issued", who, issued("i1", who, 1))).want(403).json()["detail"], "billing:write")
	h.key = h.newKey("events:write", "billing:write")
	h.send("POST", "/v1/events", cloudEvent("e3", "account.invoice-overdue", who, fmt.Sprintf(`{"invoice_id":%q,"contact_id":%q}`, someID, who))).want(http.StatusForbidden)
}

func TestInvoicesPaymentsAndPromisesByCall(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	invoice := h.send("POST", "/v1/invoices", issued("i1", who, 1000), "Idempotency-Key", "k1").want(200).json()
	require.Equal(t, "open", invoice["state"])
	require.Equal(t, invoice, h.send("POST", "/v1/invoices", issued("i1", who, 1000), "Idempotency-Key", "k1").want(200).json())
	h.send("POST", "/v1/invoices", issued("i2", who, 500)).want(200)
	for range 2 {
		paid := h.send("POST", "/v1/payments", received("p1", "i1", 1200)).want(200).json()
		require.EqualValues(t, 1200, paid["allocated"].(map[string]any)["amount_minor"])
	}
	h.send("POST", "/v1/payments", received("p1", "i1", 1300)).want(422)
	require.Equal(t, "paid", h.send("GET", "/v1/invoices/"+invoice["id"].(string), "").want(200).json()["state"])
	h.send("GET", "/v1/invoices/"+someID, "").want(404)
	list := h.send("GET", "/v1/invoices?contact="+who+"&state=open&overdue=true", "").want(200).json()["items"].([]any)
	require.Len(t, list, 1)
	first := h.send("GET", "/v1/invoices?limit=1", "").want(200).json()
	require.Equal(t, "i1", first["items"].([]any)[0].(map[string]any)["invoice_id"])
	second := h.send("GET", "/v1/invoices?limit=1&cursor="+first["next_cursor"].(string), "").want(200).json()
	require.Equal(t, "i2", second["items"].([]any)[0].(map[string]any)["invoice_id"])
	account := h.send("POST", "/v1/contacts/"+who+"/promises", `{"on":"2030-02-28"}`).want(200).json()
	require.Equal(t, "open", account["promises"].([]any)[0].(map[string]any)["state"])
	require.EqualValues(t, 300, account["totals"].([]any)[0].(map[string]any)["overdue_minor"])
	h.send("POST", "/v1/contacts/"+someID+"/promises", `{"on":"2030-02-28"}`).want(404)
	h.send("POST", "/v1/contacts/"+who+"/promises", `{"on":"2030-02-30"}`).want(422)
	h.key = h.newKey("billing:read")
	h.send("POST", "/v1/payments", received("p2", "i1", 1)).want(403)
}
