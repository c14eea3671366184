package closure

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/signature"
)

// maxRounds bounds how often a closing begins anew with changed terms.
const maxRounds = 3

// The working time in which the owner should do what the closing leaves to them.
const (
	onboardWithin = 16 * time.Hour
	mendWithin    = 8 * time.Hour
)

// closing is one run. What a round has done so far stands in undos.
type closing struct {
	in       Input
	terms    dealing.Terms
	approval uuid.UUID
	contract uuid.UUID
	undos    undos
	out      Outcome
}

// way says how a round goes on.
type way int

const (
	onward way = iota
	again      // the terms have changed: everything anew
	back       // the deal cannot be closed as it is
	over
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	c := &closing{in: in}
	for range maxRounds {
		way, err := c.round(ctx)
		switch {
		case err != nil && ctx.Err() != nil: // cancelled
			return c.out, errors.Join(ctx.Err(), c.undos.all(ctx), c.giveBack(ctx))
		case err != nil: // a step that failed for good is told to the owner, who can mend it
			c.out.Reason = cmp.Or(process.Code(err), Failed)
			return c.back(ctx)
		case way == over:
			return c.out, nil
		case way == back:
			return c.back(ctx)
		}
		if err := c.undos.all(ctx); err != nil {
			return c.out, err
		}
	}
	c.out.Reason = ChangedTooOft
	return c.back(ctx)
}

func (c *closing) round(ctx workflow.Context) (way, error) {
	c.approval, c.contract = uuid.Nil, uuid.Nil
	for _, step := range []func(workflow.Context) (way, error){c.read, c.approve, c.issue, c.sign, c.win} {
		if way, err := step(ctx); err != nil || way != onward {
			return way, err
		}
	}
	return over, nil
}

func (c *closing) read(ctx workflow.Context) (_ way, err error) {
	if c.terms, err = process.Do(ctx, "Read the terms", dealing.ReadTerms, c.in.DealID); err != nil {
		return over, err
	}
	if process.DecideIf(ctx, "Is the deal still being closed?", !c.terms.Gone) {
		return onward, nil
	}
	c.out.Status = Gone
	return over, nil
}

// approve has a price outside the band approved.
func (c *closing) approve(ctx workflow.Context) (way, error) {
	if process.DecideIf(ctx, "Is the price within the band?", c.terms.InBand) {
		return onward, nil
	}
	content, err := json.Marshal(priced{
		DealID: c.terms.DealID, Revision: c.terms.Revision, AmountMinor: c.terms.Amount.Minor, Currency: c.terms.Amount.Currency,
		DiscountPermille: c.terms.DiscountPermille, Template: c.terms.Template,
	})
	if err != nil {
		return back, process.Invalid("terms", "the terms of the deal cannot be written as JSON")
	}
	decision, err := work.Approve(ctx, "Have the price approved", approving.Request{
		Kind: "price", Policy: c.terms.Policy, SubjectKind: "deal", SubjectID: c.terms.DealID, Revision: c.terms.Revision, Content: content,
		RequestedBy: cmp.Or(c.terms.RequesterID, c.terms.OwnerID), Amount: c.terms.Amount, DiscountPermille: c.terms.DiscountPermille,
	})
	if err != nil {
		return back, err
	}
	switch process.Decide(ctx, "Is the price approved?", decision.Status, work.Approved, work.Rejected, work.Voided, work.Expired, work.Withdrawn) {
	case work.Approved:
		c.approval = decision.ApprovalID
		remember(&c.undos, "Take the approval back", approving.Withdraw, c.approval)
		return onward, nil
	case work.Voided:
		return again, nil
	case work.Rejected:
		c.out.Reason = PriceRejected
	case work.Expired:
		c.out.Reason = PriceUndecided
	default:
		c.out.Reason = PriceWithdrawn
	}
	return back, nil
}

// priced is what the deciders see.
type priced struct {
	DealID           uuid.UUID `json:"deal_id"`
	Revision         int       `json:"revision"`
	AmountMinor      int64     `json:"amount_minor"`
	Currency         string    `json:"currency"`
	DiscountPermille int       `json:"discount_permille"`
	Template         string    `json:"template"`
}

