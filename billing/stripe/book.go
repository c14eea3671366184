package stripe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
)

// event is one event of Stripe on its way into the books.
type event struct {
	tx  pgx.Tx
	q   *query.Queries
	now time.Time
	at  func(time.Time) time.Time
	e   Event
	o   Object

	told, keep []inbox.Event
	known      []string // objects that are known from now on
	// missing is the object without which the event cannot be booked, and reason why.
	missing, reason string
}

// book does what the event says. Events that say nothing to the books do nothing.
func (b *event) book(ctx context.Context) error {
	switch b.e.Type {
	case "invoice.finalized", "invoice.updated", "invoice.paid", "invoice.payment_succeeded", "invoice.voided", "invoice.marked_uncollectible",
		"invoice.overdue", "invoice.payment_failed", "invoice.sent":
		return b.invoice(ctx)
	case "credit_note.created":
		return b.creditNote(ctx)
	case "refund.created", "refund.updated", "charge.refund.updated":
		return b.refund(ctx)
	case "charge.dispute.created", "charge.dispute.closed":
		return b.dispute(ctx)
	case "customer.created", "customer.updated":
		_, err := b.customer(ctx, b.o.ID)
		return err
	case "invoice_payment.paid":
		return b.refers(ctx, b.o, string(b.o.Invoice))
	case "charge.succeeded", "charge.updated", "charge.captured":
		return b.refers(ctx, Object{Charge: Ref(b.o.ID), PaymentIntent: b.o.PaymentIntent}, string(b.o.Invoice))
	}
	return nil
}

// customer is who a customer of Stripe is here: by the metadata of the object, else as it was told before.
func (b *event) customer(ctx context.Context, customer string) (uuid.UUID, error) {
	contact, err := uuid.Parse(b.o.Metadata.ContactID)
	if err == nil {
		_, err = b.q.ResolveContact(ctx, b.tx, contact)
	}
	if err == nil {
		if customer == "" {
			return contact, nil
		}
		n, err := b.q.LinkBillingCustomer(ctx, b.tx, query.LinkBillingCustomerParams{Source: Source, ExternalID: customer, ContactID: contact})
		if n > 0 {
			b.known = append(b.known, customer)
		}
		return contact, err
	}
	contact, err = b.q.FindBillingCustomer(ctx, b.tx, query.FindBillingCustomerParams{Source: Source, ExternalID: customer})
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	return contact, err
}

// invoice books an invoice as it is, what was paid of it since, and its end.
func (b *event) invoice(ctx context.Context) error {
	o := b.o
	if o.Status == "draft" || o.Status == "deleted" || o.Status == "" {
		return nil
	}
	contact, err := b.customer(ctx, string(o.Customer))
	if err != nil {
		return fmt.Errorf("look for a customer of Stripe: %w", err)
	}
	if contact == uuid.Nil {
		b.missing, b.reason = string(o.Customer), UnknownCustomer
		return nil
	}
	issued := o.Created
	if o.Transitions != nil && o.Transitions.FinalizedAt > 0 {
		issued = o.Transitions.FinalizedAt
	}
	due := o.DueDate
	if due == 0 {
		due = issued // it is charged at once
	}
	in := events.Invoice{
		InvoiceID: o.ID, ContactID: contact, Number: o.Number, Total: b.amount(o.total()), IssuedOn: b.day(issued), DueOn: b.day(due), PayURL: o.HostedURL,
	}
	if err := tell(b, events.InvoiceIssued, contact.String(), in); err != nil {
		return err
	}
	sum, err := b.q.SumPaymentsFor(ctx, b.tx, query.SumPaymentsForParams{Source: Source, InvoiceRef: o.ID})
	if err != nil {
		return fmt.Errorf("look for payments of an invoice: %w", err)
	}
	if more := o.paid() - sum; more > 0 {
		// All that was paid up to now names the payment, so that it is the same in whatever event it comes.
		p := events.Payment{PaymentID: fmt.Sprintf("%s:%d", o.ID, o.paid()), ContactID: contact, InvoiceID: o.ID, Amount: b.amount(more)}
		if err := tell(b, events.PaymentReceived, contact.String(), p); err != nil {
			return err
		}
	}
	if o.Status == "void" {
		if err := tell(b, events.InvoiceVoided, contact.String(), events.InvoiceMark{InvoiceID: o.ID}); err != nil {
			return err
		}
	}
	if err := b.end(ctx); err != nil {
		return err
	}
	b.known = append(b.known, o.ID)
	if o.Status == "uncollectible" {
		if err := b.writeOff(ctx); err != nil {
			return err
		}
	}
	refs := []Object{o}
	if o.Payments != nil {
		refs = append(refs, o.Payments.Data...)
	}
	for _, r := range refs {
		if err := b.refers(ctx, r, o.ID); err != nil {
			return err
		}
	}
	return nil
}

