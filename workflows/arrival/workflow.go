package arrival

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/arrivals"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// arrival is one run: what is asked about, the way it is asked, and how far it has come.
type arrival struct {
	in   Input
	plan arrivals.Plan
	out  Outcome

	asked     []uuid.UUID // the messages that an answer may belong to
	read      uuid.UUID   // the last answer that was understood
	reminded  bool
	clarified bool
}

// resume takes up what the run before has handed over.
func resume(in Input) (*arrival, phase) {
	s := in.SoFar
	in.SoFar = SoFar{}
	next := planning
	if s.Listening {
		next = listening
	}
	return &arrival{in: in, plan: s.Plan, asked: s.Asked, read: s.Read, reminded: s.Reminded, clarified: s.Clarified}, next
}

// again comes back to a phase after something that may happen without end. A run that has grown long goes on as a new one.
func (a *arrival) again(ctx workflow.Context, next phase) (phase, error) {
	if !process.ShouldContinue(ctx) {
		return next, nil
	}
	in := a.in
	in.SoFar = SoFar{Asked: a.asked, Read: a.read, Reminded: a.reminded, Clarified: a.clarified}
	if next == listening {
		in.SoFar.Listening, in.SoFar.Plan = true, a.plan
	}
	return over, process.Continue(in)
}

// phase is what comes next.
type phase int

const (
	planning phase = iota
	asking
	listening
	over
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	a, next := resume(in)
	var err error
	for err == nil && next != over {
		switch next {
		case planning:
			next, err = a.wait(ctx)
		case asking:
			next, err = a.ask(ctx)
		default:
			next, err = a.listen(ctx)
		}
	}
	return a.out, err
}

// wait lets the day of arrival come.
func (a *arrival) wait(ctx workflow.Context) (phase, error) {
	var err error
	a.plan, err = process.Do(ctx, "Work out when to ask", arrivals.MakePlan, arrivals.Delivery{ContactID: a.in.ContactID, ArrivesOn: a.in.ArrivesOn})
	if err != nil {
		return over, err
	}
	var another Another
	heard := process.AwaitAny(ctx, "The day of arrival passes", process.Until(a.plan.AskAt), a.facts(&another)...)
	if heard == process.TimedOut {
		return asking, nil
	}
	return a.interrupted(ctx, heard, another)
}

// facts are what the shop may tell at any moment.
func (a *arrival) facts(another *Another) []process.Case {
	return []process.Case{Moved.Into(another), Revoke.Into(new(Nothing))}
}

// interrupted goes on after one of the facts, or after the run was cancelled.
func (a *arrival) interrupted(ctx workflow.Context, heard string, another Another) (phase, error) {
	switch heard {
	case Moved.Name():
		a.in.ArrivesOn, a.reminded, a.clarified = another.ArrivesOn, false, false
		return a.again(ctx, planning)
	case Revoke.Name():
		a.out.Status = Cancelled
		return over, nil
	}
	return over, temporal.NewCanceledError()
}

// ask puts the question, or the reminder of it.
func (a *arrival) ask(ctx workflow.Context) (phase, error) {
	step, template := "Ask whether it arrived", Question
	if a.reminded {
		step, template = "Ask once more", Reminder
	}
	return a.say(ctx, step, template)
}

// say sends a message that is to be answered.
func (a *arrival) say(ctx workflow.Context, step, template string) (phase, error) {
	var another Another
	receipt, heard, err := journey.Try(ctx, step, a.message(template), a.facts(&another)...)
	switch {
	case err != nil:
		return over, err
	case heard != "":
		return a.interrupted(ctx, heard, another)
	case !process.DecideIf(ctx, "Did the question leave?", receipt.Left()):
		a.out.Status, a.out.Reason = Unreachable, receipt.Reason
		return over, nil
	}
	a.asked = append(a.asked, receipt.MessageID)
	return listening, nil
}

func (a *arrival) message(template string) messages.Message {
	return messages.Message{Template: template, ContactID: a.in.ContactID, Channel: provider.Channel(a.plan.Channel)}
}

// listen waits for the answer. An answer counts whichever question it was given to.
func (a *arrival) listen(ctx workflow.Context) (phase, error) {
	var another Another
	last := messages.Receipt{MessageID: a.asked[len(a.asked)-1]}
	heard, _ := journey.Await(ctx, "The customer answers", process.For(a.patience()), last, []journey.Kind{journey.Replied}, a.facts(&another)...)
	switch heard {
	case process.TimedOut:
		return a.silence(ctx)
	case string(journey.Replied):
		return a.understand(ctx)
	case string(journey.Bounced):
		a.out.Status, a.out.Reason = Unreachable, heard
		return over, nil
	case string(journey.Complained), string(journey.Unsubscribed):
		a.out.Status, a.out.Reason = OptedOut, heard
		return over, nil
	}
	return a.interrupted(ctx, heard, another)
}

func (a *arrival) patience() time.Duration {
	if a.reminded {
		return a.plan.GiveUpAfter
	}
	return a.plan.RemindAfter
}

// silence asks once more, and then takes silence for an answer: whoever got nothing mostly says so.
func (a *arrival) silence(ctx workflow.Context) (phase, error) {
	if process.DecideIf(ctx, "Were they reminded?", a.reminded) {
		a.out.Status = Silent
		return over, nil
	}
	a.reminded = true
	return asking, nil
}

// understand reads the answer and acts on it.
func (a *arrival) understand(ctx workflow.Context) (phase, error) {
	answer, err := process.Do(ctx, "Understand the answer", arrivals.Understand, arrivals.Asked{
		ContactID: a.in.ContactID, Messages: a.asked, Read: a.read, OrderID: a.in.OrderID, Product: a.in.Product,
	})
	if err != nil {
		return over, err
	}
	a.read = answer.InboundID
	meaning := string(answer.Meaning)
	if meaning == "" {
		meaning = nothingNew
	}
	switch process.Decide(ctx, "Did it arrive?", meaning, string(answers.Yes), string(answers.No), string(answers.Unclear), nothingNew) {
	case string(answers.Yes):
		a.out.Status = Arrived
		return over, a.close(ctx, "Thank them", Thanks)
	case string(answers.No):
		return over, a.makeGood(ctx, answer.InboundID)
	case string(answers.Unclear):
		return a.clarify(ctx, answer.InboundID)
	}
	return a.again(ctx, listening)
}

// nothingNew is an answer that was read before, or that nobody wrote: an absence note.
const nothingNew = "nothing new"

// close says a last word, whose fate changes nothing.
func (a *arrival) close(ctx workflow.Context, step, template string) error {
	_, _, err := journey.Try(ctx, step, a.message(template))
	return err
}
