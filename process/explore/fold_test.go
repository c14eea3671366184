package explore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
)

// patient says something, and takes it back when the customer answers while it waits.
var patient = newProcess("patient", func(ctx workflow.Context, in input) (result, error) {
	for range 3 {
		booked, err := process.Do(ctx, "Say it", book, in.ID)
		if err != nil || booked {
			return result{"said"}, err
		}
		if _, ok := answered.Await(ctx, "Say it: wait for a good time", process.For(time.Hour)); ok {
			_, err := process.Undo(ctx, "Say it: take it back", free, in.ID)
			return result{"not needed"}, err
		}
		if err := ctx.Err(); err != nil {
			_, _ = process.Undo(ctx, "Say it: take it back", free, in.ID)
			return result{}, err
		}
	}
	return end("given up")
}, process.Receives(answered), process.Ends("said", "not needed", "given up"))

func TestThePartsOfAStepAreOneBox(t *testing.T) {
	t.Parallel()
	r, err := explore.Run(patient)
	require.NoError(t, err)
	golden(t, "patient.mmd", r.Graph.Mermaid())
	require.NotContains(t, r.Graph.Mermaid(), "take it back")
	require.Contains(t, r.Graph.Mermaid(explore.Everything()), "take it back")
	require.Contains(t, r.Graph.Procedure(), "may wait for a good time")
}
