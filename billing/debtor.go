package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// SegmentSet is what the books call a change of a customer's segment; it stands in events.Account.What.
const SegmentSet = "account.segment"

// SetSegment says to which customers one belongs when their debts are collected, and returns the events that follow, for the
// caller to accept. An empty segment leaves it to the contact's attribute. key names the step: a repeat tells the same.
// Errors: *InvalidError when there is no such contact.
func SetSegment(ctx context.Context, tx pgx.Tx, now time.Time, by audit.Record, key string, contact uuid.UUID, segment string) ([]inbox.Event, error) {
	b := own(tx, now, by, SegmentSet, key)
	contact, err := b.contact(ctx, contact)
	if err != nil {
		return nil, err
	}
	if err := lockAccount(ctx, tx, contact); err != nil {
		return nil, err
	}
	n, err := b.q.SetSegment(ctx, tx, query.SetSegmentParams{ContactID: contact, Segment: db.NullText(segment)})
	if err != nil {
		return nil, fmt.Errorf("set the segment of contact %s: %w", contact, err)
	}
	if n > 0 {
		b.did("account.set-segment", "contact", contact, "segment")
		b.changed(contact)
	}
	return b.end(ctx)
}

// promise keeps a customer's word. It takes the place of an earlier one.
func (b *booking) promise(ctx context.Context, in events.Promise) error {
	on, err := day("on", in.On)
	if err != nil {
		return err
	}
	arg := query.AddPromiseParams{ID: newID(), Source: b.e.Source, ExternalID: b.e.ExternalID, OnDay: date(on), Now: b.now}
	if in.Amount != nil {
		if err := checkAmount("amount", *in.Amount, 1); err != nil {
			return err
		}
		arg.AmountMinor, arg.Currency = &in.Amount.Minor, &in.Amount.Currency
	}
	if arg.ContactID, err = b.contact(ctx, in.ContactID); err != nil {
		return err
	}
	if _, err := b.q.ReplacePromises(ctx, b.tx, query.ReplacePromisesParams{ContactID: arg.ContactID, Now: b.now}); err != nil {
		return fmt.Errorf("replace a promise: %w", err)
	}
	n, err := b.q.AddPromise(ctx, b.tx, arg)
	if err != nil {
		return fmt.Errorf("write a promise: %w", err)
	}
	if n > 0 {
		b.did("promise.make", "promise", arg.ID)
		b.changed(arg.ContactID)
	}
	return nil
}

func (b *booking) bankrupt(ctx context.Context, in events.Debtor) error {
	contact, err := b.contact(ctx, in.ContactID)
	if err != nil {
		return err
	}
	n, err := b.q.SetBankrupt(ctx, b.tx, query.SetBankruptParams{ContactID: contact, Now: b.now})
	if err != nil {
		return fmt.Errorf("note a bankruptcy: %w", err)
	}
	if n > 0 {
		b.did("account.bankrupt", "contact", contact, "bankrupt")
		b.changed(contact)
	}
	return nil
}

func (b *booking) solvent(ctx context.Context, in events.Debtor) error {
	contact, err := b.contact(ctx, in.ContactID)
	if err != nil {
		return err
	}
	n, err := b.q.SetSolvent(ctx, b.tx, contact)
	if err != nil {
		return fmt.Errorf("note the end of a bankruptcy: %w", err)
	}
	if n > 0 {
		b.did("account.solvent", "contact", contact, "bankrupt")
		b.changed(contact)
	}
	return nil
}
