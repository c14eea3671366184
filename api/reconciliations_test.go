package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
)

// unassigned is a house to which Stripe told of an invoice of somebody nobody knows.
func unassigned(t *testing.T) *house {
	h := setup(t, func(o *api.Options) { o.Webhooks.StripeSecret = stripeSecret })
	h.fromStripe(strings.ReplaceAll(stripeInvoice("evt_1", someID, "open", 0), "cus_1", "cus_new"))
	return h
}

// fromStripe posts an event as Stripe does.
func (h *house) fromStripe(body string) {
	now := time.Now()
	h.send("POST", "/v1/webhooks/stripe", body, "Authorization", "", "Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", now.Unix(), stripeSigned(stripeSecret, now, body))).want(200)
}

func (h *house) waiting(query string) []any {
	return h.send("GET", "/v1/reconciliations"+query, "").want(200).json()["items"].([]any)
}

func TestWhoACustomerOfStripeIsIsSaidByHand(t *testing.T) {
	t.Parallel()
	h := unassigned(t)
	who, other := h.debtor(), h.debtor()
	waits := h.waiting("")
	require.Len(t, waits, 1)
	row := waits[0].(map[string]any)
	require.Equal(t, []any{"unknown-customer", "cus_new", "cus_new", "evt_1", "stripe"}, []any{row["reason"], row["object_id"], row["customer"], row["event_id"], row["source"]})
	require.Empty(t, h.waiting("?reason=unknown-invoice"))
	require.Empty(t, h.waiting("?object=cus_2"))
	path := row["links"].(map[string]any)["link"].(string)
	require.Equal(t, "/v1/stripe-customers/cus_new", path)

	before := h.counts()
	require.Equal(t, []string{"contact_id"}, h.send("PUT", path, fmt.Sprintf(`{"contact_id":%q}`, someID)).want(422).refusal())
	require.Equal(t, []string{"contact_id"}, h.send("PUT", path, `{"contact_id":"x"}`).want(422).refusal())
	h.send("PUT", path, `{`).want(400)
	require.Equal(t, before, h.counts(), "nothing of what was refused stays")

	linked := h.send("PUT", path, fmt.Sprintf(`{"contact_id":%q}`, who)).want(200).json()
	require.Equal(t, who, linked["contact_id"])
	require.EqualValues(t, 3, linked["booked"], "the invoice, that it is to be waited for, and that the account has changed")
	require.Empty(t, h.waiting(""))
	require.NotEmpty(t, h.waiting("?resolved=true")[0].(map[string]any)["resolved_at"])
	require.Equal(t, "open", h.send("GET", "/v1/invoices?contact="+who, "").want(200).json()["items"].([]any)[0].(map[string]any)["state"])
	var records int
	require.NoError(t, h.pool.QueryRow(t.Context(), `select count(*) from audit_logs where action = 'stripe-customer.link' and resource_id = $1 and actor_kind = 'key'`, who).Scan(&records))
	require.Equal(t, 1, records)

	before = h.counts()
	require.EqualValues(t, 0, h.send("PUT", path, fmt.Sprintf(`{"contact_id":%q}`, who)).want(200).json()["booked"], "said again")
	h.send("PUT", path, fmt.Sprintf(`{"contact_id":%q}`, other)).want(http.StatusConflict)
	require.Equal(t, before, h.counts())
}

func TestASegmentIsSetAndTakenBack(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	h.exec(`update contacts set attributes = '{"segment":"private"}' where id = $1`, who)
	path := "/v1/contacts/" + who + "/account/segment"
	changes := func() (n int) {
		require.NoError(t, h.pool.QueryRow(t.Context(), `select count(*) from events where type = 'account.changed' and data ->> 'what' = 'account.segment'`).Scan(&n))
		return n
	}
	set := func(segment string) any {
		return h.send("PUT", path, fmt.Sprintf(`{"segment":%q}`, segment)).want(200).json()["segment"]
	}
	require.Equal(t, "private", set(""), "there was none")
	require.Zero(t, changes())
	require.Equal(t, "business", set("business"))
	require.Equal(t, "business", set("business"))
	require.Equal(t, 1, changes(), "a repeat tells nothing")
	require.Equal(t, "private", set(""))
	require.Equal(t, 2, changes())
	require.Equal(t, []string{"segment"}, h.send("PUT", path, fmt.Sprintf(`{"segment":%q}`, strings.Repeat("x", 101))).want(422).refusal())
	h.send("PUT", "/v1/contacts/"+someID+"/account/segment", `{"segment":"business"}`).want(404)
}

func TestBillingByHandNeedsItsScopes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	h.key = h.newKey("billing:read")
	h.send("GET", "/v1/reconciliations", "").want(200)
	h.send("PUT", "/v1/stripe-customers/cus_1", fmt.Sprintf(`{"contact_id":%q}`, who)).want(http.StatusForbidden)
	h.send("PUT", "/v1/contacts/"+who+"/account/segment", `{"segment":"business"}`).want(http.StatusForbidden)
	h.key = h.newKey("billing:write")
	h.send("GET", "/v1/reconciliations", "").want(http.StatusForbidden)
	h.send("PUT", "/v1/stripe-customers/cus_1", fmt.Sprintf(`{"contact_id":%q}`, who)).want(200)
}
