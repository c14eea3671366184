package sandbox

import "fmt"

// errStripe is a change that an invoice does not allow, in Stripe's words.
type errStripe struct{ text string }

func (e errStripe) Error() string { return e.text }

// pay lets money come in for an invoice; amount 0 is all that is left. Stripe
// tells of the payment first, then of the invoice.
func (i *stripeInvoice) pay(amount, now int64) ([]told, error) {
	if i.Status != stripeOpen && i.Status != stripeUncollectible {
		return nil, errStripe{"This invoice is " + i.Status + " and can no longer be paid."}
	}
	if amount == 0 {
		amount = i.remaining()
	}
	if amount < 1 || amount > i.remaining() {
		return nil, errStripe{fmt.Sprintf("The amount must be from 1 to %d, which is what remains.", i.remaining())}
	}
	p := stripePayment{ID: "inpay_" + randomHex(12), Intent: "pi_" + randomHex(12), Charge: "ch_" + randomHex(12), Amount: amount, At: now}
	i.Payments = append(i.Payments, p)
	i.Paid += amount
	if i.remaining() == 0 {
		i.Status, i.Ended = stripePaid, now
	}
	what := []told{
		{"payment_intent.succeeded", p.intent(i)}, {"charge.succeeded", p.charge(i)}, {"invoice_payment.paid", p.invoicePayment(i)},
		{"invoice.updated", i.object(false)},
	}
	if i.Status == stripePaid {
		what = append(what, told{"invoice.paid", i.object(false)}, told{"invoice.payment_succeeded", i.object(false)})
	}
	return what, nil
}

// end voids an open invoice or gives it up. A repeat does nothing, as one under
// the same idempotency key does at Stripe.
func (i *stripeInvoice) end(status string, now int64) ([]told, error) {
	if i.Status == status {
		return nil, nil
	}
	if i.Status != stripeOpen {
		return nil, errStripe{"This invoice is " + i.Status + "; only an open one can become " + status + "."}
	}
	i.Status, i.Ended = status, now
	kind := map[string]string{stripeVoid: "invoice.voided", stripeUncollectible: "invoice.marked_uncollectible"}[status]
	return []told{{"invoice.updated", i.object(false)}, {kind, i.object(false)}}, nil
}
