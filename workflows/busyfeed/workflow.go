package busyfeed

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/busy"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
)

const (
	pause = 15 * time.Minute
	// readings are those of one run, so that a history stays short.
	readings = 200
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	for range readings {
		reading, err := process.Do(ctx, "Read the calendar", busy.Read, busy.Feed(in))
		if work.OnlyCancellation(err) != nil {
			return Outcome{}, err
		}
		if process.DecideIf(ctx, "Is it gone?", reading.State == busy.Gone) {
			return Outcome{Status: Removed}, nil
		}
		switch process.AwaitAny(ctx, "Until it is read again", process.For(pause), Dropped.Into(new(Nothing))) {
		case Dropped.Name():
			return Outcome{Status: Removed}, nil
		case "":
			return Outcome{}, temporal.NewCanceledError()
		}
		if process.ShouldContinue(ctx) {
			break
		}
	}
	return Outcome{}, process.Continue(in)
}
