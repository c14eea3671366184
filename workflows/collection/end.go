package collection

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

// settle thanks whoever was reminded, and sees to it that what was paid too much goes back.
func (c *collection) settle(ctx workflow.Context) error {
	template := collecting.ThanksAll
	more := process.DecideIf(ctx, "Was too much paid?", c.stands.Credit.Minor > 0)
	if more {
		template = collecting.ThanksMore
	}
	if len(c.file.Said) > 0 || more {
		if _, stands, err := c.say(ctx, "Thank the customer", template, ""); err != nil || !stands {
			return err
		}
	}
	if more {
		b := c.brief(RefundTask, "Give back what a customer paid too much", c.stands.Finance, c.file.Invoices)
		b.Context["credit"] = c.stands.Credit.String()
		if err := c.give(ctx, "Have the rest given back", b); err != nil {
			return err
		}
	}
	c.out.Status = Settled
	return nil
}

// stop ends the run of somebody who is bankrupt; whoever answers for it registers the claim.
func (c *collection) stop(ctx workflow.Context) error {
	if err := c.give(ctx, "Have the claim registered", c.brief(ClaimTask, "Register a claim in a bankruptcy", c.stands.Finance, c.claimed())); err != nil {
		return err
	}
	c.out.Status = Bankrupt
	return nil
}

// WriteOffKind is the kind of the approval, and the name of its policy.
const WriteOffKind = "write-off"

// propose asks whether the debt may be written off: for exactly these invoices and amounts.
func (c *collection) propose(ctx workflow.Context) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	var news News
	decision, heard, err := work.ApproveUnless(ctx, "Have it written off", request, Changed.Into(&news))
	if code := process.Code(err); code == approving.NoDecider || code == approving.NoPolicy {
		decision.Status, err = work.Rejected, nil
	}
	if err != nil || heard != "" {
		return err
	}
	if process.Decide(ctx, "May it be written off?", decision.Status, work.Approved, work.Rejected, work.Voided, work.Expired, work.Withdrawn) != work.Approved {
		c.file.Kept = true
		return nil
	}
	written, err := process.Do(ctx, "Write it off", collecting.WriteOffDebt, collecting.Loss{
		ContactID: c.in.ContactID, Claims: c.stands.Claims, Fence: c.stands.Fence, ApprovalID: decision.ApprovalID,
	})
	if err != nil {
		return err
	}
	if process.DecideIf(ctx, "Did the account stand as approved?", written.Done) {
		c.out.Status = WrittenOff
		return nil
	}
	_, err = process.Undo(ctx, "Take the approval back", approving.Withdraw, decision.ApprovalID)
	return err
}

// request binds the approval to the claims as they are.
func (c *collection) request() (approving.Request, error) {
	content, err := json.Marshal(map[string]any{"contact_id": c.in.ContactID, "claims": c.stands.Claims, "version": c.stands.Fence.Version})
	if err != nil {
		return approving.Request{}, fmt.Errorf("write what is to be approved: %w", err)
	}
	return approving.Request{
		Kind: WriteOffKind, SubjectKind: "account", SubjectID: c.in.ContactID, Revision: int(c.stands.Fence.Version), Content: content, Amount: c.stands.Due,
	}, nil
}

// handOver has somebody hand the debt over to an agency.
func (c *collection) handOver(ctx workflow.Context) error {
	var news News
	_, heard, err := work.DoUnless(ctx, "Hand it over", c.brief(AgencyTask, "Hand a debt over to the agency", c.stands.Team, c.claimed()), Changed.Into(&news))
	if err != nil || heard != "" {
		return err
	}
	c.out.Status = HandedOver
	return nil
}
