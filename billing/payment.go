package billing

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// receive books money that came in. It pays the invoice that it names. What that does not need, or all when none is named,
// pays what is due first. While a named invoice is not known, the money waits for it.
func (b *booking) receive(ctx context.Context, in events.Payment) error {
	if err := checkAmount("amount", in.Amount, 1); err != nil {
		return err
	}
	contact := uuid.Nil
	if in.ContactID != uuid.Nil {
		var err error
		if contact, err = b.contact(ctx, in.ContactID); err != nil {
			return err
		}
	}
	known, err := false, error(nil)
	if in.InvoiceID != "" {
		if known, contact, err = b.payer(ctx, in, contact); err != nil {
			return err
		}
	} else if contact == uuid.Nil {
		return invalid("contact_id", "is needed when no invoice is named")
	}
	row, err := b.q.AddPayment(ctx, b.tx, query.AddPaymentParams{
		ID: newID(), Source: b.e.Source, ExternalID: in.PaymentID, ContactID: db.NullID(contact), InvoiceRef: in.InvoiceID,
		Currency: in.Amount.Currency, AmountMinor: in.Amount.Minor, ReceivedAt: b.now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return b.repeated(ctx, in)
	}
	if err != nil {
		return fmt.Errorf("write a payment: %w", err)
	}
	b.did("payment.book", "payment", row.ID)
	if contact == uuid.Nil {
		return nil // nobody's account yet
	}
	b.changed(contact)
	if known {
		invoice, err := b.invoice(ctx, in.InvoiceID)
		if err != nil {
			return err
		}
		if err := b.pay(ctx, &row, &invoice); err != nil {
			return err
		}
	}
	return b.spend(ctx, contact, row.Currency)
}

// payer is whose money it is: whose invoice is named, when that is known.
func (b *booking) payer(ctx context.Context, in events.Payment, contact uuid.UUID) (known bool, _ uuid.UUID, err error) {
	row, err := b.q.LockInvoice(ctx, b.tx, query.LockInvoiceParams{Source: b.e.Source, ExternalID: in.InvoiceID})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, contact, nil
	case err != nil:
		return false, uuid.Nil, fmt.Errorf("read an invoice: %w", err)
	case row.Currency != in.Amount.Currency:
		return false, uuid.Nil, invalid("amount.currency", "is not that of the invoice")
	}
	owner, err := b.contact(ctx, row.ContactID)
	if err != nil {
		return false, uuid.Nil, err
	}
	if contact != uuid.Nil && contact != owner {
		return false, uuid.Nil, invalid("contact_id", "is not that of the invoice")
	}
	return true, row.ContactID, nil
}

// repeated refuses a second payment under the id of the first that is another one.
func (b *booking) repeated(ctx context.Context, in events.Payment) error {
	row, err := b.q.LockPayment(ctx, b.tx, query.LockPaymentParams{Source: b.e.Source, ExternalID: in.PaymentID})
	if err != nil {
		return fmt.Errorf("read a payment: %w", err)
	}
	if row.AmountMinor != in.Amount.Minor || row.Currency != in.Amount.Currency {
		return invalid("amount", "is not that of the payment, which stands in the books")
	}
	return nil
}

// refund books money that went back. It takes what is free of the payment first, then what it paid, that which is due last
// first; those invoices are owed again, unless nothing is.
func (b *booking) refund(ctx context.Context, in events.PaymentRefund) error {
	if err := checkAmount("amount", in.Amount, 1); err != nil {
		return err
	}
	payment, err := b.q.LockPayment(ctx, b.tx, query.LockPaymentParams{Source: b.e.Source, ExternalID: in.PaymentID})
	if errors.Is(err, pgx.ErrNoRows) {
		return invalid("payment_id", "there is no such payment of this source: tell payment.received first")
	}
	if err != nil {
		return fmt.Errorf("read a payment: %w", err)
	}
	if payment.Currency != in.Amount.Currency {
		return invalid("amount.currency", "is not that of the payment")
	}
	n, err := b.q.AddRefund(ctx, b.tx, query.AddRefundParams{
		ID: newID(), Source: b.e.Source, ExternalID: in.RefundID, PaymentID: payment.ID, Currency: payment.Currency,
		AmountMinor: in.Amount.Minor, Settled: in.Settled, At: b.now,
	})
	if err != nil || n == 0 {
		return err
	}
	if payment.RefundedMinor+in.Amount.Minor > payment.AmountMinor {
		return invalid("amount.amount_minor", "is more than what is left of the payment")
	}
	take := in.Amount.Minor - (payment.AmountMinor - payment.AllocatedMinor - payment.RefundedMinor)
	payment.RefundedMinor += in.Amount.Minor
	if take > 0 {
		if err := b.takeBack(ctx, &payment, take, in.Settled); err != nil {
			return err
		}
	} else if err := b.savePayment(ctx, payment); err != nil {
		return err
	}
	b.did("payment.refund", "payment", payment.ID, "refunded")
	if payment.ContactID.Valid {
		b.changed(payment.ContactID.UUID)
		return b.spend(ctx, payment.ContactID.UUID, payment.Currency) // other money of theirs may be free
	}
	return nil
}

// takeBack takes money from the invoices that a payment paid.
func (b *booking) takeBack(ctx context.Context, payment *query.Payment, take int64, settled bool) error {
	list, err := b.q.ListPaymentAllocations(ctx, b.tx, payment.ID)
	if err != nil {
		return fmt.Errorf("read what a payment paid: %w", err)
	}
	for _, a := range list {
		part := min(take, a.AmountMinor)
		if part == 0 {
			break
		}
		take -= part
		row, err := b.q.LockInvoiceByID(ctx, b.tx, a.InvoiceID)
		if err != nil {
			return fmt.Errorf("read an invoice: %w", err)
		}
		before := row
		if err := b.lower(ctx, a, part); err != nil {
			return err
		}
		payment.AllocatedMinor -= part
		row.PaidMinor -= part
		if settled {
			row.CreditedMinor += part
		}
		row.State = stateOf(row)
		if err := b.save(ctx, row); err != nil {
			return err
		}
		b.changed(row.ContactID)
		if err := b.told(row, before); err != nil {
			return err
		}
	}
	return b.savePayment(ctx, *payment)
}