func (c *closing) issue(ctx workflow.Context) (way, error) {
	issued, err := process.Do(ctx, "Write the contract", contracting.Issue, contracting.Draft{
		DealID: c.in.DealID, Revision: c.terms.Revision, Template: c.terms.Template, ApprovalID: c.approval,
	})
	switch code := process.Code(err); {
	case code == contracting.Stale, code == contracting.Unapproved:
		return again, nil
	case err != nil:
		return back, err
	}
	c.contract = issued.ContractID
	remember(&c.undos, "Void the contract", contracting.Void, c.contract)
	return onward, nil
}

// sign has the contract signed, unless the deal changes meanwhile.
func (c *closing) sign(ctx workflow.Context) (way, error) {
	var change Change
	out, heard, err := process.FollowUnless(ctx, "Have the contract signed", signature.Process, signature.Input{ContractID: c.contract},
		Changed.Pick(&change, func(change Change) bool { return change.Lost || change.Revision > c.terms.Revision }))
	switch {
	case err != nil:
		return back, err
	case heard != "":
		return again, nil
	}
	switch process.Decide(ctx, "Is the contract signed?", out.Status,
		signature.Signed, signature.Declined, signature.Expired, signature.Unreached, signature.Withdrawn) {
	case signature.Signed:
		return onward, nil
	case signature.Declined:
		return c.lose(ctx, out.Reason)
	}
	c.out.Reason = Unsigned + "-" + out.Status
	return back, nil
}

// lose ends a deal whose customer declined. The contract has ended by that, and the approval stays on record.
func (c *closing) lose(ctx workflow.Context, reason string) (way, error) {
	_, err := process.Do(ctx, "Close the deal as lost", dealing.Close,
		dealing.Closing{DealID: c.in.DealID, Revision: c.terms.Revision, Result: dealing.Lost, Reason: reason})
	if process.Code(err) == dealing.Changed {
		return again, nil
	}
	c.out = Outcome{Status: Lost, Reason: reason}
	return over, err
}

// win closes the deal and has everything done that follows. The task comes last: nothing behind it can fail.
func (c *closing) win(ctx workflow.Context) (way, error) {
	won := dealing.Closing{DealID: c.in.DealID, Revision: c.terms.Revision, Result: dealing.Won}
	_, err := attempt(ctx, &c.undos, "Close the deal as won", dealing.Close, won, "Reopen the deal", dealing.Reopen, won)
	if process.Code(err) == dealing.Changed {
		return again, nil
	}
	if err != nil {
		return back, err
	}
	if _, err := attempt(ctx, &c.undos, "Book the commissions", commissioning.Book, c.in.DealID,
		"Reverse the commissions", commissioning.Reverse, c.in.DealID); err != nil {
		return back, err
	}
	if _, err := process.Do(ctx, "Begin the onboarding", tasks.Give, tasks.Brief{
		Kind: Onboarding, Title: "Make a new customer at home", For: tasks.Owner, DealID: c.in.DealID, Within: onboardWithin,
	}); err != nil {
		return back, err
	}
	c.out = Outcome{Status: Won}
	return over, nil
}

// back undoes everything, tells the owner, and returns the deal to the pipeline: last, so that whoever closes it again
// finds nothing of this run under way.
func (c *closing) back(ctx workflow.Context) (Outcome, error) {
	c.out.Status = Back
	undone := c.undos.all(ctx)
	_, told := process.Do(ctx, "Tell the owner why", tasks.Give, tasks.Brief{
		Kind: Mending, Title: "See why a deal could not be closed", For: tasks.Owner, DealID: c.in.DealID, Within: mendWithin,
		Context: map[string]string{"reason": c.out.Reason},
	})
	return c.out, errors.Join(undone, told, c.giveBack(ctx))
}

// giveBack returns the deal to the pipeline, also when the run is cancelled. A deal that is not being closed any more
// stays where it is.
func (c *closing) giveBack(ctx workflow.Context) error {
	_, err := process.Undo(ctx, "Return the deal to the pipeline", dealing.Close,
		dealing.Closing{DealID: c.in.DealID, Revision: c.terms.Revision, Result: dealing.Back, Reason: c.out.Reason})
	if process.Code(err) == dealing.Changed {
		return nil
	}
	return err
}
