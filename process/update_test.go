package process_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
)

// What a request does is keyed by the request, in whatever order and run it comes, and beside the steps of the run itself.
func TestRequestsHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := define("keys", func(ctx workflow.Context, in order) (outcome, error) {
		_, err := decide.Handle(ctx, nil, func(ctx workflow.Context, n int) (string, error) {
			for range n {
				if _, err := process.Do(ctx, "Write", write, in.ID); err != nil {
					return "", err
				}
			}
			return "", nil
		})
		if err != nil {
			return outcome{}, err
		}
		nudge.Await(ctx, "Somebody asks", process.Forever())
		_, err = process.Do(ctx, "Write", write, in.ID)
		return outcome{"done"}, err
	}, process.Answers(decide))
	asked := func(ids ...string) []string {
		env := processtest.New(t, p)
		writes := processtest.Stub(env, write, processtest.Returns[string](1))
		for i, id := range ids {
			env.After(time.Duration(i+1)*time.Hour, func() {
				env.UpdateWorkflow(decide.Name(), id, &testsuite.TestUpdateCallback{
					OnAccept: func() {}, OnReject: func(err error) { require.NoError(t, err) },
					OnComplete: func(_ any, err error) { require.NoError(t, err) },
				}, 2)
			})
		}
		env.After(24*time.Hour, func() { processtest.Signal(env, nudge, "", struct{}{}) })
		env.Run(p, order{ID: "o1"})
		return writes.Keys()
	}
	first := asked("a", "b")
	require.Len(t, first, 5)
	require.Regexp(t, "/entry-1/a/write.1$", first[0])
	require.Regexp(t, "/entry-1/a/write.2$", first[1])
	require.Regexp(t, "/entry-1/b/write.1$", first[2])
	require.Regexp(t, "/entry-1/write.1$", first[4], "the run's own steps count by themselves")
	require.ElementsMatch(t, first, asked("b", "a"))
}
