package deal

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/process"
)

// deal is one run: how the deal stands, and until when it may rest.
type deal struct {
	in     Input
	turn   workflow.Mutex
	stands dealing.Verdict
	called int       // how many people were called since somebody touched it
	until  time.Time // zero: it may rest
	untold []News
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	d := &deal{in: in, turn: workflow.NewMutex(ctx), called: in.SoFar.Called, until: in.SoFar.Until, untold: in.SoFar.Untold}
	d.stands.State = in.SoFar.State
	asked, err := d.answer(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if err := d.look(ctx, "See how the deal stands"); err != nil {
		return Outcome{}, err
	}
	for err == nil {
		if err = d.tell(ctx); err != nil {
			break
		}
		if d.ended() {
			// It may have been taken up again while the management was told.
			if err = d.look(ctx, "See that it stays so"); err == nil && d.ended() {
				return Outcome{Status: d.stands.State}, nil
			}
			continue
		}
		if err = d.renew(ctx); err == nil {
			err = d.hear(ctx, asked)
		}
	}
	return Outcome{}, err
}

func (d *deal) ended() bool { return d.stands.State == deals.Won || d.stands.State == deals.Lost }

func (d *deal) look(ctx workflow.Context, step string) error {
	v, err := inTurn(ctx, d, step, dealing.Look, d.in.DealID)
	if err == nil {
		d.stand(v)
	}
	return err
}

// stand takes over how the deal stands. The management is told of an end that came while the run went on.
func (d *deal) stand(v dealing.Verdict) {
	going := d.stands.State != "" && !d.ended()
	if d.stands = v; d.called == 0 {
		d.until = v.StalledAt
	}
	switch {
	case going && v.State == deals.Won:
		d.note(notify.DealWon, v.ManagerID)
	case going && v.State == deals.Lost:
		d.note(notify.DealLost, v.ManagerID)
	}
}

// hear waits for the next thing that happens to the deal, or for the time in which nothing does.
func (d *deal) hear(ctx workflow.Context, asked []process.Case) error {
	limit := process.Forever()
	if !d.until.IsZero() {
		limit = process.Until(d.until)
	}
	var fact Fact
	cases := append([]process.Case{Closed.Into(&fact), Reopened.Into(&fact), Worked.Into(&fact)}, asked...)
	switch process.AwaitAny(ctx, "Somebody works on the deal", limit, cases...) {
	case "":
		return temporal.NewCanceledError()
	case process.TimedOut:
		return d.stall(ctx)
	case Closed.Name():
		return d.closed(ctx)
	case Reopened.Name():
		return d.look(ctx, "See how the deal stands now")
	case Worked.Name():
		v, err := inTurn(ctx, d, "Take note of the task", dealing.Work, dealing.Working{DealID: d.in.DealID, TaskID: fact.TaskID})
		if err == nil {
			d.touched(v)
		}
		return err
	}
	return nil // a request, which its handler has carried out
}

// closed takes over how the closing ended: the deal has ended with it, or goes on.
func (d *deal) closed(ctx workflow.Context) error {
	d.called = 0
	if err := d.look(ctx, "See how the closing ended"); err != nil {
		return err
	}
	process.Decide(ctx, "How did the closing end?", d.stands.State, deals.Won, deals.Lost, deals.Open, deals.Closing)
	return nil
}

// stall calls somebody to a deal that nobody has touched.
func (d *deal) stall(ctx workflow.Context) error {
	at := d.stands.StalledAt
	s, err := inTurn(ctx, d, "See whether it has stalled", dealing.Stall, dealing.Stalling{DealID: d.in.DealID, StalledAt: at, Called: d.called})
	if err != nil {
		return err
	}
	if d.stands.StalledAt != at { // somebody did something while this waited for its turn
		return nil
	}
	d.until = s.Next
	if process.DecideIf(ctx, "Did somebody touch it meanwhile?", s.Touched) {
		d.stands.StalledAt, d.called = s.Next, 0
		return nil
	}
	d.called++
	return d.announce(ctx, "Call somebody to it", notify.DealStalled, s.UserID, s.TaskID)
}

// tell lets the management know of moves that matter, and of the end.
func (d *deal) tell(ctx workflow.Context) error {
	for len(d.untold) > 0 {
		next := d.untold[0]
		d.untold = d.untold[1:]
		if err := d.announce(ctx, "Tell the management", next.Template, next.ManagerID, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// renew goes on as a new run when the history has grown long. Requests under way are answered first.
func (d *deal) renew(ctx workflow.Context) error {
	if !process.ShouldContinue(ctx) {
		return nil
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil || d.ended() {
		return err
	}
	return process.Continue(Input{DealID: d.in.DealID, SoFar: SoFar{State: d.stands.State, Called: d.called, Until: d.until, Untold: d.untold}})
}

// announce tells a user by e-mail and webhook side by side. The deal goes on whatever becomes of the messages; only a
// cancellation comes back as an error.
func (d *deal) announce(ctx workflow.Context, step string, t notify.Template, userID, taskID uuid.UUID) error {
	if userID == uuid.Nil {
		return nil
	}
	by := func(c notify.Channel) func(workflow.Context) error {
		return func(ctx workflow.Context) error {
			_, err := process.Do(ctx, "Notify them", notify.Send, notify.Message{
				Template: t, Channel: c, UserID: userID, DealID: d.in.DealID, TaskID: taskID,
			})
			return err
		}
	}
	err := process.Parallel(ctx, step,
		process.Branch{Name: "By e-mail", Run: by(notify.Email)}, process.Branch{Name: "By webhook", Run: by(notify.Webhook)})
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
