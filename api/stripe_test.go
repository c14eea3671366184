package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
)

const stripeSecret = "whsec_0123456789abcdef"

func stripeSigned(secret string, at time.Time, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(h.Sum(nil))
}

func stripeInvoice(event, contact, status string, paid int) string {
	kind := map[string]string{"paid": "paid", "open": "finalized"}[status]
	return fmt.Sprintf(`{"id":%q,"object":"event","api_version":"2025-09-30.clover","created":1770000000,"type":"invoice.%s","data":{"object":{"id":"in_1","object":"invoice","amount_due":1000,"amount_paid":%d,
		"created":1770000000,"currency":"eur","customer":"cus_1","customer_email":"ada@example.com","due_date":null,"hosted_invoice_url":"https://invoice.stripe.com/i/x","metadata":{"contact_id":%q},"number":"R-1","status":%q}}}`,
		event, kind, paid, contact, status)
}

func TestStripeIsBooked(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Webhooks.StripeSecret = "whsec_old," + stripeSecret })
	who := h.debtor()
	post := func(body string) reply {
		now := time.Now()
		return h.send("POST", "/v1/webhooks/stripe", body, "Authorization", "",
			"Stripe-Signature", fmt.Sprintf("t=%d,v1=%s,v1=%s,v0=00", now.Unix(), strings.Repeat("ab", 32), stripeSigned(stripeSecret, now, body)))
	}
	paid := stripeInvoice("evt_1", who, "paid", 1000)
	require.EqualValues(t, 1, post(paid).want(200).json()["taken"])
	require.EqualValues(t, 0, post(paid).want(200).json()["taken"], "a repeat")
	post(stripeInvoice("evt_0", who, "open", 0)).want(200)
	invoice := h.send("GET", "/v1/invoices?contact="+who, "").want(200).json()["items"].([]any)[0].(map[string]any)
	require.Equal(t, "paid", invoice["state"])
	require.Equal(t, "stripe", invoice["source"])
	h.exec(`delete from billing_customers`)
	post(strings.Replace(stripeInvoice("evt_2", someID, "open", 0), "in_1", "in_2", 1)).want(200)
	var reason string
	require.NoError(t, h.pool.QueryRow(t.Context(), `select reason from billing_reconciliations where event_id = 'evt_2'`).Scan(&reason))
	require.Equal(t, "unknown-customer", reason)
	post(`{"id":"evt_3","object":"event","type":"balance.available","created":1,"data":{"object":{"object":"balance"}}}`).want(200)
}

func TestOnlyStripeSpeaksForStripe(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Webhooks.StripeSecret = stripeSecret })
	who, now := h.debtor(), time.Now()
	body := stripeInvoice("evt_1", who, "open", 0)
	before := h.counts()
	signed := func(at time.Time) string {
		return fmt.Sprintf("t=%d,v1=%s", at.Unix(), stripeSigned(stripeSecret, at, body))
	}
	for name, header := range map[string]string{
		"none":              "",
		"another secret":    fmt.Sprintf("t=%d,v1=%s", now.Unix(), stripeSigned("whsec_x", now, body)),
		"old":               signed(now.Add(-6 * time.Minute)),
		"from the future":   signed(now.Add(6 * time.Minute)),
		"another time":      fmt.Sprintf("t=%d,v1=%s", now.Unix()+1, stripeSigned(stripeSecret, now, body)),
		"no time":           "v1=" + stripeSigned(stripeSecret, now, body),
		"of test mode only": fmt.Sprintf("t=%d,v0=%s", now.Unix(), stripeSigned(stripeSecret, now, body)),
		"no signature":      fmt.Sprintf("t=%d", now.Unix()),
		"garbage":           "t=x,v1=zz,,=",
	} {
		r := h.send("POST", "/v1/webhooks/stripe", body, "Authorization", "", "Stripe-Signature", header)
		require.Equal(t, http.StatusUnauthorized, r.Code, name)
	}
	h.send("POST", "/v1/webhooks/stripe", body+" ", "Authorization", "", "Stripe-Signature", signed(now)).want(http.StatusUnauthorized)
	require.Equal(t, before, h.counts())
	unset := setup(t)
	unset.send("POST", "/v1/webhooks/stripe", body, "Authorization", "", "Stripe-Signature", signed(now)).want(http.StatusUnauthorized)
}
