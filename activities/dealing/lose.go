package dealing

import (
	"context"
	"slices"

	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
)

// Lose implements the contract Lose.
func (d *Dealing) Lose(ctx context.Context, l Losing) (Verdict, error) {
	return decide(ctx, d, request{l.DealID, "lose", l.ActorID}, func(k *desk) (Verdict, error) {
		if code := k.busy(); code != "" {
			return k.refuse(code, nil)
		}
		if !slices.Contains(k.rules.LossReasons, l.Reason) {
			return k.refuse(deals.ReasonMissing, []deals.Unmet{{Field: "reason", Message: "has to be one of the pipeline's loss reasons"}})
		}
		k.lost(l.Reason)
		return k.accept(true, "state", "loss_reason")
	})
}

// lost ends the deal, and takes back what was to be done for it.
func (k *desk) lost(reason string) {
	k.reason, k.deal.State, k.deal.LossReason, k.deal.ClosedAt = reason, deals.Lost, &reason, &k.now
	tell(k, events.DealLost, func() events.DealLoss { return events.DealLoss{Deal: k.event(), Reason: reason} })
	k.dismiss()
}
