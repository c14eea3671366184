package e2e_test

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/perdura/perdura/standalone/port"
)

// spans is a collector of traces, as OTLP/HTTP has it: names by trace, and everything that was sent, to be searched.
type spans struct {
	mu   sync.Mutex
	of   map[string][]string
	sent strings.Builder
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if unzipped, err := gzip.NewReader(r.Body); err == nil {
			body = unzipped
		}
	}
	raw, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(raw, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				trace := hex.EncodeToString(span.TraceId)
				s.of[trace] = append(s.of[trace], span.Name)
				s.sent.WriteString(span.String())
			}
		}
	}
}

// with returns the names of the spans of the trace.
func (s *spans) with(trace string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.of[trace]...)
}

// One lead can be followed from the request to the provider, and counted on the way; nothing of the person is told.
func TestALeadIsTracedAndCounted(t *testing.T) {
	t.Parallel()
	traces := &spans{of: map[string][]string{}}
	receiver := httptest.NewServer(traces)
	t.Cleanup(receiver.Close)
	free, err := port.Free("127.0.0.1")
	require.NoError(t, err)
	scraped := "127.0.0.1:" + strconv.Itoa(free)
	h := newHouse(t, "PERDURA_METRICS_LISTEN="+scraped, "PERDURA_TRACE_URL="+receiver.URL+"/v1/traces", "PERDURA_TRACE_SHARE=0")
	h.start(t, "")

	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	sender := reachable()
	e := h.call(t, http.MethodPost, "/v1/leads", sender.fills("form"),
		append([]string{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}, prompt...)...)
	l := comesTo(t, h, e)

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		names := traces.with(trace)
		for _, want := range []string{"POST /v1/leads", "deliver lead.submitted", "RunWorkflow:lead-capture", "send by smtp"} {
			require.Contains(c, names, want)
		}
	}, 30*time.Second, 100*time.Millisecond)
	traces.mu.Lock()
	told := traces.sent.String()
	traces.mu.Unlock()

	metrics := scrape(t, scraped)
	for _, want := range []string{
		`perdura_http_request_seconds_count{operation="submitLead",status="201"} 1`,
		`perdura_dispatch_deliveries_total{state="delivered"}`, `perdura_messages_total{channel="email",class="internal",state="sent"}`,
		`perdura_step_seconds_count{activity="notify.send",process="lead-capture",result="done"`, `perdura_runs_ended_total{outcome="captured",process="lead-capture",state="completed"} 1`,
		`perdura_events_pending 0`, `perdura_database_up 1`, `perdura_runs_open{process="lead-handoff"} 1`, `temporal_workflow_completed_total`,
	} {
		require.Contains(t, metrics, want)
	}
	for _, told := range []string{metrics, told} {
		for _, personal := range []string{sender.email, sender.phone, sender.first, sender.last} {
			require.NotContains(t, told, personal)
		}
		require.NotRegexp(t, regexp.MustCompile(`[a-z0-9.]+@example\.(org|com)`), told)
	}
	require.NotContains(t, metrics, l.ID, "labels are names, not ids")
}

func scrape(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(fmt.Sprintf("http://%s/metrics", address)) //nolint:noctx // the test's own deadline holds
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}
