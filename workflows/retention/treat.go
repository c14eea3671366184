package retention

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	couponing "github.com/perdura/perdura/activities/coupons"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// answer writes the letter that goes into what they said.
func (r *round) answer(ctx workflow.Context) (Outcome, error) {
	receipt, heard, err := r.write(ctx, "Send the letter that answers them", messages.Message{Template: r.terms.Letter(r.out.Word)})
	switch {
	case err != nil:
		return r.out, err
	case heard != "":
		return r.end(exit(heard), "")
	case !process.DecideIf(ctx, "Did the letter leave?", receipt.Left()):
		return r.end(Unreachable, receipt.Reason)
	}
	return r.end(Answered, "")
}

// treat gives the silent a coupon, and waits whether they use it or come back without.
func (r *round) treat(ctx workflow.Context) (Outcome, error) {
	offer := r.terms.Offer
	coupon, err := process.Do(ctx, "Issue a coupon", couponing.Issue, couponing.Request{
		ContactID: r.in.ContactID, Offer: offer.Name, Percent: offer.Percent, AmountMinor: offer.AmountMinor, Currency: offer.Currency,
		ValidFor: offer.ValidFor,
	})
	if err != nil {
		return r.out, err
	}
	r.out.CouponID = coupon.CouponID
	receipt, heard, err := r.write(ctx, "Send the coupon", messages.Message{Template: offer.Template, CouponID: coupon.CouponID, ExpiresAt: coupon.ExpiresAt})
	if err != nil {
		return r.out, r.takeBack(ctx, err)
	}
	if heard != "" {
		r.out.Status = exit(heard)
		return r.out, r.takeBack(ctx, nil)
	}
	if !process.DecideIf(ctx, "Did the coupon leave?", receipt.Left()) {
		r.out.Status, r.out.Reason = Unreachable, receipt.Reason
		return r.out, r.takeBack(ctx, nil)
	}
	return r.hear(ctx, process.Until(coupon.ExpiresAt))
}

// takeBack ends a coupon that nobody got to see, and returns err.
func (r *round) takeBack(ctx workflow.Context, err error) error {
	if _, undo := process.Undo(ctx, "Take the coupon back", couponing.End, couponing.Ending{CouponID: r.out.CouponID}); undo != nil && err == nil {
		return undo
	}
	return err
}

// hear waits until they use the coupon, come back without it, leave, or it expires. Another coupon says nothing about
// this round.
func (r *round) hear(ctx workflow.Context, limit process.Limit) (Outcome, error) {
	var redeemed events.Redemption
	var engaged journey.Engagement
	ours := Redeemed.Pick(&redeemed, func(e events.Redemption) bool { return e.CouponID == r.out.CouponID })
	gone := journey.Reacts(&engaged, journey.Unsubscribed, journey.Complained, journey.Bounced)
	heard := process.AwaitAny(ctx, "Wait until they come back", limit, append(append([]process.Case{ours}, exits()...), gone)...)
	switch {
	case heard == "":
		return r.out, temporal.NewCanceledError()
	case heard == process.TimedOut:
		return r.end(Lapsed, "")
	case heard == journey.Engaged.Name() && engaged.Kind == journey.Bounced:
		return r.end(Unreachable, string(engaged.Kind))
	}
	return r.end(exit(heard), string(engaged.Kind))
}

// exit is the ending that a fact brings about.
func exit(heard string) string {
	if heard == Bought.Name() || heard == Redeemed.Name() {
		return WonBack
	}
	return OptedOut
}

// write sends a message; who buys again or leaves while it waits for a good time does not get it.
func (r *round) write(ctx workflow.Context, step string, m messages.Message) (messages.Receipt, string, error) {
	m.ContactID = r.in.ContactID
	return journey.Try(ctx, step, m, exits()...)
}
