package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// names are the parts of an event's data that say whose account it is about.
type names struct {
	ContactID uuid.UUID `json:"contact_id"`
	InvoiceID string    `json:"invoice_id"`
	PaymentID string    `json:"payment_id"`
}

// lockAccounts makes whoever books on the same accounts wait until this transaction ends. It takes invoices and payments
// that are not known first, then accounts, each in one order for everybody.
func lockAccounts(ctx context.Context, tx pgx.Tx, told []inbox.Event) error {
	q := query.New()
	things, contacts := map[string]bool{}, map[uuid.UUID]bool{}
	parsed := make([]names, len(told))
	for i, e := range told {
		if !Takes(e.Type) || json.Unmarshal(e.Data, &parsed[i]) != nil {
			continue
		}
		if parsed[i].InvoiceID != "" {
			things["invoice/"+e.Source+"/"+parsed[i].InvoiceID] = true
		}
		if parsed[i].PaymentID != "" {
			things["payment/"+e.Source+"/"+parsed[i].PaymentID] = true
		}
	}
	for _, thing := range sortedKeys(things) {
		if err := q.LockBilled(ctx, tx, thing); err != nil {
			return fmt.Errorf("lock what is booked: %w", err)
		}
	}
	add := func(id uuid.UUID, err error) error {
		if err == nil && id != uuid.Nil {
			contacts[id] = true
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	}
	for i, e := range told {
		if !Takes(e.Type) {
			continue
		}
		n := parsed[i]
		if n.ContactID != uuid.Nil {
			if err := add(q.ResolveContact(ctx, tx, n.ContactID)); err != nil {
				return fmt.Errorf("look for contact %s: %w", n.ContactID, err)
			}
		}
		if n.InvoiceID != "" {
			if err := add(q.FindInvoiceAccount(ctx, tx, query.FindInvoiceAccountParams{Source: e.Source, ExternalID: n.InvoiceID})); err != nil {
				return fmt.Errorf("look for an invoice: %w", err)
			}
			waiting, err := q.ListWaitingAccounts(ctx, tx, query.ListWaitingAccountsParams{Source: e.Source, InvoiceRef: n.InvoiceID})
			if err != nil {
				return fmt.Errorf("look for payments of an invoice: %w", err)
			}
			for _, id := range waiting {
				contacts[id] = true
			}
		}
		if n.PaymentID != "" {
			found, err := q.FindPaymentAccount(ctx, tx, query.FindPaymentAccountParams{Source: e.Source, ExternalID: n.PaymentID})
			if err := add(found.UUID, err); err != nil {
				return fmt.Errorf("look for a payment: %w", err)
			}
		}
	}
	for _, id := range slices.SortedFunc(keysOf(contacts), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		if err := lockAccount(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// lockAccount makes others wait who book on an account, or move its fence.
func lockAccount(ctx context.Context, tx pgx.Tx, contact uuid.UUID) error {
	q := query.New()
	if err := q.AddAccountFence(ctx, tx, contact); err != nil {
		return fmt.Errorf("lock the account of contact %s: %w", contact, err)
	}
	if err := q.LockAccount(ctx, tx, contact); err != nil {
		return fmt.Errorf("lock the account of contact %s: %w", contact, err)
	}
	return nil
}

// contact is whom an event speaks of, after all joins of contacts.
func (b *booking) contact(ctx context.Context, id uuid.UUID) (uuid.UUID, error) {
	found, err := b.q.ResolveContact(ctx, b.tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, invalid("contact_id", "there is no such contact")
	}
	return found, err
}
