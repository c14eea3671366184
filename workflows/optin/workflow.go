package optin

import (
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/optins"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// optIn is one run.
type optIn struct {
	in    Input
	terms optins.Terms
	out   Outcome
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	o := &optIn{in: in}
	heard, err := o.ask(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if heard == ConfirmedByPerson.Name() {
		o.out.Status = Confirmed
		return o.out, nil
	}
	// Whatever comes now, the link must not work for ever. A click that came at the same moment counts.
	closed, failed := process.Undo(ctx, "Close the request", optins.Close, optins.Ref{OptInID: in.OptInID})
	if err != nil {
		return o.out, err
	}
	if failed != nil {
		return o.out, failed
	}
	if process.DecideIf(ctx, "Was it confirmed at the last moment?", closed.Confirmed) {
		o.out.Status, o.out.Reason = Confirmed, ""
	}
	return o.out, nil
}

// ask sends the link, waits, and reminds once if the terms say so. It returns the name of the signal that ended the wait.
func (o *optIn) ask(ctx workflow.Context) (string, error) {
	var err error
	o.terms, err = process.Do(ctx, "Read the terms", optins.Read, optins.Ref{OptInID: o.in.OptInID})
	if err != nil {
		return "", err
	}
	sent, heard, err := o.send(ctx, "Ask the person to confirm")
	if err != nil || heard != "" {
		return heard, err
	}
	if !process.DecideIf(ctx, "Could the person be asked?", sent.Left()) {
		o.out.Status, o.out.Reason = Refused, sent.Reason
		return "", nil
	}
	o.out.Status = Expired
	if process.DecideIf(ctx, "Do the terms have a reminder?", !o.terms.RemindAt.IsZero()) {
		heard = o.wait(ctx, "The person confirms before the reminder", process.Until(o.terms.RemindAt))
		if heard != process.TimedOut {
			return heard, nil
		}
		sent, heard, err = o.send(ctx, "Remind the person once")
		if err != nil || heard != "" {
			return heard, err
		}
		o.out.Reminded = sent.Left()
	}
	return o.wait(ctx, "The person confirms", process.Until(o.terms.Until)), nil
}

func (o *optIn) send(ctx workflow.Context, step string) (messages.Receipt, string, error) {
	var confirmed Confirmation
	return journey.Send(ctx, step, messages.Message{
		Template: Template, ContactID: o.in.ContactID, OptInID: o.in.OptInID, ExpiresAt: o.terms.Until,
	}, ConfirmedByPerson.Into(&confirmed))
}

// wait waits for the click. A message that bounces, or is called spam, ends the wait: nobody will click.
func (o *optIn) wait(ctx workflow.Context, label string, limit process.Limit) string {
	var confirmed Confirmation
	var reaction journey.Engagement
	heard := process.AwaitAny(ctx, label, limit,
		ConfirmedByPerson.Into(&confirmed), journey.Reacts(&reaction, journey.Bounced, journey.Complained))
	if heard == journey.Engaged.Name() {
		o.out.Status, o.out.Reason = Refused, string(reaction.Kind)
	}
	return heard
}
