package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func cloudEvent(id, typ, subject, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/shop","type":%q,"subject":%q,"time":"2026-01-02T03:04:05+01:00","data":%s,"traceparent":"x"}`, id, typ, subject, data)
}

func TestEventsAreKeptOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	order := `{"order_id":"` + someID + `"}`
	first := h.send("POST", "/v1/events", cloudEvent("1", "order.placed", someID, order), "Content-Type", "application/cloudevents+json").want(202).json()
	kept := first["events"].([]any)[0].(map[string]any)
	require.Equal(t, false, kept["duplicate"])
	batch := "[" + cloudEvent("1", "order.placed", someID, order) + "," + cloudEvent("2", "nobody.listens", "", `[1,{"x":null}]`) + "," + cloudEvent("2", "nobody.listens", "", `1`) + "]"
	batch = strings.ReplaceAll(batch, `"subject":"",`, "")
	second := h.send("POST", "/v1/events", batch, "Content-Type", "application/cloudevents-batch+json").want(202).json()["events"].([]any)
	require.Equal(t, kept["event_id"], second[0].(map[string]any)["event_id"])
	require.Equal(t, true, second[0].(map[string]any)["duplicate"])
	require.Equal(t, false, second[1].(map[string]any)["duplicate"])
	require.Equal(t, true, second[2].(map[string]any)["duplicate"])
	var source, typ, subject, at string
	require.NoError(t, h.pool.QueryRow(context.Background(),
		`select source, type, subject, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from events where external_id = '1'`).Scan(&source, &typ, &subject, &at))
	require.Equal(t, []string{"/shop", "order.placed", someID, "2026-01-02 02:04:05"}, []string{source, typ, subject, at})
	require.Equal(t, 2, h.counts()["events"])
}

// TestOwnEventsNeedTheirScope proves that telling an event is no way around the scope of the call that makes it happen.
func TestOwnEventsNeedTheirScope(t *testing.T) {
	t.Parallel()
	h := setup(t)
	decided := fmt.Sprintf(`{"lead_id":%q,"review_id":%q,"decision":"merge"}`, someID, someID)
	body := cloudEvent("1", "lead.merge-decided", someID, decided)
	h.key = h.newKey("events:write")
	r := h.send("POST", "/v1/events", body).want(http.StatusForbidden)
	require.Contains(t, r.json()["detail"], "reviews:write")
	h.key = h.newKey("events:write", "reviews:write")
	h.send("POST", "/v1/events", body).want(202)
}

// TestManyEventsAtOnce sends repeats from many callers: each event is kept once, and exactly one caller is told so.
func TestManyEventsAtOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	const callers, each = 8, 40
	fresh := make([]int, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				r := h.send("POST", "/v1/events", cloudEvent(fmt.Sprint(i), "nobody.listens", uuid.NewString(), "{}"))
				if r.Code == 202 && !r.json()["events"].([]any)[0].(map[string]any)["duplicate"].(bool) {
					fresh[c]++
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range fresh {
		total += n
	}
	require.Equal(t, each, total)
	require.Equal(t, each, h.counts()["events"])
}
