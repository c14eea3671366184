package collection

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// say sends a message that holds for the account as it was looked at. stands is false when the account has changed
// meanwhile: then nothing has left.
func (c *collection) say(ctx workflow.Context, step, template string, channel provider.Channel) (receipt messages.Receipt, stands bool, err error) {
	var news News
	receipt, heard, err := journey.Try(ctx, step, messages.Message{
		Template: template, ContactID: c.in.ContactID, Channel: channel, Fence: c.stands.Fence,
	}, Changed.Into(&news))
	if err != nil || heard != "" || receipt.Reason == messages.Overtaken {
		return receipt, false, err
	}
	if receipt.Left() {
		c.file.Said = append(c.file.Said, collecting.Saying{MessageID: receipt.MessageID, Channel: receipt.Channel})
	}
	return receipt, true, nil
}

// remind takes a step of the plan that is a message.
func (c *collection) remind(ctx workflow.Context) error {
	next := c.stands.Next
	receipt, stands, err := c.say(ctx, "Remind the customer", next.Template, next.Channel)
	if err != nil || !stands {
		return err
	}
	if process.DecideIf(ctx, "Does it reach them?", receipt.Left() || !leadsNowhere(receipt)) {
		c.taken(ctx, next.Step)
		return nil
	}
	c.shut(next.Channel)
	return nil
}

// leadsNowhere says that no message comes through by the channel, now or later.
func leadsNowhere(r messages.Receipt) bool {
	return r.State == messages.Failed && r.Reason != journey.NotSent ||
		slices.Contains([]string{gate.NoAddress, gate.Suppressed, gate.NotConfigured, gate.NoContact}, r.Reason)
}

// taken notes that a step of the plan was taken.
func (c *collection) taken(ctx workflow.Context, step int) {
	c.file.Step, c.file.Since = step+1, process.Now(ctx)
}

// shut notes that a channel leads nowhere.
func (c *collection) shut(channel provider.Channel) {
	if channel != "" && !slices.Contains(c.file.Closed, channel) {
		c.file.Closed = append(c.file.Closed, channel)
	}
}

// thankForPart thanks for a part of the money, and names what is left. The plan goes on where it was, after its wait.
func (c *collection) thankForPart(ctx workflow.Context) error {
	_, stands, err := c.say(ctx, "Thank for a part", collecting.ThanksPart, "")
	if err != nil || !stands {
		return err
	}
	c.file.Paid, c.file.Since = c.stands.Paid, process.Now(ctx)
	return nil
}

// answerBroken says that the money did not come on the promised day.
func (c *collection) answerBroken(ctx workflow.Context) error {
	_, stands, err := c.say(ctx, "Say that the promise was broken", collecting.BrokenPromise, "")
	if err != nil || !stands {
		return err
	}
	c.file.Answered, c.file.Since = c.stands.Broken, process.Now(ctx)
	return nil
}