func (b *event) writeOff(ctx context.Context) error {
	row, err := b.q.FindInvoice(ctx, b.tx, query.FindInvoiceParams{Source: Source, ExternalID: b.o.ID})
	if err != nil {
		return fmt.Errorf("read an invoice: %w", err)
	}
	follow, err := billing.WriteOff(ctx, b.tx, b.now, by, b.e.ID, row.ContactID, row.ID)
	b.keep = append(b.keep, follow...)
	return err
}

// end books what the event told.
func (b *event) end(ctx context.Context) error {
	follow, err := billing.Book(ctx, b.tx, b.now, by, b.told...)
	b.keep = append(append(b.keep, b.told...), follow...)
	return err
}

// refers notes that a charge, and the payment intent that made it, paid an invoice.
func (b *event) refers(ctx context.Context, o Object, invoice string) error {
	charge, intent := string(o.Charge), string(o.PaymentIntent)
	if o.Payment != nil {
		charge, intent = string(o.Payment.Charge), string(o.Payment.PaymentIntent)
	}
	note := func(from, to string) error {
		if from == "" || to == "" {
			return nil
		}
		n, err := b.q.AddReference(ctx, b.tx, query.AddReferenceParams{Source: Source, ExternalID: from, RefersTo: to})
		if n > 0 {
			b.known = append(b.known, from)
		}
		return err
	}
	to := invoice
	if intent != "" {
		if err := note(intent, invoice); err != nil {
			return fmt.Errorf("note what paid an invoice: %w", err)
		}
		to = intent
	}
	if err := note(charge, to); err != nil {
		return fmt.Errorf("note what paid an invoice: %w", err)
	}
	return nil
}

// paidInvoice is the invoice that a charge or payment intent paid. Without one the event waits.
func (b *event) paidInvoice(ctx context.Context) (string, error) {
	at := string(b.o.PaymentIntent)
	if at == "" {
		at = string(b.o.Charge)
	}
	for range 3 { // a charge, its intent, the invoice
		to, err := b.q.FindReference(ctx, b.tx, query.FindReferenceParams{Source: Source, ExternalID: at})
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("look what paid an invoice: %w", err)
		}
		at = to
	}
	_, err := b.q.FindInvoice(ctx, b.tx, query.FindInvoiceParams{Source: Source, ExternalID: at})
	if errors.Is(err, pgx.ErrNoRows) {
		b.missing, b.reason = at, UnknownInvoice
		return "", nil
	}
	return at, err
}

