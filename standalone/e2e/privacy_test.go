package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/proxy"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/perdura/perdura/codec"
)

// marked is a person whose every detail is unmistakable.
func marked() (person, submission, []string) {
	p := reachable()
	message, attribute, birthplace, campaign := word(14), word(14), word(14), word(14)
	s := p.fills("form").with("message", "Please call me, "+message+".").with("campaign", campaign).
		with("attributes", map[string]string{"nickname": attribute, "birthplace": birthplace}).
		with("consent", map[string]bool{"contact": true, "marketing": true})
	return p, s, []string{p.first, p.last, p.company, p.email, strings.TrimPrefix(p.phone, "+44"), message, attribute, birthplace, campaign}
}

// What stands in Temporal is read by everybody who operates it: identifiers only, and those encrypted.
func TestNothingPersonalStandsInTemporal(t *testing.T) {
	t.Parallel()
	h := strict.enter(t)
	// Our own people are people too.
	markers := []string{"rep1@example.com", "rep2@example.com", "manager@example.com", "Representative One", "Representative Two"}
	mark := func(more []string) { markers = append(markers, more...) }

	// A lead as it should be, whose notifications fail in every way before they go out, or do not.
	known, form, more := marked()
	mark(more)
	for _, mode := range []string{"fail", "rate_limit", "reject"} {
		h.fault(t, "email", mode, 1)
		h.fault(t, "webhook", mode, 1)
	}
	first := settled(t, h, form)
	require.Equal(t, "captured", first.Status)
	// One message may have met all three, and was refused in the end: another fails once, and leaves.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		answer, err := h.at.Call(t.Context(), http.MethodGet, h.at.Outbox+"/outbox/faults", nil)
		require.NoError(c, err)
		require.NotContains(c, string(answer.Body), "reject")
	}, time.Minute, 100*time.Millisecond)
	h.fault(t, "email", "fail", 1)
	// One that is asked for what is missing, one that is malformed, a repeat, a near-duplicate, and one put right.
	_, form, more = marked()
	mark(more)
	settled(t, h, form.without("last_name"))
	wrong, form, more := marked()
	mark(more)
	malformed := settled(t, h, form.with("email", wrong.first+" at "+wrong.company).with("phone", "x"+wrong.last))
	require.Equal(t, "invalid", malformed.Status)
	_, form, more = marked()
	mark(more)
	require.Equal(t, "merged", settled(t, h, form.with("email", known.email).with("first_name", known.first).with("last_name", known.last).with("phone", known.phone)).Status)
	relative := resembles(t, h, known)
	post[lead](t, h, http.StatusAccepted, "/v1/leads/"+malformed.ID+"/amend", submission{"email": wrong.email})
	reaches(t, h, malformed.ID, "captured")
	// Rows of a file, good and bad.
	row, _, more := marked()
	mark(append(more, "Neverseen"))
	file := fmt.Sprintf("email,phone,first_name,last_name,company,message\n%s,%s,%s,%s,%s,\"Hello, %s\"\n%s at home,,Neverseen,%s,,\n",
		row.email, row.phone, row.first, row.last, row.company, row.last, row.first, row.last)
	i := post[imported](t, h, http.StatusAccepted, "/v1/leads/imports", []byte(file), "Content-Type", "text/csv")
	require.Equal(t, "completed with rejects", closes(t, h, "/v1/processes/lead-import/runs/"+i.ID).Outcome)
	// Notes and reasons of our own people.
	note, reason := word(14), word(14)
	mark([]string{note, reason})
	post[task](t, h, http.StatusOK, "/v1/tasks/"+first.TaskID+"/acknowledge", map[string]string{"note": note})
	post[task](t, h, http.StatusOK, "/v1/tasks/"+first.TaskID+"/complete", map[string]string{"outcome": "rejected", "note": reason})
	require.Equal(t, "rejected", closes(t, h, "/v1/processes/lead-handoff/runs/"+first.ID).Outcome)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		outcomes := map[string]bool{}
		for _, m := range all[message](c, h, "/v1/messages?state=sent") {
			outcomes["sent after failures"] = outcomes["sent after failures"] || m.Attempts > 1
		}
		outcomes["refused by the provider"] = len(all[message](c, h, "/v1/messages?state=failed")) > 0
		require.Equal(c, map[string]bool{"sent after failures": true, "refused by the provider": true}, outcomes)
	}, 30*time.Second, 500*time.Millisecond)

	engine := openTemporal(t, h)
	var found []execution
	require.EventuallyWithT(t, func(c *assert.CollectT) { // visibility lags by a moment
		found = engine.executions(c)
		for _, id := range []string{"lead-capture:" + first.ID, "lead-handoff:" + first.ID, "lead-capture:" + relative.ID, "lead-import:" + i.ID} {
			require.Contains(c, names(found), id)
		}
	}, 20*time.Second, 250*time.Millisecond)

	inClear, decrypted, ids, failures := 0, 0, 0, 0
	for _, e := range found {
		stored := engine.read(t, e)
		for _, marker := range markers {
			require.NotContainsf(t, string(stored.raw), strings.ToLower(marker), "%s holds something personal, readable by anybody", e.id)
			require.NotContainsf(t, string(stored.plain), strings.ToLower(marker), "%s holds something personal, readable with the key", e.id)
		}
		inClear += stored.unencrypted
		decrypted += stored.encrypted
		failures += stored.failures
		if bytes.Contains(stored.plain, []byte(e.subject())) {
			ids++
		}
	}
	t.Logf("searched %d runs with %d encrypted payloads, %d of them the text of a failure, for %d markers", len(found), decrypted, failures, len(markers))
	require.Positive(t, failures, "no step failed: the texts of failures were not searched")
	require.Zero(t, inClear, "payloads that are not encrypted")
	require.Greater(t, decrypted, 10*len(found), "hardly anything was decrypted: the search reads too little")
	require.Equal(t, len(found), ids, "the search does not find what is there")
}

