package collection

import (
	"slices"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// collection is one run: what it knows of the customer, and how they stood when it looked last.
type collection struct {
	in     Input
	file   collecting.File
	stands collecting.Standing
	out    Outcome
}

func run(ctx workflow.Context, in Input) (Outcome, error) {
	c := &collection{in: in, file: in.File}
	c.file.ContactID = in.ContactID
	if c.file.Plan == "" && in.InvoiceID != uuid.Nil {
		c.file.Invoices = []uuid.UUID{in.InvoiceID}
	}
	for {
		if err := c.turn(ctx); err != nil {
			return c.out, err
		}
		if over, err := c.over(ctx); err != nil || over {
			return c.out, err
		}
		if process.ShouldContinue(ctx) {
			return c.out, process.Continue(Input{ContactID: in.ContactID, File: c.file})
		}
	}
}

// over ends a run that has come to its outcome. What came in the last moment is looked at first: it may be the echo of what
// the run did itself, or something that is to be collected.
func (c *collection) over(ctx workflow.Context) (bool, error) {
	for c.out.Status != "" {
		if Changed.Drain(ctx) == 0 {
			_, err := process.Do(ctx, "Note the end", collecting.Close, collecting.Ending{ContactID: c.in.ContactID, Outcome: c.out.Status})
			return true, err
		}
		covered := c.claimed()
		if err := c.look(ctx); err != nil {
			return true, err
		}
		if !c.stays(covered) {
			c.out.Status = ""
		}
	}
	return false, nil
}

// stays says that the outcome is true still. covered are the invoices that it was about.
func (c *collection) stays(covered []uuid.UUID) bool {
	switch c.out.Status {
	case Settled, Cancelled:
		return c.stands.Stands == collecting.Settled || c.stands.Stands == collecting.TakenOff || c.stands.Stands == collecting.Gone
	}
	return !slices.ContainsFunc(c.claimed(), func(id uuid.UUID) bool { return !slices.Contains(covered, id) })
}

// turn looks at the account and does what there is to do. It sets the outcome when the run is over.
func (c *collection) turn(ctx workflow.Context) error {
	if err := c.look(ctx); err != nil {
		return err
	}
	switch process.Decide(ctx, "How does the customer stand?", c.stands.Stands, collecting.Owing, collecting.Settled, collecting.TakenOff,
		collecting.Promised, collecting.Lapsed, collecting.Disputed, collecting.Bankrupt, collecting.Gone) {
	case collecting.Settled:
		return c.settle(ctx)
	case collecting.TakenOff, collecting.Gone:
		c.out.Status = Cancelled
		return nil
	case collecting.Promised:
		return c.wait(ctx, "The promised day passes", process.Until(c.stands.Until))
	case collecting.Lapsed:
		_, err := process.Do(ctx, "Note that the promise was broken", collecting.Break,
			collecting.Promise{ContactID: c.in.ContactID, PromiseID: c.stands.PromiseID})
		return err
	case collecting.Disputed:
		return c.dispute(ctx)
	case collecting.Bankrupt:
		return c.stop(ctx)
	}
	return c.collect(ctx)
}

// look reads the account, and takes over what belongs into the file.
func (c *collection) look(ctx workflow.Context) (err error) {
	Changed.Drain(ctx)
	c.file.Now = process.Now(ctx)
	if c.stands, err = process.Do(ctx, "Look at the account", collecting.Look, c.file); err != nil {
		return err
	}
	c.file.Plan, c.file.Version, c.file.BrokenBefore, c.file.Since = c.stands.Plan, c.stands.Version, c.stands.BrokenBefore, c.stands.Since
	if c.stands.Next.Do != collecting.Thank {
		c.file.Paid = c.stands.Paid
	}
	for _, claim := range c.stands.Claims {
		if !slices.Contains(c.file.Invoices, claim.InvoiceID) {
			c.file.Invoices = append(c.file.Invoices, claim.InvoiceID)
		}
	}
	return nil
}

// collect does what the plan says.
func (c *collection) collect(ctx workflow.Context) error {
	next := c.stands.Next
	switch process.Decide(ctx, "What is next?", next.Do, collecting.Wait, collecting.Say, collecting.Phone, collecting.Thank, collecting.AnswerBroken,
		collecting.PhoneBroken, collecting.AskDispute, collecting.ProposeOff, collecting.HandOver, collecting.GiveUp) {
	case collecting.Wait:
		return c.wait(ctx, "The time of the next step comes", process.Until(next.At))
	case collecting.Say:
		return c.remind(ctx)
	case collecting.Phone:
		return c.phone(ctx)
	case collecting.Thank:
		return c.thankForPart(ctx)
	case collecting.AnswerBroken:
		return c.answerBroken(ctx)
	case collecting.PhoneBroken:
		return c.phoneBroken(ctx)
	case collecting.AskDispute:
		return c.askDispute(ctx)
	case collecting.ProposeOff:
		return c.propose(ctx)
	case collecting.HandOver:
		return c.handOver(ctx)
	}
	c.out.Status = Unreachable
	return nil
}

// wait lets time pass until something is heard that makes the run look anew.
func (c *collection) wait(ctx workflow.Context, label string, limit process.Limit) error {
	var news News
	var visit Visit
	var e journey.Engagement
	switch process.AwaitAny(ctx, label, limit, Changed.Into(&news), Visited.Into(&visit),
		journey.Reacts(&e, journey.Opened, journey.Clicked, journey.Replied, journey.Bounced, journey.Complained)) {
	case "":
		return temporal.NewCanceledError()
	case Visited.Name():
		c.file.Opened = true
	case journey.Engaged.Name():
		c.react(e)
	}
	return nil
}

// react takes a reaction to a message into the file.
func (c *collection) react(e journey.Engagement) {
	switch e.Kind {
	case journey.Bounced, journey.Complained:
		for _, said := range c.file.Said {
			if said.MessageID == e.MessageID {
				c.shut(said.Channel)
			}
		}
		c.file.Said = slices.DeleteFunc(slices.Clone(c.file.Said), func(s collecting.Saying) bool {
			return s.MessageID == e.MessageID && e.Kind == journey.Bounced
		})
	default:
		c.file.Opened = true
	}
}
