package dealing

import (
	"context"

	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
)

// Move implements the contract Move.
func (d *Dealing) Move(ctx context.Context, m Moving) (Verdict, error) {
	return decide(ctx, d, request{m.DealID, "move", m.ActorID}, func(k *desk) (Verdict, error) {
		if code := k.busy(); code != "" {
			return k.refuse(code, nil)
		}
		if code, unmet := k.rules.Judge(k.facts, m.To, m.Reason); code != "" {
			return k.refuse(code, unmet)
		}
		k.reason = m.Reason
		if err := k.enter(m.To); err != nil {
			return Verdict{}, err
		}
		if m.To == k.rules.Last().Name {
			k.deal.State = deals.Closing
			tell(k, events.DealClosing, k.event)
		}
		return k.accept(k.rules.Matters(k.facts.Amount, m.To), "stage")
	})
}

// busy says why an open deal is not to be changed now; "" when it may be.
func (k *desk) busy() string {
	switch k.deal.State {
	case deals.Open:
		return ""
	case deals.Closing:
		return deals.InClosing
	}
	return deals.Ended
}

// enter takes the deal to a stage, onto the newest version of the pipeline that knows it, and brings its activities.
func (k *desk) enter(stage string) error {
	newest, version, err := deals.Kind.Current(k.ctx, k.tx, k.deal.Pipeline)
	if err != nil {
		return err
	}
	_, known := newest.Stage(stage)
	sameEnd := (stage == newest.Last().Name) == (stage == k.rules.Last().Name) // what was judged as a closing stays one
	if known && sameEnd {
		k.rules, k.deal.PipelineVersion = newest, int32(version)
	}
	from := k.deal.Stage
	k.deal.Stage, k.deal.StageSince = stage, k.now
	matters := k.rules.Matters(k.facts.Amount, stage)
	tell(k, events.DealMoved, func() events.DealMove {
		return events.DealMove{DealID: k.deal.ID, From: from, To: stage, Significant: matters}
	})
	k.giveLater(k.chores())
	return nil
}
