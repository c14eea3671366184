package deal

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/process"
)

// answer lets people ask for changes from now on, and returns what the run waits for. Each is carried out before the next
// begins.
func (d *deal) answer(ctx workflow.Context) ([]process.Case, error) {
	id := d.in.DealID
	move, err := Move.Handle(ctx, nil, func(ctx workflow.Context, r MoveRequest) (dealing.Verdict, error) {
		return judge(ctx, d, "Move the deal", dealing.Move, dealing.Moving{DealID: id, To: r.To, Reason: r.Reason, ActorID: r.ActorID})
	})
	if err != nil {
		return nil, err
	}
	amend, err := Amend.Handle(ctx, nil, func(ctx workflow.Context, r AmendRequest) (dealing.Verdict, error) {
		return judge(ctx, d, "Change the deal", dealing.Amend, dealing.Amending{
			DealID: id, Amount: r.Amount, List: r.List, CloseOn: r.CloseOn, Attributes: r.Attributes, ActorID: r.ActorID,
		})
	})
	if err != nil {
		return nil, err
	}
	log, err := Log.Handle(ctx, nil, func(ctx workflow.Context, r LogRequest) (dealing.Verdict, error) {
		return judge(ctx, d, "Keep the interaction", dealing.Log,
			dealing.Logging{DealID: id, Kind: r.Kind, InteractionID: r.InteractionID, ActorID: r.ActorID})
	})
	if err != nil {
		return nil, err
	}
	lose, err := Lose.Handle(ctx, nil, func(ctx workflow.Context, r LoseRequest) (dealing.Verdict, error) {
		return judge(ctx, d, "Give the deal up", dealing.Lose, dealing.Losing{DealID: id, Reason: r.Reason, ActorID: r.ActorID})
	})
	if err != nil {
		return nil, err
	}
	return []process.Case{move.Next(), amend.Next(), log.Next(), lose.Next()}, nil
}

// judge has a request carried out. A refusal goes back to whoever asked, with everything that has to be mended first.
func judge[A any](ctx workflow.Context, d *deal, step string, act process.Activity[A, dealing.Verdict], arg A) (dealing.Verdict, error) {
	v, err := inTurn(ctx, d, step, act, arg)
	if err != nil {
		return v, err
	}
	if !v.Accepted {
		reasons := make([]process.Reason, len(v.Unmet))
		for i, u := range v.Unmet {
			reasons[i] = process.Reason(u)
		}
		return v, process.RefusedFor(v.Code, refusals[v.Code], reasons)
	}
	d.touched(v)
	return v, nil
}

// inTurn carries out one step about the deal while no other is under way, so that what the run knows is what came last.
func inTurn[A, R any](ctx workflow.Context, d *deal, step string, act process.Activity[A, R], arg A) (R, error) {
	if err := d.turn.Lock(ctx); err != nil {
		var none R
		return none, err
	}
	defer d.turn.Unlock()
	return process.Do(ctx, step, act, arg)
}

var refusals = map[string]string{
	deals.Ended:         "the deal has ended",
	deals.InClosing:     "the deal is being closed: that has to end first",
	deals.NoSuchStage:   "the pipeline has no such stage",
	deals.AlreadyThere:  "the deal is at this stage",
	deals.StageSkipped:  "a deal goes forward one stage at a time",
	deals.ReasonMissing: "going back and losing need one of the pipeline's reasons",
	deals.CriteriaUnmet: "the stage asks for more",
	deals.BadTerms:      "the deal cannot be changed to that",
}

// touched takes over how the deal stands after somebody worked on it.
func (d *deal) touched(v dealing.Verdict) {
	d.called = 0
	d.stand(v)
	if !d.ended() {
		d.note(notify.DealMoved, v.ManagerID)
	}
}

// note keeps what the management is to be told.
func (d *deal) note(template notify.Template, manager uuid.UUID) {
	if manager != uuid.Nil {
		d.untold = append(d.untold, News{manager, template})
	}
}
