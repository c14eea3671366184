package collecting

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// AccountFence is the kind of an account's fence; its id is the contact's.
const AccountFence = "account"

// Books keep the accounts. Every change moves the account's fence and emits events.AccountChanged in its transaction.
type Books interface {
	// Account reads all of it on one version. Paid has the invoices of known as well. Known is false, and nothing else read,
	// where there is no such customer.
	Account(ctx context.Context, db query.DBTX, now time.Time, contact uuid.UUID, known []uuid.UUID) (Account, error)
	// Promise keeps the customer's word to pay all on a day; it takes the place of an earlier one.
	Promise(ctx context.Context, tx pgx.Tx, now time.Time, key string, contact uuid.UUID, on time.Time) error
	// BreakPromise marks a promise that counts as broken; any other stays as it is.
	BreakPromise(ctx context.Context, tx pgx.Tx, now time.Time, key string, p Promise) error
	// Dispute and SettleDispute change nothing where nothing is to be changed.
	Dispute(ctx context.Context, tx pgx.Tx, now time.Time, key string, contact, invoice uuid.UUID, reason string) error
	SettleDispute(ctx context.Context, tx pgx.Tx, now time.Time, key string, contact, invoice uuid.UUID) error
	// WriteOff gives up what is left of an invoice.
	WriteOff(ctx context.Context, tx pgx.Tx, now time.Time, key string, contact, invoice uuid.UUID) error
}
