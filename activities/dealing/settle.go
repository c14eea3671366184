package dealing

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// settle writes deal and verdict, and sends out what goes with them.
func (k *desk) settle(verdict any) error {
	raw, err := json.Marshal(verdict)
	if err != nil {
		return fmt.Errorf("encode the verdict: %w", err)
	}
	permille := Permille(k.before.Probability)
	if !k.refused {
		var factors []deals.Factor
		permille, factors = k.weigh()
		if k.deal.Factors, err = json.Marshal(factors); err != nil {
			return fmt.Errorf("encode the factors: %w", err)
		}
	}
	k.deal.Version++
	d := k.deal
	if err := k.q.SaveDeal(k.ctx, k.tx, query.SaveDealParams{
		ID: d.ID, PipelineVersion: d.PipelineVersion, Stage: d.Stage, State: d.State, AmountMinor: d.AmountMinor, ListMinor: d.ListMinor,
		CloseOn: d.CloseOn, Permille: int32(permille), Factors: d.Factors, Attributes: d.Attributes, Revision: d.Revision,
		StageSince: d.StageSince, TouchedAt: d.TouchedAt, ClosedAt: d.ClosedAt, LossReason: d.LossReason, Version: d.Version,
	}); err != nil {
		return fmt.Errorf("save the deal: %w", err)
	}
	if err := k.remember(raw, permille); err != nil {
		return err
	}
	if len(k.fields) > 0 {
		r := k.record("deal."+k.what, "deal", d.ID, k.fields...)
		r.Reason = k.reason
		if err := audit.Append(k.ctx, k.tx, k.now, r); err != nil {
			return err
		}
	}
	for _, send := range k.outgoing {
		if err := send(); err != nil {
			return err
		}
	}
	return nil
}

func (k *desk) remember(verdict json.RawMessage, permille int) error {
	b, d := k.before, k.deal
	err := k.q.AddDealVerdict(k.ctx, k.tx, query.AddDealVerdictParams{
		DealID: d.ID, No: d.Version, Key: process.Key(k.ctx), What: k.what, ActorID: db.NullID(k.actor), Accepted: !k.refused, Reason: db.NullText(k.reason),
		Reference: db.NullID(k.reference), PipelineVersion: d.PipelineVersion, StageBefore: b.Stage, StageAfter: d.Stage, StateBefore: b.State,
		StateAfter: d.State, AmountBefore: b.AmountMinor, AmountAfter: d.AmountMinor, ListBefore: b.ListMinor, ListAfter: d.ListMinor,
		Currency: d.Currency, ProbabilityBefore: b.Probability, Permille: int32(permille), Revision: d.Revision, Verdict: verdict, At: k.now,
	})
	if err != nil {
		return fmt.Errorf("write the history of the deal: %w", err)
	}
	return nil
}

// byRun is the run that the activity works for, as the audit log names it.
func byRun(ctx context.Context) audit.Record {
	return audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)}
}

func (k *desk) record(action, kind string, id uuid.UUID, fields ...string) audit.Record {
	r := k.by
	r.Action, r.ResourceKind, r.ResourceID, r.Fields = action, kind, id.String(), fields
	return r
}

// event is the deal as its events tell of it.
func (k *desk) event() events.Deal {
	return events.Deal{DealID: k.deal.ID, ContactID: k.deal.ContactID, LeadID: k.deal.LeadID.UUID, Revision: int(k.deal.Revision)}
}

// tell emits an event when the verdict is written, once for the verdict.
func tell[T any](k *desk, e process.Event[T], data func() T) {
	k.outgoing = append(k.outgoing, func() error {
		key := fmt.Sprintf("%s/%s/%d", e.Name(), k.deal.ID, k.deal.Version)
		return inbox.Emit(k.ctx, k.tx, k.now, key, k.deal.ID.String(), e, data())
	})
}

// Permille is a probability in thousandths.
func Permille(n pgtype.Numeric) int {
	f, err := n.Float64Value()
	if err != nil {
		return 0
	}
	return int(f.Float64*1000 + 0.5)
}
