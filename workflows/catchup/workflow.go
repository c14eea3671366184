package catchup

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/stripe"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

const (
	// pages bounds what one run reads, so that a history stays short; what is left has its turn in the next, at once.
	pages = 200
	// pause is how long Stripe is left alone when it did not answer.
	pause = 15 * time.Minute
)

// failed is the verdict when Stripe gave no answer.
const failed = "failed"

func run(ctx workflow.Context, in Input) (Outcome, error) {
	for range pages {
		filled, err := process.Do(ctx, "Fetch what Stripe told", stripe.Backfill, stripe.Gap{Since: in.Since, After: in.After})
		if work.OnlyCancellation(err) != nil {
			return Outcome{}, err
		}
		if err != nil {
			filled.State = failed
		}
		again := process.For(pause)
		switch process.Decide(ctx, "Is there more?", filled.State, stripe.More, stripe.ThatsAll, stripe.Off, failed) {
		case stripe.Off:
			return Outcome{Status: SwitchedOff}, nil
		case stripe.More:
			in = Input{Since: in.Since, After: filled.After, Newest: max(in.Newest, filled.Newest)}
			continue
		case stripe.ThatsAll:
			in = Input{Since: max(in.Since, in.Newest, filled.Newest)}
			again = process.Until(filled.Next)
		case failed:
			in = Input{Since: in.Since} // from the first page: Stripe forgets what a later one goes on from
		}
		if process.AwaitAny(ctx, "Until Stripe is asked again", again, Asked.Into(new(Nothing))) == "" {
			return Outcome{}, temporal.NewCanceledError()
		}
		return Outcome{}, process.Continue(in)
	}
	return Outcome{}, process.Continue(in)
}
