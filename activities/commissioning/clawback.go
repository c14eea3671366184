package commissioning

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/commission"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// ClawBack implements the contract ClawBack.
func (c *Commissioning) ClawBack(ctx context.Context, r Refund) (Clawed, error) {
	out := Clawed{Verdict: Nothing}
	if r.AmountMinor <= 0 {
		return out, process.Invalid("amount", "a refund is more than nothing")
	}
	err := db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		deal, err := c.deal(ctx, tx, r.DealID)
		if err != nil || !deal.OwnerID.Valid {
			return err
		}
		if err := c.q.LockCommissions(ctx, tx, deal.OwnerID.UUID.String()); err != nil {
			return fmt.Errorf("lock the commissions of user %s: %w", deal.OwnerID.UUID, err)
		}
		rows, err := c.q.ListDealCommissions(ctx, tx, r.DealID)
		if err != nil {
			return fmt.Errorf("read the commissions of deal %s: %w", r.DealID, err)
		}
		if len(rows) == 0 {
			return nil
		}
		plan, err := commission.Plans.At(ctx, tx, rows[0].Plan, int(rows[0].PlanVersion))
		if err != nil {
			return err
		}
		before := refunds(rows, process.Key(ctx))
		if before.same != nil { // the same step again
			out = *before.same
			return nil
		}
		if c.now().After(rows[0].WonAt.Add(plan.ClawBack.Duration())) {
			out.Verdict = TooLate
			return nil
		}
		if before.refunded >= rows[0].BaseMinor {
			return nil // everything was clawed back before
		}
		return c.take(ctx, tx, r, rows, before, &out)
	})
	return out, err
}

// clawedBefore is what earlier refunds took.
type clawedBefore struct {
	refunded int64               // of the deal, in all
	taken    map[uuid.UUID]int64 // of each person
	same     *Clawed             // what this very step took when it was carried out before
}

func refunds(rows []query.Commission, key string) clawedBefore {
	before := clawedBefore{taken: map[uuid.UUID]int64{}}
	seen := map[string]bool{}
	for _, r := range rows {
		if r.Kind != clawed {
			continue
		}
		if r.Key == key {
			if before.same == nil {
				before.same = &Clawed{Verdict: ClawedBack, Currency: r.Currency}
			}
			before.same.TotalMinor -= r.AmountMinor
		}
		before.taken[r.UserID] -= r.AmountMinor
		if !seen[r.Key] { // each refund stands in the rows of all who earned
			seen[r.Key] = true
			before.refunded += r.BaseMinor
		}
	}
	return before
}

// take writes a row for everybody who earned, even of nothing: what was refunded counts for the next refund.
func (c *Commissioning) take(ctx context.Context, tx pgx.Tx, r Refund, rows []query.Commission, before clawedBefore, out *Clawed) error {
	now := c.now()
	out.Verdict, out.Currency = ClawedBack, rows[0].Currency
	for _, was := range rows {
		if was.Kind != earned {
			continue
		}
		minor := commission.Clawed(was.AmountMinor, was.BaseMinor, before.refunded+r.AmountMinor) - before.taken[was.UserID]
		row := was
		row.ID, row.Key, row.Kind, row.AmountMinor, row.BaseMinor, row.CreatedAt = uuid.Must(uuid.NewV7()), process.Key(ctx), clawed, -minor, r.AmountMinor, now
		if err := c.add(ctx, tx, row); err != nil {
			return err
		}
		out.TotalMinor += minor
	}
	return audit.Append(ctx, tx, now, did(ctx, "commission.claw-back", r.DealID))
}
