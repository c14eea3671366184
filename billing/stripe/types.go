package stripe

import "slices"

// types are those that say something to the books. Stripe lists events by twenty types at most, so charge.refund.updated is
// left out: refund.updated says the same.
var types = []string{
	"invoice.finalized", "invoice.updated", "invoice.sent", "invoice.overdue", "invoice.payment_failed", "invoice.paid", "invoice.payment_succeeded",
	"invoice.voided", "invoice.marked_uncollectible", "credit_note.created", "refund.created", "refund.updated",
	"charge.dispute.created", "charge.dispute.closed", "customer.created", "customer.updated",
	"invoice_payment.paid", "charge.succeeded", "charge.updated", "charge.captured",
}

// Types are the types of events to ask Stripe for.
func Types() []string { return slices.Clone(types) }
