package sandbox

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	stripego "github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

const (
	testStripeKey    = "sk_test_1"
	testStripeSecret = "whsec_test"
)

func withStripe(p *product) func(*Options) {
	return func(o *Options) {
		o.Now, o.StripeAPIKey, o.StripeWebhookSecret = time.Now, testStripeKey, testStripeSecret
		if p != nil {
			o.WebhookBase = p.URL
		}
	}
}

// stripeClient is Stripe's own, aimed at the sandbox.
func stripeClient(s *Sandbox, key string) *stripego.Client {
	address := s.URL()
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL: &address, MaxNetworkRetries: stripego.Int64(0), LeveledLogger: &stripego.LeveledLogger{Level: stripego.LevelNull},
	})
	return stripego.NewClient(key, stripego.WithBackends(&stripego.Backends{API: backend}))
}

// bill has an invoice issued.
func bill(t *testing.T, s *Sandbox, body map[string]any) billed {
	t.Helper()
	status, answer := ask(t, s, http.MethodPost, "/outbox/invoices", body)
	require.Equal(t, http.StatusOK, status, string(answer))
	var b billed
	require.NoError(t, json.Unmarshal(answer, &b))
	return b
}

// heard are the events that the product got, read and verified by Stripe's own library.
func (p *product) heard(t *testing.T) (list []stripego.Event) {
	t.Helper()
	for _, call := range p.received() {
		require.Equal(t, "/v1/webhooks/stripe", call.path)
		event, err := webhook.ConstructEvent(call.body, call.header.Get("Stripe-Signature"), testStripeSecret)
		require.NoError(t, err)
		_, err = webhook.ConstructEvent(call.body, call.header.Get("Stripe-Signature"), "whsec_other")
		require.Error(t, err)
		list = append(list, event)
	}
	return list
}

func types(events []stripego.Event) (list []string) {
	for _, e := range events {
		list = append(list, string(e.Type))
	}
	return list
}

func TestAPayerPaysInParts(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	s := start(t, withStripe(p))
	id := bill(t, s, map[string]any{"contact_id": "someone", "amount_minor": 12_000, "currency": "EUR"}).Invoice["id"].(string)
	for _, amount := range []int{5_000, 0} {
		status, answer := ask(t, s, http.MethodPost, "/outbox/payments", map[string]any{"invoice_id": id, "amount_minor": amount})
		require.Equal(t, http.StatusOK, status, string(answer))
	}
	events := p.heard(t)
	part := []string{"payment_intent.succeeded", "charge.succeeded", "invoice_payment.paid", "invoice.updated"}
	require.Equal(t, append(append(append([]string{"invoice.finalized"}, part...), part...), "invoice.paid", "invoice.payment_succeeded"), types(events))
	var half, whole stripego.Invoice
	require.NoError(t, json.Unmarshal(events[4].Data.Raw, &half))
	require.NoError(t, json.Unmarshal(events[9].Data.Raw, &whole))
	require.EqualValues(t, 5_000, half.AmountPaid)
	require.Equal(t, stripego.InvoiceStatusOpen, half.Status)
	require.EqualValues(t, 12_000, whole.AmountPaid)
	require.Equal(t, stripego.InvoiceStatusPaid, whole.Status)
	require.Equal(t, map[string]string{"contact_id": "someone"}, whole.Metadata)
	var charge stripego.Charge
	require.NoError(t, json.Unmarshal(events[6].Data.Raw, &charge))
	require.EqualValues(t, 7_000, charge.Amount)
	require.NotEmpty(t, charge.PaymentIntent.ID)
}

func TestWhatCannotBePaidIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, withStripe(nil))
	id := bill(t, s, map[string]any{"amount_minor": 100, "currency": "EUR"}).Invoice["id"].(string)
	for name, c := range map[string]struct {
		body   any
		status int
	}{
		"unknown":     {map[string]any{"invoice_id": "in_x"}, http.StatusNotFound},
		"too much":    {map[string]any{"invoice_id": id, "amount_minor": 101}, http.StatusConflict},
		"less":        {map[string]any{"invoice_id": id, "amount_minor": -1}, http.StatusUnprocessableEntity},
		"no invoice":  {map[string]any{"amount_minor": 1}, http.StatusUnprocessableEntity},
		"misspelt":    {map[string]any{"invoice_id": id, "amout": 1}, http.StatusBadRequest},
		"no JSON":     {"x", http.StatusBadRequest},
		"nothing":     {nil, http.StatusBadRequest},
		"not a whole": {map[string]any{"invoice_id": id, "amount_minor": 1.5}, http.StatusBadRequest},
	} {
		status, answer := ask(t, s, http.MethodPost, "/outbox/payments", c.body)
		require.Equal(t, c.status, status, "%s: %s", name, answer)
	}
	status, _ := ask(t, s, http.MethodPost, "/outbox/invoices", map[string]any{"amount_minor": 0, "currency": "EUR"})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	for _, want := range []int{http.StatusOK, http.StatusConflict} {
		status, _ := ask(t, s, http.MethodPost, "/outbox/payments", map[string]any{"invoice_id": id})
		require.Equal(t, want, status, "paid once")
	}
}

