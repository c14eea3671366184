package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Whoever keeps the books (Stripe, an ERP, a shop) tells these. They are written into ours in the transaction that accepts
// them: from then on nobody is reminded of what was paid. Invoices and payments bear the ids of whoever tells; with the
// event's source they are unique.

// Invoice is what a customer owes.
type Invoice struct {
	InvoiceID string    `json:"invoice_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
	// Number is what the customer knows it by.
	Number string       `json:"number,omitempty" jsonschema:"maxLength=100"`
	Total  money.Amount `json:"total"`
	// IssuedOn and DueOn are days, as YYYY-MM-DD.
	IssuedOn string `json:"issued_on" jsonschema:"format=date,maxLength=10"`
	DueOn    string `json:"due_on" jsonschema:"format=date,maxLength=10"`
	// PayURL is where the customer can pay it; empty for a page of ours.
	PayURL string `json:"pay_url,omitempty" jsonschema:"format=uri,maxLength=2000,pattern=^https?://"`
}

// InvoiceMark names an invoice that something happened to. Reason is a code.
type InvoiceMark struct {
	InvoiceID string `json:"invoice_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	Reason    string `json:"reason,omitempty" jsonschema:"maxLength=100,pattern=^[a-z0-9][a-z0-9._-]*$"`
}

// InvoiceCredit lowers what is owed: a credit note.
type InvoiceCredit struct {
	InvoiceID string       `json:"invoice_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	CreditID  string       `json:"credit_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	Amount    money.Amount `json:"amount"`
}

// Payment is money that came in. Without an invoice it pays what is due first; what is left over stays as credit.
type Payment struct {
	PaymentID string       `json:"payment_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID    `json:"contact_id,omitzero"`
	InvoiceID string       `json:"invoice_id,omitempty" jsonschema:"maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	Amount    money.Amount `json:"amount"`
}

// PaymentRefund is money that went back: given back, or taken back by the customer's bank. What it paid is owed again unless
// Settled says that nothing is.
type PaymentRefund struct {
	PaymentID string       `json:"payment_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	RefundID  string       `json:"refund_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	Amount    money.Amount `json:"amount"`
	Settled   bool         `json:"settled,omitempty"`
}

// Promise is a customer's word to pay on a day, as YYYY-MM-DD where they live. Without an amount it is for all that is owed.
type Promise struct {
	ContactID uuid.UUID     `json:"contact_id"`
	On        string        `json:"on" jsonschema:"format=date,maxLength=10"`
	Amount    *money.Amount `json:"amount,omitempty"`
}

// Debtor names a customer by whom something is to be known in collections.
type Debtor struct {
	ContactID uuid.UUID `json:"contact_id"`
}

// What whoever keeps the books tells.
var (
	InvoiceIssued   = process.NewEvent[Invoice]("invoice.issued", "A customer owes something, from a day on.")
	InvoiceVoided   = process.NewEvent[InvoiceMark]("invoice.voided", "An invoice was taken back: nothing is owed by it.")
	InvoiceDisputed = process.NewEvent[InvoiceMark]("invoice.disputed", "A customer says that an invoice is wrong: nobody collects it until that is settled.")
	DisputeSettled  = process.NewEvent[InvoiceMark]("invoice.dispute-settled", "A disputed invoice stands as it is now.")
	InvoiceCredited = process.NewEvent[InvoiceCredit]("invoice.credited", "A credit note lowers what is owed by an invoice.")
	PaymentReceived = process.NewEvent[Payment]("payment.received", "A customer paid, all, a part, or too much.")
	PaymentRefunded = process.NewEvent[PaymentRefund]("payment.refunded", "Money of a payment went back.")
	PromiseMade     = process.NewEvent[Promise]("debtor.promised", "A customer promised to pay on a day.")
	DebtorBankrupt  = process.NewEvent[Debtor]("debtor.bankrupt", "A customer is insolvent: nobody may collect from them.")
	DebtorSolvent   = process.NewEvent[Debtor]("debtor.solvent", "A customer is not, or no longer, insolvent.")
)

// InvoiceRef names an invoice by our own id.
type InvoiceRef struct {
	InvoiceID uuid.UUID `json:"invoice_id"`
	ContactID uuid.UUID `json:"contact_id"`
}

// Account names a customer whose standing changed. What is the type of the event that changed it.
type Account struct {
	ContactID uuid.UUID `json:"contact_id"`
	What      string    `json:"what"`
}

// What the house itself tells of the books.
var (
	InvoiceBooked  = process.NewEvent[InvoiceRef]("account.invoice-booked", "An invoice stands in the books.")
	InvoiceOverdue = process.NewEvent[InvoiceRef]("account.invoice-overdue", "An invoice is due and not paid.")
	InvoiceChanged = process.NewEvent[InvoiceRef]("account.invoice-changed", "What is owed by an invoice, or until when, has changed.")
	AccountChanged = process.NewEvent[Account]("account.changed", "What a customer owes, or how they stand to it, has changed.")
)
