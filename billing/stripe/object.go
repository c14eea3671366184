// Package stripe books what Stripe tells. Money that came in is booked from invoices alone: amount_paid of an invoice says
// all that was paid of it, whatever charge or payment intent paid it. So nothing is counted twice, and an event that comes
// late or again changes nothing.
package stripe

import (
	"encoding/json"
	"strings"
)

// Source is the source of all that Stripe tells.
const Source = "stripe"

// Event is an Event object of Stripe's API, as far as it is read (https://docs.stripe.com/api/events/object).
type Event struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Created int64  `json:"created"`
	Data    struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// Ref is the id of an object that Stripe may send whole.
type Ref string

// UnmarshalJSON takes an id, an object with an id, or null.
func (r *Ref) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var whole struct {
			ID string `json:"id"`
		}
		err := json.Unmarshal(raw, &whole)
		*r = Ref(whole.ID)
		return err
	}
	var id *string
	if err := json.Unmarshal(raw, &id); err != nil {
		return err
	}
	*r = ""
	if id != nil {
		*r = Ref(*id)
	}
	return nil
}

// Object holds of every kind of object what is read of it. Nothing in it is personal, so that it may be kept.
type Object struct {
	ID       string `json:"id"`
	Kind     string `json:"object"`
	Status   string `json:"status,omitempty"`
	Currency string `json:"currency,omitempty"`
	Customer Ref    `json:"customer,omitempty"`
	Created  int64  `json:"created,omitempty"`
	Metadata struct {
		ContactID string `json:"contact_id,omitempty"`
	} `json:"metadata"`

	// Of an invoice.
	Number        string `json:"number,omitempty"`
	AmountDue     int64  `json:"amount_due,omitempty"`
	AmountPaid    int64  `json:"amount_paid,omitempty"`
	PreCredited   int64  `json:"pre_payment_credit_notes_amount,omitempty"`
	DueDate       int64  `json:"due_date,omitempty"`
	HostedURL     string `json:"hosted_invoice_url,omitempty"`
	PaymentIntent Ref    `json:"payment_intent,omitempty"` // of charges, refunds and disputes, too
	Charge        Ref    `json:"charge,omitempty"`
	Transitions   *struct {
		FinalizedAt int64 `json:"finalized_at,omitempty"`
	} `json:"status_transitions,omitempty"`
	Payments *struct {
		Data []Object `json:"data,omitempty"`
	} `json:"payments,omitempty"`

	// Of a payment of an invoice, a credit note or, before 2025-03-31, a charge.
	Invoice Ref `json:"invoice,omitempty"`
	Payment *struct {
		PaymentIntent Ref `json:"payment_intent,omitempty"`
		Charge        Ref `json:"charge,omitempty"`
	} `json:"payment,omitempty"`

	// Of a credit note, a refund or a dispute.
	Amount    int64  `json:"amount,omitempty"`
	Type      string `json:"type,omitempty"`
	PreAmount *int64 `json:"pre_payment_amount,omitempty"`
}

// currency is Stripe's, as ISO 4217 writes it.
func (o Object) currency() string { return strings.ToUpper(o.Currency) }

// total is what an invoice came to before credit notes, which Stripe takes off amount_due.
func (o Object) total() int64 { return o.AmountDue + o.PreCredited }

// paid is all that was paid of an invoice. One that was paid elsewhere is paid whole.
func (o Object) paid() int64 {
	if o.Status == "paid" {
		return max(o.AmountPaid, o.AmountDue)
	}
	return o.AmountPaid
}

// parse reads the object of an event.
func (e Event) parse() (Object, error) {
	var o Object
	err := json.Unmarshal(e.Data.Object, &o)
	return o, err
}