// Stripe's own client reads what the sandbox serves.
func TestStripesOwnClientIsServed(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	s := start(t, withStripe(p))
	client := stripeClient(s, testStripeKey)
	var ids []string
	for range 3 {
		ids = append(ids, bill(t, s, map[string]any{"amount_minor": 100, "currency": "EUR", "due_at": time.Now().Add(-time.Hour), "lost": true}).Invoice["id"].(string))
	}
	require.Empty(t, p.received(), "the events were lost")
	params := &stripego.InvoiceListParams{CreatedRange: &stripego.RangeQueryParams{GreaterThanOrEqual: 1}}
	params.Limit = stripego.Int64(2)
	var listed []string
	for i, err := range client.V1Invoices.List(t.Context(), params).All(t.Context()) {
		require.NoError(t, err)
		listed = append(listed, i.ID)
	}
	require.Equal(t, []string{ids[2], ids[1], ids[0]}, listed)

	status, _ := ask(t, s, http.MethodPost, "/outbox/payments", map[string]any{"invoice_id": ids[0], "lost": true})
	require.Equal(t, http.StatusOK, status)
	retrieve := &stripego.InvoiceRetrieveParams{}
	retrieve.AddExpand("payments")
	paid, err := client.V1Invoices.Retrieve(t.Context(), ids[0], retrieve)
	require.NoError(t, err)
	require.Equal(t, stripego.InvoiceStatusPaid, paid.Status)
	require.Len(t, paid.Payments.Data, 1)

	wanted := &stripego.EventListParams{CreatedRange: &stripego.RangeQueryParams{GreaterThanOrEqual: 1}, Types: []*string{stripego.String("invoice.paid"), stripego.String("invoice.finalized")}}
	wanted.Limit = stripego.Int64(1)
	var kinds []string
	for e, err := range client.V1Events.List(t.Context(), wanted).All(t.Context()) {
		require.NoError(t, err)
		kinds = append(kinds, string(e.Type))
	}
	require.Equal(t, []string{"invoice.paid", "invoice.finalized", "invoice.finalized", "invoice.finalized"}, kinds)

	for range 2 {
		given, err := client.V1Invoices.MarkUncollectible(t.Context(), ids[1], nil)
		require.NoError(t, err, "a repeat is harmless")
		require.Equal(t, stripego.InvoiceStatusUncollectible, given.Status)
	}
	void, err := client.V1Invoices.VoidInvoice(t.Context(), ids[2], nil)
	require.NoError(t, err)
	require.Equal(t, stripego.InvoiceStatusVoid, void.Status)
	require.Eventually(t, func() bool { return len(p.received()) == 4 }, 5*time.Second, 10*time.Millisecond)
	require.ElementsMatch(t, []string{"invoice.updated", "invoice.updated", "invoice.marked_uncollectible", "invoice.voided"}, types(p.heard(t)))

	var refused *stripego.Error
	_, err = client.V1Invoices.VoidInvoice(t.Context(), ids[0], nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.HTTPStatusCode)
	_, err = client.V1Invoices.Retrieve(t.Context(), "in_x", nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, stripego.ErrorCodeResourceMissing, refused.Code)
	_, err = stripeClient(s, "sk_test_other").V1Invoices.Retrieve(t.Context(), ids[0], nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusUnauthorized, refused.HTTPStatusCode)
	unknown := &stripego.EventListParams{Type: stripego.String("invoice.*")}
	for _, err := range client.V1Events.List(t.Context(), unknown).All(t.Context()) {
		require.Error(t, err, "what the sandbox does not know it does not pass over")
	}
}

// What a restart finds is what was there.
func TestInvoicesOutliveTheSandbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := func(o *Options) { withStripe(nil)(o); o.DataDir = dir; o.Logger = slog.New(slog.DiscardHandler) }
	s := start(t, options)
	id := bill(t, s, map[string]any{"amount_minor": 100, "currency": "EUR"}).Invoice["id"].(string)
	status, _ := ask(t, s, http.MethodPost, "/outbox/payments", map[string]any{"invoice_id": id, "amount_minor": 40})
	require.Equal(t, http.StatusOK, status)
	_, before := ask(t, s, http.MethodGet, "/outbox/invoices", nil)
	events := s.stripe.listEvents()
	require.NoError(t, s.Close())
	again := start(t, options)
	_, after := ask(t, again, http.MethodGet, "/outbox/invoices", nil)
	require.JSONEq(t, string(before), string(after))
	require.Equal(t, events, again.stripe.listEvents())
}

func TestAnInvoiceIsPaidOnItsPage(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	s := start(t, withStripe(p))
	invoice := bill(t, s, map[string]any{"amount_minor": 100, "currency": "EUR", "number": "R-1"}).Invoice
	address := invoice["hosted_invoice_url"].(string)
	page := func() string {
		response, err := http.Get(address)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Contains(t, page(), "Invoice R-1")
	require.Contains(t, page(), "1.00 EUR")
	form := url.Values{"invoice_id": {invoice["id"].(string)}, "amount_minor": {"100"}}
	request, err := http.NewRequest(http.MethodPost, s.URL()+"/outbox/payments", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, address, response.Request.URL.String(), "and back to the page")
	require.Contains(t, page(), "paid")
	require.NotContains(t, page(), "<form")

	p.answers(http.StatusInternalServerError)
	other := map[string]any{"amount_minor": 100, "currency": "EUR"}
	status, _ := ask(t, s, http.MethodPost, "/outbox/invoices", other)
	require.Equal(t, http.StatusBadGateway, status, "the product did not take it")
}
