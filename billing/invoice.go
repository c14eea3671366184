package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// The states of an invoice.
const (
	Open       = "open"
	Paid       = "paid"
	Void       = "void"
	WrittenOff = "written-off"
)

// issue writes an invoice, or what has changed of it: its number, its total, its due day, the address to pay at.
func (b *booking) issue(ctx context.Context, in events.Invoice) error {
	if err := checkAmount("total", in.Total, 0); err != nil {
		return err
	}
	issued, err := day("issued_on", in.IssuedOn)
	if err != nil {
		return err
	}
	due, err := day("due_on", in.DueOn)
	if err != nil {
		return err
	}
	contact, err := b.contact(ctx, in.ContactID)
	if err != nil {
		return err
	}
	state := Open
	if in.Total.Minor == 0 {
		state = Paid
	}
	row, err := b.q.AddInvoice(ctx, b.tx, query.AddInvoiceParams{
		ID: newID(), Source: b.e.Source, ExternalID: in.InvoiceID, ContactID: contact, Number: in.Number, Currency: in.Total.Currency,
		TotalMinor: in.Total.Minor, State: state, IssuedOn: date(issued), DueOn: date(due), PayUrl: in.PayURL, ToldAt: b.toldAt(), Now: b.now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return b.amend(ctx, in, contact, due)
	}
	if err != nil {
		return fmt.Errorf("write an invoice: %w", err)
	}
	if row.State == Open {
		if err := b.collect(ctx, &row); err != nil {
			return err
		}
	}
	b.did("invoice.book", "invoice", row.ID)
	b.changed(contact)
	return b.booked(row)
}

// amend changes an invoice that stands in the books.
func (b *booking) amend(ctx context.Context, in events.Invoice, contact uuid.UUID, due time.Time) error {
	row, err := b.invoice(ctx, in.InvoiceID)
	if err != nil {
		return err
	}
	owner, err := b.contact(ctx, row.ContactID)
	switch {
	case err != nil:
		return err
	case owner != contact:
		return invalid("contact_id", "is not that of the invoice, which stands in the books")
	case row.Currency != in.Total.Currency:
		return invalid("total.currency", "is not that of the invoice, which stands in the books")
	case b.toldAt().Before(row.ToldAt):
		return nil // something newer was told
	case row.State == Void:
		return nil // what was taken back stays so, in whatever order it is told
	case in.Total.Minor < row.CreditedMinor:
		return invalid("total.amount_minor", "is less than what was credited")
	}
	before := row
	row.ToldAt = b.toldAt()
	row.Number, row.TotalMinor, row.DueOn, row.PayUrl = in.Number, in.Total.Minor, date(due), in.PayURL
	if row.Number == before.Number && row.TotalMinor == before.TotalMinor && row.DueOn == before.DueOn && row.PayUrl == before.PayUrl {
		return b.save(ctx, row)
	}
	if err := b.release(ctx, &row, max(0, row.PaidMinor+row.CreditedMinor-row.TotalMinor)); err != nil {
		return err
	}
	if err := b.settle(ctx, &row, before); err != nil {
		return err
	}
	b.did("invoice.amend", "invoice", row.ID, "number", "total", "due_on", "pay_url")
	return nil
}

// void takes an invoice back. What was paid of it becomes credit.
func (b *booking) void(ctx context.Context, in events.InvoiceMark) error {
	row, err := b.invoice(ctx, in.InvoiceID)
	if err != nil || row.State == Void {
		return err
	}
	before := row
	if err := b.release(ctx, &row, row.PaidMinor); err != nil {
		return err
	}
	row.State = Void
	b.did("invoice.void", "invoice", row.ID)
	return b.settle(ctx, &row, before)
}

func (b *booking) dispute(ctx context.Context, in events.InvoiceMark) error {
	row, err := b.invoice(ctx, in.InvoiceID)
	if err != nil || row.DisputedAt != nil {
		return err
	}
	before := row
	row.DisputedAt, row.DisputeReason = &b.now, in.Reason
	b.did("invoice.dispute", "invoice", row.ID)
	return b.settle(ctx, &row, before)
}

func (b *booking) settleDispute(ctx context.Context, in events.InvoiceMark) error {
	row, err := b.invoice(ctx, in.InvoiceID)
	if err != nil || row.DisputedAt == nil {
		return err
	}
	before := row
	row.DisputedAt, row.DisputeReason = nil, ""
	b.did("invoice.settle-dispute", "invoice", row.ID)
	return b.settle(ctx, &row, before)
}

// credit books a credit note. It lowers what is left; of what was paid already, as much as is too much becomes credit.
func (b *booking) credit(ctx context.Context, in events.InvoiceCredit) error {
	if err := checkAmount("amount", in.Amount, 1); err != nil {
		return err
	}
	row, err := b.invoice(ctx, in.InvoiceID)
	if err != nil {
		return err
	}
	if row.Currency != in.Amount.Currency {
		return invalid("amount.currency", "is not that of the invoice")
	}
	n, err := b.q.AddInvoiceCredit(ctx, b.tx, query.AddInvoiceCreditParams{
		ID: newID(), Source: b.e.Source, ExternalID: in.CreditID, InvoiceID: row.ID, Currency: row.Currency, AmountMinor: in.Amount.Minor, At: b.now,
	})
	if err != nil || n == 0 {
		return err
	}
	if row.CreditedMinor+in.Amount.Minor > row.TotalMinor {
		return invalid("amount.amount_minor", "is more than what the invoice comes to")
	}
	before := row
	row.CreditedMinor += in.Amount.Minor
	if err := b.release(ctx, &row, max(0, row.PaidMinor+row.CreditedMinor-row.TotalMinor)); err != nil {
		return err
	}
	b.did("invoice.credit", "invoice", row.ID, "credited")
	return b.settle(ctx, &row, before)
}

// invoice reads an invoice of the source that tells, and holds it.
func (b *booking) invoice(ctx context.Context, externalID string) (query.Invoice, error) {
	row, err := b.q.LockInvoice(ctx, b.tx, query.LockInvoiceParams{Source: b.e.Source, ExternalID: externalID})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, invalid("invoice_id", "there is no such invoice of this source: tell invoice.issued first")
	}
	if err != nil {
		return row, fmt.Errorf("read an invoice: %w", err)
	}
	return row, nil
}

