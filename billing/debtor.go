package billing

import (
	"context"
	"fmt"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

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
