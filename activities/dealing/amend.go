package dealing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
)

// Amend implements the contract Amend.
func (d *Dealing) Amend(ctx context.Context, a Amending) (Verdict, error) {
	return decide(ctx, d, request{a.DealID, "amend", a.ActorID}, func(k *desk) (Verdict, error) {
		if k.ended() {
			return k.refuse(deals.Ended, nil)
		}
		var fields []string
		wrong := k.amendTerms(a, &fields)
		if len(a.Attributes) > 0 {
			attributes := k.facts.Attributes.With(a.Attributes)
			if problem := attributes.Check(); problem != "" {
				wrong = append(wrong, deals.Unmet{Field: "attributes", Message: problem})
			}
			raw, err := json.Marshal(attributes)
			if err != nil {
				return Verdict{}, fmt.Errorf("encode the attributes: %w", err)
			}
			k.deal.Attributes, k.facts.Attributes = raw, attributes
			fields = append(fields, "attributes")
		}
		if len(wrong) > 0 {
			return k.refuse(deals.BadTerms, wrong)
		}
		if k.deal.AmountMinor != k.before.AmountMinor || k.deal.ListMinor != k.before.ListMinor || k.deal.CloseOn != k.before.CloseOn {
			if err := k.revise(); err != nil {
				return Verdict{}, err
			}
		}
		return k.accept(false, fields...)
	})
}

// amendTerms changes what is given, and says what of it cannot be.
func (k *desk) amendTerms(a Amending, fields *[]string) (wrong []deals.Unmet) {
	for _, change := range []struct {
		field string
		given *money.Amount
		minor *int64
	}{{"amount", a.Amount, &k.deal.AmountMinor}, {"list_amount", a.List, &k.deal.ListMinor}} {
		if change.given == nil {
			continue
		}
		wrong = append(wrong, amountProblems(change.field, *change.given, k.deal.Currency)...)
		*change.minor = change.given.Minor
		*fields = append(*fields, change.field)
	}
	k.facts.Amount.Minor = k.deal.AmountMinor
	if a.CloseOn != nil {
		day, ok := date(*a.CloseOn)
		if !ok {
			wrong = append(wrong, notADay)
		}
		k.deal.CloseOn, k.facts.CloseDate = day, day.Valid
		*fields = append(*fields, "close_on")
	}
	return wrong
}

// revise makes a new revision of the terms: what was agreed on the one before does not hold for it.
func (k *desk) revise() error {
	k.deal.Revision++
	tell(k, events.DealAmended, k.event)
	return approvals.Void(k.ctx, k.tx, k.now, "deal", k.deal.ID, int(k.deal.Revision))
}

var notADay = deals.Unmet{Field: "close_on", Message: "has to be a day, written 2026-12-31"}

func amountProblems(field string, a money.Amount, currency string) (wrong []deals.Unmet) {
	if a.Minor < 0 || a.Minor > deals.MaxMinor {
		wrong = append(wrong, deals.Unmet{Field: field + ".amount_minor", Message: fmt.Sprintf("has to be 0 to %d", int64(deals.MaxMinor))})
	}
	if a.Currency != currency {
		wrong = append(wrong, deals.Unmet{Field: field + ".currency", Message: "has to be that of the deal: " + currency})
	}
	return wrong
}

func date(s string) (pgtype.Date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return pgtype.Date{Time: t, Valid: err == nil}, err == nil
}
