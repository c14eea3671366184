package recycling

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/nurture"
)

// recycling is one run. The rule was read at the start and stays with it.
type recycling struct {
	in   Input
	rule nurturing.Applied
	out  Outcome
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	r := &recycling{in: in}
	ended, err := r.read(ctx)
	if err == nil && !ended {
		ended, err = r.cool(ctx)
	}
	if err == nil && !ended {
		err = r.apply(ctx)
	}
	return r.out, err
}

func (r *recycling) returned() nurturing.Returned {
	return nurturing.Returned{ContactID: r.in.ContactID, LeadID: r.in.LeadID, Reason: r.in.Reason}
}

func (r *recycling) read(ctx workflow.Context) (ended bool, err error) {
	if r.rule, err = process.Do(ctx, "Read the rule of the reason", nurturing.ReadRule, r.returned()); err != nil {
		return false, err
	}
	r.out.Round = r.rule.Round
	return r.settled(ctx, "Is the lead free?", r.rule.Verdict), nil
}

// settled ends the run when somebody else, or the person, has decided already.
func (r *recycling) settled(ctx workflow.Context, question, verdict string) bool {
	switch process.Decide(ctx, question, verdict, nurturing.Free, nurturing.AskedAgain, nurturing.Converted, nurturing.OptedOut, nurturing.Withdrawn) {
	case nurturing.Free:
		return false
	case nurturing.AskedAgain:
		r.out.Status = AskedAgain
	case nurturing.Converted:
		r.out.Status = Converted
	case nurturing.OptedOut:
		r.out.Status = OptedOut
	default:
		r.out.Status = Dropped
	}
	return true
}

// cool leaves the person alone, unless they come back, buy or decline.
func (r *recycling) cool(ctx workflow.Context) (ended bool, err error) {
	if r.rule.Then == nurturing.ThenDrop {
		return false, nil // nothing follows that would have to wait
	}
	var f nurture.Fact
	switch process.AwaitAny(ctx, "Leave them alone for a while", process.For(r.rule.Cooling), CameBack.Into(&f), Bought.Into(&f), Declined.Into(&f)) {
	case "":
		return false, temporal.NewCanceledError()
	case CameBack.Name():
		r.out.Status = AskedAgain
		return true, nil
	case Bought.Name():
		r.out.Status = Converted
		return true, nil
	case Declined.Name():
		r.out.Status = OptedOut
		return true, nil
	}
	seen, err := process.Do(ctx, "See how things stand", nurturing.Look, r.returned())
	if err != nil {
		return false, err
	}
	return r.settled(ctx, "Is the lead still free?", seen.Verdict), nil
}

// apply does what the rule says.
func (r *recycling) apply(ctx workflow.Context) error {
	switch process.Decide(ctx, "What does the rule say?", r.rule.Then,
		nurturing.ThenNurture, nurturing.ThenReturn, nurturing.ThenAudience, nurturing.ThenDrop) {
	case nurturing.ThenNurture:
		r.out.Status = Nurturing
		return process.Launch(ctx, "Begin the nurture track", nurture.Process,
			nurture.Input{ContactID: r.in.ContactID, LeadID: r.in.LeadID, Track: r.rule.Track})
	case nurturing.ThenReturn:
		return r.giveBack(ctx)
	case nurturing.ThenAudience:
		r.out.Status = Audience
		_, err := process.Do(ctx, "Put them into the audience", nurturing.Enlist,
			nurturing.Membership{ContactID: r.in.ContactID, Audience: r.rule.Audience, Reason: r.in.Reason})
		return err
	}
	r.out.Status = Dropped
	return nil
}

func (r *recycling) giveBack(ctx workflow.Context) error {
	given, err := process.Do(ctx, "Give the lead back to sales", records.GiveBack,
		records.GivingBack{LeadID: r.in.LeadID, Reason: records.Cooled})
	if err != nil {
		return err
	}
	switch process.Decide(ctx, "Who has the lead now?", given.Verdict, records.Given, records.WithSales, records.NotThere) {
	case records.Given:
		r.out.Status = Returned
		return r.tell(ctx, given)
	case records.WithSales:
		r.out.Status = AskedAgain
	default:
		r.out.Status = Dropped
	}
	return nil
}

// tell tells whoever has the lead. The task is there whatever becomes of the messages.
func (r *recycling) tell(ctx workflow.Context, given records.GivenBack) error {
	return work.Tell(ctx, "Tell whoever has it", "Notify them",
		notify.Message{Template: notify.LeadReturned, UserID: given.AssigneeID, LeadID: r.in.LeadID, TaskID: given.TaskID})
}
