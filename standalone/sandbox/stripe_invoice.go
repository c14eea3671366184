package sandbox

import (
	"encoding/json"
	"fmt"
)

// stripeVersion is the version of Stripe's API in whose shape objects come.
const stripeVersion = "2026-03-25.dahlia"

// Statuses of an invoice at Stripe.
const (
	stripeOpen          = "open"
	stripePaid          = "paid"
	stripeVoid          = "void"
	stripeUncollectible = "uncollectible"
)

// stripeInvoice is an invoice of the sandbox's Stripe. Its instants are Unix
// seconds of real time, as Stripe's are.
type stripeInvoice struct {
	ID       string          `json:"id"`
	Customer string          `json:"customer"`
	Contact  string          `json:"contact,omitempty"` // metadata.contact_id
	Number   string          `json:"number"`
	Currency string          `json:"currency"`
	Total    int64           `json:"total"`
	Paid     int64           `json:"paid"`
	Status   string          `json:"status"`
	Created  int64           `json:"created"`
	Due      int64           `json:"due,omitempty"` // 0: it is charged at once
	Ended    int64           `json:"ended,omitempty"`
	Payments []stripePayment `json:"payments,omitempty"`
	URL      string          `json:"url"` // of the page on which it is paid
}

// stripePayment is money that came in for an invoice.
type stripePayment struct {
	ID     string `json:"id"`
	Intent string `json:"intent"`
	Charge string `json:"charge"`
	Amount int64  `json:"amount"`
	At     int64  `json:"at"`
}

func (i *stripeInvoice) remaining() int64 { return i.Total - i.Paid }

// when is the instant for a status transition, null as long as there is none.
func (i *stripeInvoice) when(status string) any {
	if i.Status != status {
		return nil
	}
	return i.Ended
}

// object is the invoice as https://docs.stripe.com/api/invoices/object
// describes it. Its payments come only when they are asked for.
func (i *stripeInvoice) object(payments bool) map[string]any {
	metadata := map[string]string{}
	if i.Contact != "" {
		metadata["contact_id"] = i.Contact
	}
	var due any
	method := "charge_automatically"
	if i.Due != 0 {
		due, method = i.Due, "send_invoice"
	}
	object := map[string]any{
		"id": i.ID, "object": "invoice", "livemode": false, "created": i.Created, "number": i.Number, "status": i.Status,
		"customer": i.Customer, "currency": i.Currency, "subtotal": i.Total, "total": i.Total, "amount_due": i.Total, "amount_paid": i.Paid,
		"amount_remaining": i.remaining(), "amount_overpaid": 0, "pre_payment_credit_notes_amount": 0, "post_payment_credit_notes_amount": 0,
		"auto_advance": false, "billing_reason": "manual", "collection_method": method, "due_date": due, "metadata": metadata, "hosted_invoice_url": i.URL,
		"status_transitions": map[string]any{
			"finalized_at": i.Created, "paid_at": i.when(stripePaid), "voided_at": i.when(stripeVoid), "marked_uncollectible_at": i.when(stripeUncollectible),
		},
	}
	if payments {
		list := make([]any, len(i.Payments))
		for n, p := range i.Payments {
			list[n] = p.invoicePayment(i)
		}
		object["payments"] = map[string]any{"object": "list", "data": list, "has_more": false, "url": "/v1/invoice_payments"}
	}
	return object
}

func (p *stripePayment) invoicePayment(i *stripeInvoice) map[string]any {
	return map[string]any{
		"id": p.ID, "object": "invoice_payment", "livemode": false, "created": p.At, "invoice": i.ID, "amount_paid": p.Amount, "amount_requested": p.Amount,
		"currency": i.Currency, "is_default": true, "status": "paid", "status_transitions": map[string]any{"canceled_at": nil, "paid_at": p.At},
		"payment": map[string]any{"type": "payment_intent", "payment_intent": p.Intent},
	}
}

func (p *stripePayment) charge(i *stripeInvoice) map[string]any {
	return map[string]any{
		"id": p.Charge, "object": "charge", "livemode": false, "created": p.At, "amount": p.Amount, "amount_captured": p.Amount, "amount_refunded": 0,
		"captured": true, "currency": i.Currency, "customer": i.Customer, "paid": true, "payment_intent": p.Intent, "refunded": false, "status": "succeeded",
		"metadata": map[string]string{},
	}
}

func (p *stripePayment) intent(i *stripeInvoice) map[string]any {
	return map[string]any{
		"id": p.Intent, "object": "payment_intent", "livemode": false, "created": p.At, "amount": p.Amount, "amount_received": p.Amount,
		"currency": i.Currency, "customer": i.Customer, "latest_charge": p.Charge, "status": "succeeded", "metadata": map[string]string{},
	}
}

// stripeEvent is an event of https://docs.stripe.com/api/events/object. What it
// says never changes.
type stripeEvent struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Created int64           `json:"created"`
	Object  json.RawMessage `json:"object"`
}

func newStripeEvent(kind string, at int64, object map[string]any) (stripeEvent, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return stripeEvent{}, fmt.Errorf("encode an event of Stripe: %w", err)
	}
	return stripeEvent{ID: "evt_" + randomHex(12), Type: kind, Created: at, Object: raw}, nil
}

func (e *stripeEvent) object() map[string]any {
	return map[string]any{
		"id": e.ID, "object": "event", "api_version": stripeVersion, "created": e.Created, "data": map[string]any{"object": e.Object}, "livemode": false,
		"pending_webhooks": 1, "request": map[string]any{"id": nil, "idempotency_key": nil}, "type": e.Type,
	}
}
