package retention

import (
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/survey"
)

// round is one run.
type round struct {
	in    Input
	terms retaining.Round
	out   Outcome
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	r := &round{in: in}
	var err error
	if r.terms, err = process.Do(ctx, "Begin a round", retaining.Begin, retaining.Customer{ContactID: in.ContactID}); err != nil {
		return r.out, err
	}
	switch process.Decide(ctx, "May they be spoken to?", r.terms.Verdict, retaining.Begun, retaining.TooSoon, retaining.Nobody) {
	case retaining.TooSoon:
		return r.end(Resting, "")
	case retaining.Nobody:
		return r.end(Unreachable, r.terms.Verdict)
	}
	asked, err := r.ask(ctx)
	if err != nil {
		return r.out, err
	}
	switch process.Decide(ctx, "What did they say?", asked, answer, nothing, noMore, notReached, cameBack) {
	case noMore:
		return r.end(OptedOut, r.out.Reason)
	case notReached:
		return r.end(Unreachable, r.out.Reason)
	case cameBack:
		return r.end(WonBack, "")
	case answer:
		return r.answer(ctx)
	}
	return r.treat(ctx)
}

func (r *round) end(status, reason string) (Outcome, error) {
	r.out.Status, r.out.Reason = status, reason
	return r.out, nil
}

// What can come of asking.
const (
	answer     = "an answer"
	nothing    = "nothing"
	noMore     = "no more mail"
	notReached = "it did not reach them"
	cameBack   = "they came back"
)

// ask sends the survey and says in words what came of it. Who buys again or leaves meanwhile is not asked any further. A
// survey that failed is taken for one that did not arrive.
func (r *round) ask(ctx workflow.Context) (string, error) {
	out, heard, err := process.FollowUnless(ctx, "Ask why we have not heard from them", survey.Process, survey.Input{
		Survey: r.terms.Survey, For: surveys.Retention, ContactID: r.in.ContactID, Occasion: r.terms.Occasion,
	}, exits()...)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case heard == Bought.Name():
		return cameBack, nil
	case heard == Left.Name():
		return noMore, nil
	}
	r.out.Word, r.out.Reason = out.Word, out.Reason
	if err != nil {
		r.out.Reason = "survey-failed"
	}
	switch out.Status {
	case survey.Answered, survey.AnsweredPromoter, survey.AnsweredDetractor:
		return answer, nil
	case survey.Silent:
		return nothing, nil
	case survey.OptedOut:
		return noMore, nil
	}
	return notReached, nil
}

// exits are the cases that end the process at any time.
func exits() []process.Case {
	return []process.Case{Bought.Into(new(events.Contact)), Left.Into(new(events.Choice))}
}