// booked tells that an invoice is open, to be waited for.
func (b *booking) booked(row query.Invoice) error {
	return emit(b, row.ContactID, row.ID, events.InvoiceBooked, events.InvoiceRef{InvoiceID: row.ID, ContactID: row.ContactID})
}

// settle writes a changed invoice, lets free money pay what is left of it, pays others with what came free, and tells.
func (b *booking) settle(ctx context.Context, row *query.Invoice, before query.Invoice) error {
	row.State = stateOf(*row)
	if err := b.save(ctx, *row); err != nil {
		return err
	}
	if row.State == Open {
		if err := b.collect(ctx, row); err != nil {
			return err
		}
	}
	if row.PaidMinor < before.PaidMinor {
		if err := b.spend(ctx, row.ContactID, row.Currency); err != nil {
			return err
		}
	}
	b.changed(row.ContactID)
	return b.told(*row, before)
}

// told says that something is different with an invoice.
func (b *booking) told(row, before query.Invoice) error {
	if row.State == Open && before.State != Open {
		return b.booked(row) // it is to be waited for again
	}
	return emit(b, row.ContactID, row.ID, events.InvoiceChanged, events.InvoiceRef{InvoiceID: row.ID, ContactID: row.ContactID})
}

// stateOf is the state that the sums of an invoice make. What was taken back stays so; what was given up does until it is paid.
func stateOf(row query.Invoice) string {
	switch {
	case row.State == Void:
		return Void
	case row.PaidMinor+row.CreditedMinor == row.TotalMinor:
		return Paid
	case row.State == WrittenOff:
		return WrittenOff
	}
	return Open
}

func (b *booking) save(ctx context.Context, row query.Invoice) error {
	err := b.q.SaveInvoice(ctx, b.tx, query.SaveInvoiceParams{
		ID: row.ID, Number: row.Number, TotalMinor: row.TotalMinor, PaidMinor: row.PaidMinor, CreditedMinor: row.CreditedMinor, State: row.State,
		DisputedAt: row.DisputedAt, DisputeReason: row.DisputeReason, DueOn: row.DueOn, PayUrl: row.PayUrl, ToldAt: row.ToldAt, Now: b.now,
	})
	if err != nil {
		return fmt.Errorf("write invoice %s: %w", row.ID, err)
	}
	return nil
}

// toldAt is when the event was so where it was told.
func (b *booking) toldAt() time.Time {
	if b.e.OccurredAt.IsZero() {
		return b.now
	}
	return b.e.OccurredAt.UTC().Truncate(time.Microsecond)
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func date(t time.Time) pgtype.Date { return pgtype.Date{Time: t, Valid: true} }
