package dealing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process/calendar"
)

// desk is one transaction about one deal: what the deal was, what it becomes, and what goes out with it.
type desk struct {
	ctx context.Context
	tx  pgx.Tx
	q   *query.Queries
	now time.Time
	by  audit.Record // who does it, for the audit log
	request

	before, deal query.SalesPipeline
	rules        deals.Pipeline
	facts        deals.Facts
	tasks        []query.Task
	hours        calendar.Calendar

	refused   bool
	reason    string    // a code: of the refusal, the loss, the way back
	reference uuid.UUID // the interaction or task that it is about
	fields    []string  // those that changed, for the audit log
	outgoing  []func() error
}

func (k *desk) lock() (err error) {
	k.deal, err = k.q.LockDeal(k.ctx, k.tx, k.request.deal)
	if err != nil {
		return missing(err, k.request.deal)
	}
	return nil
}

// read gathers what the rules look at.
func (k *desk) read() (err error) {
	k.before = k.deal
	if k.rules, err = deals.Kind.At(k.ctx, k.tx, k.deal.Pipeline, int(k.deal.PipelineVersion)); err != nil {
		return err
	}
	if _, k.hours, err = tasks.Hours(k.ctx, k.tx); err != nil {
		return err
	}
	if k.tasks, err = k.q.ListDealTasks(k.ctx, k.tx, k.deal.ID); err != nil {
		return fmt.Errorf("read the tasks of the deal: %w", err)
	}
	k.facts, err = Facts(k.ctx, k.tx, k.deal, k.tasks, k.now)
	return err
}

// Facts are what the rules of the pipeline look at.
func Facts(ctx context.Context, tx query.DBTX, deal query.SalesPipeline, tasks []query.Task, now time.Time) (deals.Facts, error) {
	row, err := query.New().DealFacts(ctx, tx, deal.ID)
	if err != nil {
		return deals.Facts{}, fmt.Errorf("read the facts of the deal: %w", err)
	}
	f := deals.Facts{
		Stage: deal.Stage, Amount: money.Amount{Minor: deal.AmountMinor, Currency: deal.Currency}, CloseDate: deal.CloseOn.Valid,
		Interactions: int(row.Interactions), Tier: row.Tier, Score: int(row.Score), Source: row.Source,
		DaysInStage: int(now.Sub(deal.StageSince) / (24 * time.Hour)), Done: done(tasks),
	}
	if err := json.Unmarshal(deal.Attributes, &f.Attributes); err != nil {
		return f, fmt.Errorf("read the attributes of the deal: they are damaged: %w", err)
	}
	return f, nil
}

func (k *desk) ended() bool { return k.deal.State == deals.Won || k.deal.State == deals.Lost }

// refuse is the verdict on a request that changes nothing.
func (k *desk) refuse(code string, unmet []deals.Unmet) (Verdict, error) {
	k.refused, k.reason, k.deal = true, code, k.before
	v, err := k.verdict(k.ended())
	v.Accepted, v.Code, v.Unmet = false, code, unmet
	return v, err
}

// accept weighs the changed deal anew. Whoever asked has touched it.
func (k *desk) accept(tell bool, fields ...string) (Verdict, error) {
	k.fields, k.deal.TouchedAt = fields, k.now
	return k.verdict(tell)
}

// verdict is how the deal stands; with tell it names who of the management is told.
func (k *desk) verdict(tell bool) (Verdict, error) {
	permille, factors := k.weigh()
	v := Verdict{
		Accepted: true, Stage: k.deal.Stage, State: k.deal.State, Revision: int(k.deal.Revision), Probability: permille, Factors: factors,
		OwnerID: k.deal.OwnerID.UUID, StalledAt: k.stalls(),
	}
	if tell {
		manager, err := k.manager()
		if err != nil {
			return v, err
		}
		v.ManagerID = manager.UUID
	}
	return v, nil
}

func (k *desk) weigh() (int, []deals.Factor) {
	switch k.deal.State {
	case deals.Won:
		return 1000, []deals.Factor{{Code: "won", Reason: "The deal was won", Effect: 1000}}
	case deals.Lost:
		return 0, []deals.Factor{{Code: "lost", Reason: "The deal was lost"}}
	}
	f := k.facts
	f.Stage, f.DaysInStage = k.deal.Stage, int(k.now.Sub(k.deal.StageSince)/(24*time.Hour))
	return k.rules.Probability(f)
}

// stalls is when the deal counts as stalled unless somebody touches it.
func (k *desk) stalls() time.Time {
	stage, _ := k.rules.Stage(k.deal.Stage)
	if k.deal.State != deals.Open || stage.StallDays == 0 {
		return time.Time{}
	}
	return k.hours.Add(k.deal.TouchedAt, tasks.Days(k.hours, stage.StallDays)).UTC()
}

func (k *desk) manager() (uuid.NullUUID, error) {
	team := ""
	if k.deal.OwnerID.Valid {
		owner, err := k.q.GetUser(k.ctx, k.tx, k.deal.OwnerID.UUID)
		if err != nil {
			return uuid.NullUUID{}, fmt.Errorf("read the owner of the deal: %w", err)
		}
		team = owner.Team
	}
	return tasks.FindManager(k.ctx, k.tx, k.deal.OwnerID, team)
}