// temporal reads what the engine keeps, as whoever operates it can, and as whoever has the key can.
type temporal struct {
	service   workflowservice.WorkflowServiceClient
	namespace string
	codec     *codec.Codec
}

func openTemporal(t *testing.T, h *house) *temporal {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: h.at.Temporal, Namespace: h.at.Namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return &temporal{service: c.WorkflowService(), namespace: h.at.Namespace, codec: payloadCodec(t, h)}
}

// execution is one run as Temporal lists it.
type execution struct {
	id, run string
	open    bool
	listed  proto.Message
}

// subject is what the run is about.
func (e execution) subject() string {
	_, subject, _ := strings.Cut(e.id, ":")
	return subject
}

func names(list []execution) []string {
	var ids []string
	for _, e := range list {
		ids = append(ids, e.id)
	}
	return ids
}

func (e *temporal) executions(t require.TestingT) []execution {
	helper(t)
	var found []execution
	for page := []byte(nil); ; {
		answer, err := e.service.ListWorkflowExecutions(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: e.namespace, PageSize: 500, NextPageToken: page,
		})
		require.NoError(t, err)
		for _, info := range answer.Executions {
			if !strings.HasPrefix(info.Execution.WorkflowId, "lead-") {
				continue // Temporal's own
			}
			found = append(found, execution{info.Execution.WorkflowId, info.Execution.RunId, info.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, info})
		}
		if page = answer.NextPageToken; len(page) == 0 {
			return found
		}
	}
}

// stored is everything that Temporal keeps of a run, in lower case: as it lies there, and decrypted.
type stored struct {
	raw, plain                       []byte
	encrypted, unencrypted, failures int
}

// read collects the history, the description (memo, search attributes, pending steps and their failures), and the words
// that the UI shows of an open run.
func (e *temporal) read(t *testing.T, x execution) stored {
	t.Helper()
	ctx := context.Background()
	at := &commonpb.WorkflowExecution{WorkflowId: x.id, RunId: x.run}
	messages := []proto.Message{x.listed}
	described, err := e.service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: e.namespace, Execution: at})
	require.NoError(t, err)
	messages = append(messages, described)
	for page := []byte(nil); ; {
		history, err := e.service.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: e.namespace, Execution: at, NextPageToken: page,
		})
		require.NoError(t, err)
		messages = append(messages, history)
		if page = history.NextPageToken; len(page) == 0 {
			break
		}
	}
	for _, question := range []string{"__temporal_workflow_metadata", "status"} {
		answer, err := e.service.QueryWorkflow(ctx, &workflowservice.QueryWorkflowRequest{
			Namespace: e.namespace, Execution: at, Query: &querypb.WorkflowQuery{QueryType: question},
		})
		require.NoError(t, err)
		messages = append(messages, answer)
	}
	var s stored
	for _, m := range messages {
		e.add(t, &s, m)
	}
	s.raw, s.plain = bytes.ToLower(s.raw), bytes.ToLower(s.plain)
	return s
}

// add keeps a message as it is, and with its payloads decrypted. Search attributes are plain by Temporal's design.
func (e *temporal) add(t *testing.T, s *stored, m proto.Message) {
	t.Helper()
	wire, err := proto.Marshal(m)
	require.NoError(t, err)
	text, err := protojson.Marshal(m)
	require.NoError(t, err)
	s.raw = append(append(s.raw, wire...), text...)
	m = proto.Clone(m)
	require.NoError(t, proxy.VisitPayloads(context.Background(), m, proxy.VisitPayloadsOptions{
		Visitor: func(v *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			_, attribute := v.Parent.(*commonpb.SearchAttributes)
			if _, failure := v.Parent.(*failurepb.Failure); failure {
				s.failures++
			}
			plain, err := e.codec.Decode(payloads)
			if err != nil {
				return nil, err
			}
			for i, p := range plain {
				switch {
				case string(payloads[i].Metadata["encoding"]) == "binary/encrypted":
					s.encrypted++
				case attribute, len(p.Data) == 0:
				default:
					s.unencrypted++
					t.Logf("not encrypted: %s in %T", p, v.Parent)
				}
				s.plain = append(append(s.plain, p.Data...), '\n')
			}
			return plain, nil
		},
	}))
	wire, err = proto.Marshal(m)
	require.NoError(t, err)
	s.plain = append(s.plain, wire...)
}
