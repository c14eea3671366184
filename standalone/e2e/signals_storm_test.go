package e2e_test

import (
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/arrival"
)

// signalsVariable raises the storms to so many facts, such as 10000.
const signalsVariable = "PERDURA_E2E_SIGNALS"

// The limits that Temporal sets to one run: it is ended above the first, and hears nothing more above the second.
const (
	mostEvents  = 51_200
	mostSignals = 10_000
)

func storm(ordinary int) int {
	if n, _ := strconv.Atoi(os.Getenv(signalsVariable)); n > 0 {
		return n
	}
	return ordinary
}

// A shop moves one delivery a thousand times. Each move is heard, once; the run goes on as a new one below the limits of
// Temporal, and hears afterwards what it is told.
func TestAStormOfEventsAboutOneSubject(t *testing.T) {
	h := newHouse(t, "PERDURA_API_RATE_LIMIT=0")
	h.start(t, "")
	d, count := h.awaitsADelivery(t), storm(1000)
	began := time.Now()
	for left := count; left > 0; left -= 500 {
		var moves []cloudEvent
		for range min(left, 500) {
			moves = append(moves, d.moves("2031-02-03"))
		}
		post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", moves, asBatch...)
	}
	t.Logf("%d moves accepted in %s", count, time.Since(began).Round(time.Millisecond))
	h.heardEachOnce(t, d, count)
	t.Logf("and heard %s after the first", time.Since(began).Round(time.Millisecond))
}

// The workers are away while the facts come, so that a run finds thousands at once.
func TestAStormWhileNoWorkerIsThere(t *testing.T) {
	h := newHouse(t, "PERDURA_API_RATE_LIMIT=0")
	h.start(t, "postgres,temporal,sandbox,api")
	worker := h.start(t, "worker")
	d := h.awaitsADelivery(t)
	h.kill(worker)

	count := min(storm(3000), mostSignals)
	c, err := client.Dial(client.Options{
		HostPort: h.at.Temporal, Namespace: h.at.Namespace, DataConverter: codec.DataConverter(payloadCodec(t, h)),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	defer c.Close()
	for _, err := range together(count, 16, func(int) error {
		return c.SignalWorkflow(t.Context(), arrival.Process.Describe().WorkflowID(d.order, ""), "", arrival.Moved.Name(),
			process.Delivery{EventID: uuid.NewString() + "/moved", Data: []byte(`{"arrives_on":"2031-02-03"}`)})
	}) {
		require.NoError(t, err)
	}
	h.start(t, "worker")
	began := time.Now()
	h.heardEachOnce(t, d, count)
	t.Logf("%d facts heard %s after the worker was back", count, time.Since(began).Round(time.Millisecond))
}

// delivery is an order of a customer.
type delivery struct{ order, contact string }

func (d delivery) on(day string) map[string]any {
	return map[string]any{"order_id": d.order, "contact_id": d.contact, "arrives_on": day}
}

// moves is the event that it comes on another day.
func (d delivery) moves(day string) cloudEvent {
	return event("order.delivery-moved", d.order).about(d.on(day))
}

// awaitsADelivery is an order that arrives in some years, and whose run waits for the day.
func (h *house) awaitsADelivery(t *testing.T) delivery {
	t.Helper()
	d := delivery{order: "order-" + uuid.NewString(), contact: settled(t, h, newPerson().fills("form")).ContactID}
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.delivery-due", d.order).about(d.on("2031-01-01")), asEvent...)
	waits(t, h, "/v1/processes/service-arrival/runs/"+d.order, "The day of arrival passes")
	return d
}

// heardEachOnce tells the run of one more day, waits until it waits for that, has the order cancelled, and goes through
// everything that Temporal keeps of its runs.
func (h *house) heardEachOnce(t *testing.T, d delivery, count int) {
	t.Helper()
	at := "/v1/processes/service-arrival/runs/" + d.order
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", d.moves("2032-05-06"), asEvent...)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		r := get[run](c, h, at)
		require.Equal(c, "waiting", r.State)
		require.NotNil(c, r.Until)
		require.Equal(c, "2032-05", r.Until.Format("2006-01"), "it waits for the day that was told last")
	}, time.Minute+time.Duration(count)*100*time.Millisecond, 200*time.Millisecond)
	post[map[string]any](t, h, http.StatusAccepted, at+"/signals/order-cancelled", nil)
	require.Equal(t, "cancelled", closes(t, h, at).Outcome)

	runs := openTemporal(t, h).chain(t, "service-arrival:"+d.order)
	signals, plans := 0, 0
	for i, r := range runs {
		t.Logf("run %d: %d events, %d signals, %d steps", i+1, len(r), countOf(r, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED), countOf(r, enumspb.EVENT_TYPE_MARKER_RECORDED))
		require.Less(t, len(r), mostEvents)
		require.LessOrEqual(t, countOf(r, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED), mostSignals)
		signals += countOf(r, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
		plans += countOf(r, enumspb.EVENT_TYPE_MARKER_RECORDED)
	}
	require.Equal(t, count+2, signals, "every fact was told, once")
	require.Equal(t, count+3, plans, "it planned at its beginning and after each move, and wrote its end into the journal")
	require.Greater(t, len(runs), 1+count/mostSignals, "the run went on as a new one")
}

func countOf(history []*historypb.HistoryEvent, kind enumspb.EventType) (n int) {
	for _, e := range history {
		if e.GetEventType() == kind {
			n++
		}
	}
	return n
}

// chain is the histories of the runs that followed one another under a workflow ID, the first of them first.
func (e *temporal) chain(t *testing.T, workflowID string) (runs [][]*historypb.HistoryEvent) {
	t.Helper()
	for id := e.runID(t, workflowID); id != ""; {
		var history []*historypb.HistoryEvent
		for page := []byte(nil); ; {
			answer, err := e.service.GetWorkflowExecutionHistory(t.Context(), &workflowservice.GetWorkflowExecutionHistoryRequest{
				Namespace: e.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: id}, NextPageToken: page,
			})
			require.NoError(t, err)
			history = append(history, answer.GetHistory().GetEvents()...)
			if page = answer.GetNextPageToken(); len(page) == 0 {
				break
			}
		}
		runs = slices.Insert(runs, 0, history)
		id = history[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	}
	return runs
}
