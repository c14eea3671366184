package collecting

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
)

// AccountFence is the kind of an account's fence; its id is the contact's.
const AccountFence = "account"

// Entry is who changes the books, when, and under which key: a repeat of the key changes nothing.
type Entry struct {
	Key string
	Now time.Time
	By  audit.Record
}

// Books keep the accounts. Every change moves the account's fence and tells events.AccountChanged in its transaction.
// What is not to be changed stays as it is, without an error.
type Books interface {
	// Account reads all of it on one version. Paid has the invoices of known as well. Known is false, and nothing else read,
	// where there is no such customer.
	Account(ctx context.Context, db query.DBTX, now time.Time, contact uuid.UUID, known []uuid.UUID) (Account, error)
	// Promise keeps the customer's word to pay all on a day; it takes the place of an earlier one.
	Promise(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, on time.Time) error
	// BreakPromise marks a promise that counts as broken.
	BreakPromise(ctx context.Context, tx pgx.Tx, e Entry, p Promise) error
	Dispute(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, reason string, invoices ...uuid.UUID) error
	SettleDispute(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, invoices ...uuid.UUID) error
	// WriteOff gives up what is left of invoices.
	WriteOff(ctx context.Context, tx pgx.Tx, e Entry, contact uuid.UUID, invoices ...uuid.UUID) error
}
