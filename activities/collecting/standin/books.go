// Package standin has books in memory, for tests of what stands on collecting.Books. Their fences are real.
package standin

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
)

// Books hold accounts by contact. A change is kept even when its transaction is not.
type Books struct {
	mu       sync.Mutex
	accounts map[uuid.UUID]collecting.Account
	Changes  []string // what was asked of them, in words
}

// New returns books without accounts.
func New() *Books { return &Books{accounts: map[uuid.UUID]collecting.Account{}} }

// Put writes an account.
func (b *Books) Put(contact uuid.UUID, a collecting.Account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a.Known = true
	if a.Zone == nil {
		a.Zone = time.UTC
	}
	b.accounts[contact] = a
}

// Account implements collecting.Books.
func (b *Books) Account(ctx context.Context, db query.DBTX, _ time.Time, contact uuid.UUID, _ []uuid.UUID) (collecting.Account, error) {
	token, err := fence.Read(ctx, db, "account", contact)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[contact]
	a.Token = token
	return a, err
}

func (b *Books) change(ctx context.Context, tx pgx.Tx, e collecting.Entry, what string, contact uuid.UUID, change func(*collecting.Account)) error {
	if _, err := fence.Move(ctx, tx, "account", contact); err != nil {
		return err
	}
	b.mu.Lock()
	a := b.accounts[contact]
	change(&a)
	b.accounts[contact] = a
	b.Changes = append(b.Changes, what)
	b.mu.Unlock()
	return inbox.Emit(ctx, tx, e.Now, e.Key, contact.String(), events.AccountChanged, events.Account{ContactID: contact, What: what})
}

// Promise implements collecting.Books.
func (b *Books) Promise(ctx context.Context, tx pgx.Tx, e collecting.Entry, contact uuid.UUID, on time.Time) error {
	return b.change(ctx, tx, e, "promised "+on.Format(time.DateOnly), contact, func(a *collecting.Account) {
		a.Promise = &collecting.Pledge{PromiseID: uuid.New(), On: on}
	})
}

// BreakPromise implements collecting.Books.
func (b *Books) BreakPromise(ctx context.Context, tx pgx.Tx, e collecting.Entry, p collecting.Promise) error {
	return b.change(ctx, tx, e, "broken", p.ContactID, func(a *collecting.Account) { a.Promise, a.Broken = nil, a.Broken+1 })
}

// Dispute implements collecting.Books.
func (b *Books) Dispute(ctx context.Context, tx pgx.Tx, e collecting.Entry, contact uuid.UUID, reason string, invoices ...uuid.UUID) error {
	return b.change(ctx, tx, e, "disputed "+reason, contact, func(a *collecting.Account) { mark(a, invoices, true) })
}

// SettleDispute implements collecting.Books.
func (b *Books) SettleDispute(ctx context.Context, tx pgx.Tx, e collecting.Entry, contact uuid.UUID, invoices ...uuid.UUID) error {
	return b.change(ctx, tx, e, "settled", contact, func(a *collecting.Account) { mark(a, invoices, false) })
}

// WriteOff implements collecting.Books.
func (b *Books) WriteOff(ctx context.Context, tx pgx.Tx, e collecting.Entry, contact uuid.UUID, invoices ...uuid.UUID) error {
	return b.change(ctx, tx, e, "written off", contact, func(a *collecting.Account) {
		kept := a.Due[:0:0]
		for _, o := range a.Due {
			if !slices.Contains(invoices, o.InvoiceID) {
				kept = append(kept, o)
			}
		}
		a.Due = kept
	})
}

func mark(a *collecting.Account, invoices []uuid.UUID, disputed bool) {
	due := append([]collecting.Owed(nil), a.Due...)
	for i := range due {
		if slices.Contains(invoices, due[i].InvoiceID) {
			due[i].Disputed = disputed
		}
	}
	a.Due = due
}
