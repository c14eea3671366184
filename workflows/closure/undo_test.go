package closure

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

type order struct{ ID string }

func (o order) Ending() string { return o.ID }

// A step whose outcome nobody knows is undone; one that was declined is not.
func TestAnUnknownOutcomeIsUndone(t *testing.T) {
	t.Parallel()
	ship := process.NewActivity[string, string]("ship", process.Provider)
	recall := process.NewActivity[string, string]("recall", process.Database)
	p := process.New("ordering", func(ctx workflow.Context, in order) (order, error) {
		var u undos
		if _, err := attempt(ctx, &u, "Ship it", ship, "parcel", "Recall it", recall, "parcel"); err != nil {
			return order{"failed"}, u.all(ctx)
		}
		return order{"shipped"}, nil
	}, process.OneRunPer(func(o order) string { return o.ID }))
	for name, test := range map[string]struct {
		err    error
		undone int
	}{
		"no answer": {process.Unavailable("down"), 1}, "declined": {process.Refused("closed", "closed"), 0}, "done": {nil, 0},
	} {
		env := processtest.New(t, p)
		processtest.Stub(env, ship, func(string) (string, error) { return "", test.err })
		recalled := processtest.Stub(env, recall, processtest.Returns[string](""))
		env.Run(p, order{"1"})
		require.NoError(t, env.GetWorkflowError())
		require.Equal(t, test.undone, recalled.Count(), name)
	}
}
