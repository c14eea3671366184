package billing

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// collect lets free money of the account pay an open invoice: first what names it, then what came in first.
func (b *booking) collect(ctx context.Context, invoice *query.Invoice) error {
	named, err := b.q.LockPaymentsFor(ctx, b.tx, query.LockPaymentsForParams{Source: invoice.Source, InvoiceRef: invoice.ExternalID, Currency: invoice.Currency})
	if err != nil {
		return fmt.Errorf("look for payments of an invoice: %w", err)
	}
	for i := range named {
		p := &named[i]
		if !p.ContactID.Valid {
			p.ContactID = db.NullID(invoice.ContactID) // now it is known whose money it is
			if err := b.savePayment(ctx, *p); err != nil {
				return err
			}
		}
		owner, err := b.contact(ctx, p.ContactID.UUID)
		if err != nil {
			return err
		}
		if mine, err := b.contact(ctx, invoice.ContactID); err != nil {
			return err
		} else if owner != mine {
			continue // somebody else's money stays theirs
		}
		if err := b.payQuietly(ctx, p, invoice); err != nil {
			return err
		}
	}
	free, err := b.q.LockCredits(ctx, b.tx, query.LockCreditsParams{ContactID: db.NullID(invoice.ContactID), Currency: invoice.Currency})
	if err != nil {
		return fmt.Errorf("look for credit: %w", err)
	}
	for i := range free {
		if err := b.payQuietly(ctx, &free[i], invoice); err != nil {
			return err
		}
	}
	// What the invoice did not need of the money that waited for it pays others.
	return b.spend(ctx, invoice.ContactID, invoice.Currency)
}

// spend lets free money of an account pay what is due first.
func (b *booking) spend(ctx context.Context, contact uuid.UUID, currency string) error {
	free, err := b.q.LockCredits(ctx, b.tx, query.LockCreditsParams{ContactID: db.NullID(contact), Currency: currency})
	if err != nil {
		return fmt.Errorf("look for credit: %w", err)
	}
	if len(free) == 0 {
		return nil
	}
	due, err := b.q.LockOpenInvoices(ctx, b.tx, query.LockOpenInvoicesParams{ContactID: contact, Currency: currency})
	if err != nil {
		return fmt.Errorf("look for what is due: %w", err)
	}
	for i := range due {
		for j := range free {
			if err := b.pay(ctx, &free[j], &due[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// pay lets a payment pay what it can of an invoice, and tells of it.
func (b *booking) pay(ctx context.Context, p *query.Payment, invoice *query.Invoice) error {
	before := *invoice
	if err := b.payQuietly(ctx, p, invoice); err != nil || invoice.PaidMinor == before.PaidMinor {
		return err
	}
	return b.told(*invoice, before)
}

func (b *booking) payQuietly(ctx context.Context, p *query.Payment, invoice *query.Invoice) error {
	free, left := p.AmountMinor-p.AllocatedMinor-p.RefundedMinor, left(*invoice)
	part := min(free, left)
	if part <= 0 {
		return nil
	}
	err := b.q.Allocate(ctx, b.tx, query.AllocateParams{PaymentID: p.ID, InvoiceID: invoice.ID, Currency: invoice.Currency, AmountMinor: part})
	if err != nil {
		return fmt.Errorf("let a payment pay invoice %s: %w", invoice.ID, err)
	}
	p.AllocatedMinor += part
	invoice.PaidMinor += part
	invoice.State = stateOf(*invoice)
	if err := b.savePayment(ctx, *p); err != nil {
		return err
	}
	return b.save(ctx, *invoice)
}

// left is what is to be paid of an invoice. What was given up may still be paid; what was taken back may not.
func left(row query.Invoice) int64 {
	if row.State == Void {
		return 0
	}
	return row.TotalMinor - row.PaidMinor - row.CreditedMinor
}

// release takes an amount of what was paid of an invoice away from it, that which came in last first: it is free then.
func (b *booking) release(ctx context.Context, invoice *query.Invoice, amount int64) error {
	if amount == 0 {
		return nil
	}
	list, err := b.q.ListInvoiceAllocations(ctx, b.tx, invoice.ID)
	if err != nil {
		return fmt.Errorf("read what paid an invoice: %w", err)
	}
	for _, a := range list {
		part := min(amount, a.AmountMinor)
		if part == 0 {
			break
		}
		amount -= part
		payment, err := b.q.LockPaymentByID(ctx, b.tx, a.PaymentID)
		if err != nil {
			return fmt.Errorf("read a payment: %w", err)
		}
		if err := b.lower(ctx, a, part); err != nil {
			return err
		}
		payment.AllocatedMinor -= part
		if err := b.savePayment(ctx, payment); err != nil {
			return err
		}
		invoice.PaidMinor -= part
	}
	return nil
}

// lower makes an allocation smaller.
func (b *booking) lower(ctx context.Context, a query.PaymentAllocation, part int64) error {
	var err error
	if part == a.AmountMinor {
		err = b.q.DropAllocation(ctx, b.tx, query.DropAllocationParams{PaymentID: a.PaymentID, InvoiceID: a.InvoiceID})
	} else {
		err = b.q.SetAllocation(ctx, b.tx, query.SetAllocationParams{PaymentID: a.PaymentID, InvoiceID: a.InvoiceID, AmountMinor: a.AmountMinor - part})
	}
	if err != nil {
		return fmt.Errorf("take a payment back from invoice %s: %w", a.InvoiceID, err)
	}
	return nil
}

func (b *booking) savePayment(ctx context.Context, p query.Payment) error {
	err := b.q.SavePayment(ctx, b.tx, query.SavePaymentParams{ID: p.ID, ContactID: p.ContactID, AllocatedMinor: p.AllocatedMinor, RefundedMinor: p.RefundedMinor})
	if err != nil {
		return fmt.Errorf("write payment %s: %w", p.ID, err)
	}
	return nil
}
