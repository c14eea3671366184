package dealing

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// ReadTerms implements the contract ReadTerms.
func (d *Dealing) ReadTerms(ctx context.Context, id uuid.UUID) (Terms, error) {
	deal, err := query.New().GetDeal(ctx, d.pool, id)
	if err != nil {
		return Terms{}, missing(err, id)
	}
	rules, err := deals.Kind.At(ctx, d.pool, deal.Pipeline, int(deal.PipelineVersion))
	if err != nil {
		return Terms{}, err
	}
	requester, err := query.New().GetPriceRequester(ctx, d.pool, id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Terms{}, fmt.Errorf("look up who asked for the price: %w", err)
	}
	discount := deals.Discount(deal.ListMinor, deal.AmountMinor)
	return Terms{
		DealID: id, ContactID: deal.ContactID, OwnerID: deal.OwnerID.UUID, RequesterID: requester.UUID, Revision: int(deal.Revision),
		Amount: money.Amount{Minor: deal.AmountMinor, Currency: deal.Currency}, DiscountPermille: discount,
		InBand: discount <= rules.DiscountBand, Policy: rules.Policy, Template: rules.Template, Gone: deal.State != deals.Closing,
	}, nil
}

// Close implements the contract Close.
func (d *Dealing) Close(ctx context.Context, c Closing) (struct{}, error) {
	return decide(ctx, d, request{c.DealID, "close", uuid.Nil}, func(k *desk) (struct{}, error) {
		if k.deal.State != deals.Closing || c.Result == Won && int(k.deal.Revision) != c.Revision {
			return struct{}{}, process.Refused(Changed, "the deal is not being closed, or not on this revision of its terms")
		}
		k.reason = c.Reason
		var err error
		switch c.Result {
		case Won:
			k.deal.State, k.deal.ClosedAt = deals.Won, &k.now
			tell(k, events.DealWon, k.event)
			k.dismiss()
		case Lost:
			k.lost(cmp.Or(c.Reason, "other"))
		case Back:
			k.deal.State = deals.Open
			err = k.enter(k.rules.BeforeLast().Name)
		default:
			err = process.Invalid("result", "a closing ends won, lost or back")
		}
		if err != nil {
			return struct{}{}, err
		}
		tell(k, events.DealClosed, func() events.Closure {
			return events.Closure{DealID: k.deal.ID, Result: c.Result, Reason: c.Reason}
		})
		_, err = k.accept(false, "state", "stage")
		return struct{}{}, err
	})
}

// Reopen implements the contract Reopen.
func (d *Dealing) Reopen(ctx context.Context, c Closing) (struct{}, error) {
	return decide(ctx, d, request{c.DealID, "reopen", uuid.Nil}, func(k *desk) (struct{}, error) {
		if k.deal.State != deals.Won || int(k.deal.Revision) != c.Revision {
			k.refused = true
			return struct{}{}, nil
		}
		k.deal.State, k.deal.ClosedAt = deals.Closing, nil
		tell(k, events.DealAmended, k.event)
		tell(k, events.DealReopened, k.event)
		_, err := k.accept(false, "state")
		return struct{}{}, err
	})
}
