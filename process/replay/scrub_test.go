package replay_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/converter"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/replay"
)

// A history that is kept beside the tests says nothing about the machine that it was recorded on.
func TestSavedHistoriesAreInTheClearAndTellOfNoMachine(t *testing.T) {
	t.Parallel()
	codec := converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true})
	h := history(t, converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec))
	const trace = "4711@build-host"
	sticky := &taskqueuepb.TaskQueue{Name: "build-host:c0ffee", Kind: enums.TASK_QUEUE_KIND_STICKY, NormalName: "q"}
	for _, e := range h.Events {
		switch a := e.Attributes.(type) {
		case *historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes:
			a.WorkflowExecutionStartedEventAttributes.Identity = trace
			a.WorkflowExecutionStartedEventAttributes.ContinuedFailure = &failurepb.Failure{
				Message: "failed", StackTrace: "build-host/main.go", Cause: &failurepb.Failure{StackTrace: "build-host/cause.go"},
			}
		case *historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes:
			a.WorkflowTaskScheduledEventAttributes.TaskQueue = sticky
		case *historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes:
			a.WorkflowTaskCompletedEventAttributes.Identity = trace
		case *historypb.HistoryEvent_ActivityTaskStartedEventAttributes:
			a.ActivityTaskStartedEventAttributes.Identity = trace
		}
	}
	path := filepath.Join(t.TempDir(), "saved.json")
	require.NoError(t, replay.Save(context.Background(), &source{events: h.Events}, "visit:v1", "", path, codec))
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "build-host")
	require.Contains(t, string(raw), `"normalName"`)
	require.Equal(t, trace, h.Events[0].GetWorkflowExecutionStartedEventAttributes().Identity, "the history itself stays as it is")

	saved, err := replay.Load(path)
	require.NoError(t, err)
	require.JSONEq(t, `{"ID":"v1"}`, string(saved.Events[0].GetWorkflowExecutionStartedEventAttributes().Input.Payloads[0].Data))
	require.Equal(t, "failed", saved.Events[0].GetWorkflowExecutionStartedEventAttributes().ContinuedFailure.Message)
	replay.File(t, path, visit(false))
	require.Error(t, replay.Replayer{Definitions: []process.Definition{visit(true)}}.File(path))

	bad := history(t, converter.GetDefaultDataConverter())
	bad.Events[0].GetWorkflowExecutionStartedEventAttributes().Input.Payloads[0].Metadata["encoding"] = []byte("binary/zlib")
	require.ErrorContains(t, replay.Decode(bad, codec), "check the keys")
}
