package replay_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/replay"
)

type input struct{ ID string }

type result struct{ End string }

func (r result) Ending() string { return r.End }

var (
	ring    = process.NewActivity[string, string]("phone.ring", process.Provider)
	knock   = process.NewActivity[string, string]("door.knock", process.Provider)
	subject = process.OneRunPer(func(in input) string { return in.ID })
)

// visit rings, waits for an answer, and in a later version knocks first.
func visit(knocks bool) process.Definition {
	return process.New("visit", func(ctx workflow.Context, in input) (result, error) {
		if knocks {
			if _, err := process.Do(ctx, "Knock", knock, in.ID); err != nil {
				return result{}, err
			}
		}
		if _, err := process.Do(ctx, "Ring", ring, in.ID); err != nil {
			return result{}, err
		}
		return result{"done"}, process.Sleep(ctx, "Wait at the door", process.For(time.Hour))
	}, subject)
}

// history is a run that has rung and waits at the door.
func history(t *testing.T, dc converter.DataConverter) *historypb.History {
	t.Helper()
	payloads := func(v ...any) *commonpb.Payloads {
		p, err := dc.ToPayloads(v...)
		require.NoError(t, err)
		return p
	}
	queue := &taskqueuepb.TaskQueue{Name: "q"}
	h := &historypb.History{}
	add := func(kind enums.EventType, e *historypb.HistoryEvent) int64 {
		e.EventId, e.EventType = int64(len(h.Events)+1), kind
		e.EventTime = timestamppb.New(time.Date(2026, 1, 5, 9, 0, len(h.Events), 0, time.UTC))
		h.Events = append(h.Events, e)
		return e.EventId
	}
	task := func() int64 {
		scheduled := add(enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{
			WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{TaskQueue: queue}}})
		started := add(enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{
			WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{ScheduledEventId: scheduled}}})
		return add(enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{
			WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{ScheduledEventId: scheduled, StartedEventId: started}}})
	}
	add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			WorkflowType: &commonpb.WorkflowType{Name: "visit"}, TaskQueue: queue, Attempt: 1, OriginalExecutionRunId: "run-1", FirstExecutionRunId: "run-1",
			Input: payloads(input{"v1"}, process.Envelope{Entry: "entry-1"})}}})
	completed := task()
	scheduled := add(enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
		ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: "phone.ring"},
			TaskQueue: queue, WorkflowTaskCompletedEventId: completed}}})
	started := add(enums.EVENT_TYPE_ACTIVITY_TASK_STARTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
		ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: scheduled}}})
	add(enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
		ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: scheduled, StartedEventId: started, Result: payloads("rang")}}})
	completed = task()
	add(enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{
		UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{WorkflowTaskCompletedEventId: completed,
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"PerduraStep": step(t)}}}}})
	add(enums.EVENT_TYPE_TIMER_STARTED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_TimerStartedEventAttributes{
		TimerStartedEventAttributes: &historypb.TimerStartedEventAttributes{TimerId: "12", StartToFireTimeout: durationpb.New(time.Hour), WorkflowTaskCompletedEventId: completed}}})
	add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
		WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: "anything"}}})
	task()
	return h
}

// step is the search attribute as the server keeps it: never encrypted.
func step(t *testing.T) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload("Wait at the door")
	require.NoError(t, err)
	p.Metadata["type"] = []byte("Keyword")
	return p
}

func TestAChangedProcessFailsReplay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "waits.json"), filepath.Join(dir, "deep", "waits.json.gz")
	require.NoError(t, os.Mkdir(filepath.Dir(packed), 0o755))
	require.NoError(t, replay.Write(history(t, converter.GetDefaultDataConverter()), plain))
	require.NoError(t, replay.Write(history(t, converter.GetDefaultDataConverter()), packed))

	replay.File(t, plain, visit(false))
	replay.File(t, packed, visit(false))
	replay.Dir(t, dir, visit(false))
	n, err := replay.Replayer{Definitions: []process.Definition{visit(false)}}.Dir(dir)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	changed := replay.Replayer{Definitions: []process.Definition{visit(true)}}
	require.ErrorContains(t, changed.File(plain), "runs like this one would break")
	_, err = changed.Dir(dir)
	require.ErrorContains(t, err, "waits.json:")
	require.ErrorContains(t, err, "waits.json.gz:")
	rec := &recorder{}
	replay.File(rec, plain, visit(true))
	replay.Dir(rec, dir, visit(true))
	require.Len(t, rec.errors, 2)
	require.ErrorContains(t, (replay.Replayer{}).File(plain), "visit", "a process that is no longer registered breaks its runs")
}

func TestAnEncryptedHistory(t *testing.T) {
	t.Parallel()
	dc := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))
	path := filepath.Join(t.TempDir(), "packed.json")
	require.NoError(t, replay.Write(history(t, dc), path))
	defs := []process.Definition{visit(false)}
	require.NoError(t, replay.Replayer{Definitions: defs, DataConverter: dc}.File(path))
	require.Error(t, replay.Replayer{Definitions: defs}.File(path), "without the key it cannot be read")
}

func TestNothingToReplayIsNoSuccess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rec := &recorder{}
	replay.Dir(rec, dir, visit(false))
	require.Len(t, rec.errors, 1)
	require.Contains(t, rec.errors[0], "there are none")
	replay.Dir(rec, filepath.Join(dir, "missing"), visit(false))
	require.Len(t, rec.errors, 2)
	bad := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte("{"), 0o600))
	_, err := replay.Load(bad)
	require.ErrorContains(t, err, "temporal workflow show")
}

func TestSaveAsksForEveryEvent(t *testing.T) {
	t.Parallel()
	want := history(t, converter.GetDefaultDataConverter())
	path := filepath.Join(t.TempDir(), "saved.json.gz")
	src := &source{events: want.Events}
	require.NoError(t, replay.Save(context.Background(), src, "visit:v1", "", path))
	require.Equal(t, "visit:v1", src.asked)
	got, err := replay.Load(path)
	require.NoError(t, err)
	require.Len(t, got.Events, len(want.Events))
	replay.File(t, path, visit(false))

	require.ErrorContains(t, replay.Save(context.Background(), &source{}, "visit:v2", "", path), "visit:v2")
	require.ErrorContains(t, replay.Save(context.Background(), &source{events: want.Events, fail: 3}, "visit:v3", "", path), "gone away")
}

// source is a client that has one history.
type source struct {
	events []*historypb.HistoryEvent
	fail   int // the event at which reading fails; 0 for none
	asked  string
}

func (s *source) GetWorkflowHistory(_ context.Context, id, _ string, _ bool, _ enums.HistoryEventFilterType) client.HistoryEventIterator {
	s.asked = id
	return &iterator{source: s}
}

type iterator struct {
	*source
	at int
}

func (i *iterator) HasNext() bool { return i.at < len(i.events) }

func (i *iterator) Next() (*historypb.HistoryEvent, error) {
	if i.at++; i.at == i.fail {
		return nil, errors.New("gone away")
	}
	return i.events[i.at-1], nil
}

type recorder struct{ errors []string }

func (*recorder) Helper() {}

func (*recorder) Logf(string, ...any) {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