// creditNote books the part of a credit note that lowers what is left to pay. What it gives back of money that was paid comes
// as a refund, or as a balance that Stripe takes off the next invoice.
func (b *event) creditNote(ctx context.Context) error {
	amount := b.o.Amount
	switch {
	case b.o.PreAmount != nil:
		amount = *b.o.PreAmount
	case b.o.Type != "pre_payment":
		return nil
	}
	if amount == 0 {
		return nil
	}
	id := string(b.o.Invoice)
	row, err := b.q.FindInvoice(ctx, b.tx, query.FindInvoiceParams{Source: Source, ExternalID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		b.missing, b.reason = id, UnknownInvoice
		return nil
	}
	if err != nil {
		return fmt.Errorf("read an invoice: %w", err)
	}
	err = tell(b, events.InvoiceCredited, row.ContactID.String(), events.InvoiceCredit{InvoiceID: id, CreditID: b.o.ID, Amount: b.amount(amount)})
	if err != nil {
		return err
	}
	return b.end(ctx)
}

// refund books money that the house gave back. Stripe's invoice stays paid by it, and so nothing is owed again.
func (b *event) refund(ctx context.Context) error {
	if b.o.Status != "succeeded" {
		return nil
	}
	return b.back(ctx, true)
}

// dispute holds an invoice while the customer's bank is asked. When the bank takes the money back, the invoice is owed again;
// it stays disputed until somebody has talked to the customer.
func (b *event) dispute(ctx context.Context) error {
	id, err := b.paidInvoice(ctx)
	if err != nil || b.missing != "" {
		return err
	}
	row, err := b.q.FindInvoice(ctx, b.tx, query.FindInvoiceParams{Source: Source, ExternalID: id})
	if err != nil {
		return fmt.Errorf("read an invoice: %w", err)
	}
	if b.e.Type == "charge.dispute.closed" {
		// Should the opening of the dispute come later, it says nothing any more.
		if _, err := b.q.AddReference(ctx, b.tx, query.AddReferenceParams{Source: Source, ExternalID: b.o.ID, RefersTo: ended}); err != nil {
			return fmt.Errorf("note the end of a dispute: %w", err)
		}
		if b.o.Status != "lost" {
			if err := tell(b, events.DisputeSettled, row.ContactID.String(), events.InvoiceMark{InvoiceID: id}); err != nil {
				return err
			}
			return b.end(ctx)
		}
	} else if _, err := b.q.FindReference(ctx, b.tx, query.FindReferenceParams{Source: Source, ExternalID: b.o.ID}); !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := tell(b, events.InvoiceDisputed, row.ContactID.String(), events.InvoiceMark{InvoiceID: id, Reason: chargeback}); err != nil {
		return err
	}
	if b.o.Status == "lost" {
		return b.back(ctx, false)
	}
	return b.end(ctx)
}

const (
	ended      = "ended" // what a dispute that is closed refers to
	chargeback = "chargeback"
)

// back books money that went back, from what came in last for the invoice.
func (b *event) back(ctx context.Context, settled bool) error {
	id, err := b.paidInvoice(ctx)
	if err != nil || b.missing != "" {
		return err
	}
	done, err := b.q.HasRefund(ctx, b.tx, query.HasRefundParams{Source: Source, ExternalID: b.o.ID + ":0"})
	if err != nil {
		return fmt.Errorf("look for a refund: %w", err)
	}
	if done {
		return b.end(ctx)
	}
	payments, err := b.q.ListPaymentsFor(ctx, b.tx, query.ListPaymentsForParams{Source: Source, InvoiceRef: id})
	if err != nil {
		return fmt.Errorf("look for payments of an invoice: %w", err)
	}
	rest := b.o.Amount
	for i, p := range payments {
		part := min(rest, p.AmountMinor-p.RefundedMinor)
		if part == 0 {
			break
		}
		rest -= part
		r := events.PaymentRefund{PaymentID: p.ExternalID, RefundID: fmt.Sprintf("%s:%d", b.o.ID, i), Amount: b.amount(part), Settled: settled}
		if err := tell(b, events.PaymentRefunded, p.ContactID.UUID.String(), r); err != nil {
			return err
		}
	}
	if rest > 0 {
		b.told, b.missing, b.reason = nil, id, UnknownInvoice // what was paid is not known yet
		return nil
	}
	return b.end(ctx)
}

func (b *event) amount(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: b.o.currency()}
}

// day is the day of an instant of Stripe's, whose days are those of UTC.
func (b *event) day(unix int64) string {
	return b.at(time.Unix(unix, 0)).UTC().Format(time.DateOnly)
}
