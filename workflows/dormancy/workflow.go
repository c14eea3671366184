package dormancy

import (
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/process"
)

// maxBatches bounds the batches of one run, so that a history stays short; what is left has its turn in the next, at once.
const maxBatches = 500

func run(ctx workflow.Context, _ Input) (Outcome, error) {
	for range maxBatches {
		found, err := process.Do(ctx, "Find customers who fell asleep", retaining.FindSleepy, struct{}{})
		if err != nil {
			return Outcome{}, err
		}
		switch process.Decide(ctx, "Are there more?", found.Verdict, retaining.More, retaining.ThatsAll, retaining.Off) {
		case retaining.Off:
			return Outcome{Status: SwitchedOff}, nil
		case retaining.ThatsAll:
			if err := process.Sleep(ctx, "Wait for the next morning", process.Until(found.Next)); err != nil {
				return Outcome{}, err
			}
			return Outcome{}, process.Continue(Input{})
		}
	}
	return Outcome{}, process.Continue(Input{})
}
