package collection

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

// The kinds of tasks.
const (
	CallTask    = "collection-call"
	DisputeTask = "collection-dispute"
	CreditTask  = "collection-credit"
	RefundTask  = "collection-refund"
	ClaimTask   = "collection-claim"
	AgencyTask  = "collection-agency"
)

// The outcomes of a call.
const (
	SaysPaid     = "paid"
	SaysPromised = "promised"
	SaysDisputed = "disputed"
	Refuses      = "refuses"
	NotReached   = "not-reached"
)

// The outcomes of a dispute.
const (
	Stands = "stands" // the invoice is right
	Upheld = "upheld" // the customer is right: whoever keeps the books takes it back or credits it
)

// brief is a task for a team about the customer: ids and amounts only.
func (c *collection) brief(kind, title, team string, invoices []uuid.UUID, outcomes ...string) tasks.Brief {
	var messages []string
	for _, said := range c.file.Said {
		messages = append(messages, said.MessageID.String())
	}
	held := map[string]string{"invoices": joined(invoices), "due": c.stands.Due.String(), "step": strconv.Itoa(c.file.Step), "broken_promises": strconv.Itoa(c.stands.Broken)}
	if len(messages) > 0 {
		held["messages"] = strings.Join(messages, ",")
	}
	if c.file.Opened {
		held["opened"] = "yes"
	}
	return tasks.Brief{Kind: kind, Title: title, For: tasks.Team, Team: team, ContactID: c.in.ContactID, Outcomes: outcomes, Context: held}
}

func joined(ids []uuid.UUID) string {
	var list []string
	for _, id := range ids {
		list = append(list, id.String())
	}
	return strings.Join(list, ",")
}

// claimed are the invoices that are collected now.
func (c *collection) claimed() (ids []uuid.UUID) {
	for _, claim := range c.stands.Claims {
		ids = append(ids, claim.InvoiceID)
	}
	return ids
}

// phone takes a step of the plan that is a call.
func (c *collection) phone(ctx workflow.Context) error {
	step := c.stands.Next.Step
	over, err := c.call(ctx, "Call the customer")
	if err == nil && over {
		c.taken(ctx, step)
	}
	return err
}

// phoneBroken calls because a promise was broken.
func (c *collection) phoneBroken(ctx workflow.Context) error {
	broken := c.stands.Broken
	over, err := c.call(ctx, "Call about the broken promise")
	if err == nil && over {
		c.file.Answered, c.file.Since = broken, process.Now(ctx)
	}
	return err
}

// call has somebody call. over is false when the account changed first, and nobody needs to call any more.
func (c *collection) call(ctx workflow.Context, step string) (over bool, err error) {
	var news News
	done, heard, err := work.DoUnless(ctx, step, c.brief(CallTask, "Call a customer about what they owe", c.stands.Team, c.claimed(),
		SaysPaid, SaysPromised, SaysDisputed, Refuses, NotReached), Changed.Into(&news))
	if err != nil || heard != "" {
		return false, err
	}
	outcome := done.Outcome
	if outcome == "" {
		outcome = NotReached // nobody called
	}
	switch process.Decide(ctx, "What did they say?", outcome, SaysPaid, SaysPromised, SaysDisputed, Refuses, NotReached) {
	case SaysDisputed:
		_, err = process.Do(ctx, "Note what they dispute", collecting.Contest, collecting.Dispute{ContactID: c.in.ContactID, Invoices: c.claimed()})
		return true, err
	case NotReached:
		c.file.Missed = true
	}
	return true, nil
}

// dispute has somebody settle a dispute about all that is due, and lets the reminders pause.
func (c *collection) dispute(ctx workflow.Context) error {
	list := c.stands.Disputed
	if process.DecideIf(ctx, "Is somebody at it?", len(list) > 0 && !slices.ContainsFunc(list, func(id uuid.UUID) bool { return !slices.Contains(c.file.Disputed, id) })) {
		return c.wait(ctx, "The dispute is settled", process.Forever())
	}
	var news News
	done, heard, err := work.DoUnless(ctx, "Settle the dispute", c.brief(DisputeTask, "Settle what a customer says is wrong with their invoices", c.stands.Team, list, Stands, Upheld),
		Changed.Into(&news))
	if err != nil || heard != "" {
		return err
	}
	outcome := done.Outcome
	if outcome == "" {
		outcome = nobody
	}
	switch process.Decide(ctx, "Who is right?", outcome, Stands, Upheld, nobody) {
	case Stands:
		_, err := process.Do(ctx, "Let the invoices stand", collecting.Settle, collecting.Dispute{ContactID: c.in.ContactID, Invoices: list})
		return err
	case Upheld:
		c.file.Disputed = append(c.file.Disputed, list...)
		return c.give(ctx, "Have the invoices taken back", c.brief(CreditTask, "Take disputed invoices back, or credit them", c.stands.Finance, list))
	}
	c.file.Disputed = append(c.file.Disputed, list...)
	return nil
}

const nobody = "nobody said"

// askDispute has somebody settle a dispute about a part, while the rest is collected.
func (c *collection) askDispute(ctx workflow.Context) error {
	list := c.stands.Disputed
	c.file.Disputed = append(c.file.Disputed, list...)
	return c.give(ctx, "Have a part of it settled", c.brief(DisputeTask, "Settle what a customer says is wrong with some of their invoices, and tell the books", c.stands.Team, list, Stands, Upheld))
}

// give gives a task that goes its own way; the run goes on whatever comes of it.
func (c *collection) give(ctx workflow.Context, step string, b tasks.Brief) error {
	_, err := process.Do(ctx, step, tasks.Give, b)
	return err
}
