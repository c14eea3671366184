package nurture

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// nurture is one run.
type nurture struct {
	in    Input
	at    SoFar
	heard []journey.Engagement // each counts once
	out   Outcome
}

// way is how a part of the run was left.
type way int

const (
	on    way = iota // to what follows
	again            // the step is planned anew, by another channel
	over             // the run has ended: out says how
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	n := &nurture{in: in, at: in.SoFar}
	next, err := on, error(nil)
	if n.at.Track == "" {
		next, err = n.choose(ctx)
	}
	for err == nil && next != over && n.at.Step < n.at.Steps {
		if next, err = n.step(ctx); err == nil && next == on && process.ShouldContinue(ctx) {
			next, err = over, process.Continue(n.asFar())
		}
	}
	if err == nil && next != over {
		err = n.exhausted(ctx)
	}
	n.out.Track, n.out.Messages, n.out.Score = n.at.Track, len(n.at.Sent), n.at.Score
	return n.out, err
}

// asFar is the input of the run that continues this one.
func (n *nurture) asFar() Input {
	in := n.in
	in.SoFar = n.at
	return in
}

func (n *nurture) end(status, reason string) (way, error) {
	n.out.Status, n.out.Reason = status, reason
	return over, nil
}

// choose finds the track, for good.
func (n *nurture) choose(ctx workflow.Context) (way, error) {
	choice, err := process.Do(ctx, "Choose the track", nurturing.Choose,
		nurturing.Candidate{ContactID: n.in.ContactID, LeadID: n.in.LeadID, Track: n.in.Track})
	if err != nil {
		return over, err
	}
	if process.Decide(ctx, "Does a track suit?", choice.Verdict, nurturing.Chosen, nurturing.Unsuited) == nurturing.Unsuited {
		return n.end(Unsuited, choice.Reason)
	}
	now := process.Now(ctx)
	n.at = SoFar{LeadID: choice.LeadID, Track: choice.Track, Version: choice.Version, Steps: choice.Steps, Since: now, After: now}
	return on, nil
}

// step takes one step of the track: plans it, waits for its hour, says it, and listens until the next is due.
func (n *nurture) step(ctx workflow.Context) (way, error) {
	plan, err := process.Do(ctx, "Plan the next message", nurturing.Plan, nurturing.Planning{
		ContactID: n.in.ContactID, LeadID: n.at.LeadID, Track: n.at.Track, Version: n.at.Version, Step: n.at.Step,
		Since: n.at.Since, After: n.at.After, Closed: n.at.Closed,
	})
	if err != nil {
		return over, err
	}
	switch process.Decide(ctx, "Write to them?", plan.Verdict, nurturing.Write, nurturing.Skip, nurturing.OptedOut,
		nurturing.Unreachable, nurturing.Converted, nurturing.Withdrawn, nurturing.Over) {
	case nurturing.Write:
		if next, err := n.listen(ctx, "Wait for the best hour", plan.At); err != nil || next != on {
			return next, err
		}
		if next, err := n.say(ctx, plan); err != nil || next != on {
			return next, err
		}
	case nurturing.OptedOut:
		return n.end(OptedOut, "no-consent")
	case nurturing.Unreachable:
		return n.end(Unreachable, "no-channel")
	case nurturing.Converted:
		return n.end(Converted, "")
	case nurturing.Withdrawn:
		return n.end(Withdrawn, "")
	case nurturing.Over:
		n.at.Step = n.at.Steps
		return on, nil
	}
	n.at.After = process.Now(ctx)
	next, err := n.listen(ctx, "See how they react", n.at.After.Add(plan.Listen))
	if err == nil && next == on {
		n.at.Step++
	}
	return next, err
}

// say sends the message of a step. Whatever ends the run also ends the wait of a message that the policy put off.
func (n *nurture) say(ctx workflow.Context, plan nurturing.Planned) (way, error) {
	var e journey.Engagement
	receipt, heard, err := journey.Send(ctx, "Send the message", messages.Message{
		Template: plan.Template, ContactID: n.in.ContactID, LeadID: n.at.LeadID, Channel: plan.Channel,
	}, append([]process.Case{journey.Reacts(&e, journey.Replied, journey.Complained, journey.Unsubscribed)}, facts()...)...)
	switch {
	case temporal.IsCanceledError(err) || ctx.Err() != nil:
		return over, temporal.NewCanceledError()
	case err != nil:
		return on, nil // the provider was down for a day: the next step says more
	case heard == journey.Engaged.Name():
		return n.react(ctx, string(e.Kind), e)
	case heard != "":
		return n.react(ctx, heard, e)
	case receipt.Left():
		n.at.Sent = append(n.at.Sent, receipt)
		return on, nil
	}
	return n.refused(receipt.Reason, plan.Channel)
}

// refused reads why a message did not leave. A channel that leads nowhere is not tried again; a message that merely
// found no time is passed over.
func (n *nurture) refused(reason string, by provider.Channel) (way, error) {
	switch reason {
	case gate.NoContact:
		return n.end(Withdrawn, reason)
	case gate.NewCustomer:
		return n.end(Converted, reason)
	case gate.TopicOptOut:
		return n.end(OptedOut, reason)
	case gate.NoConsent:
		return n.shut(by, OptedOut, reason)
	case gate.NoAddress, gate.Suppressed, gate.NotConfigured:
		return n.shut(by, Unreachable, reason)
	}
	return on, nil
}

// shut gives a channel up. When it was given up before, there is none left.
func (n *nurture) shut(by provider.Channel, status, reason string) (way, error) {
	if slices.Contains(n.at.Closed, by) {
		return n.end(status, reason)
	}
	n.at.Closed = append(n.at.Closed, by)
	return again, nil
}

// exhausted ends a track that nobody answered; the recycling rules say what becomes of the lead.
func (n *nurture) exhausted(ctx workflow.Context) error {
	n.out.Status = Exhausted
	_, err := process.Do(ctx, "Tell that the track ran out", nurturing.Exhaust,
		nurturing.Exhaustion{ContactID: n.in.ContactID, LeadID: n.at.LeadID})
	return err
}
