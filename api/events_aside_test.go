package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// An operator reads what was set aside, has it tried again, and drops it. Nobody else may.
func TestEventsThatWereSetAside(t *testing.T) {
	t.Parallel()
	h := setup(t)
	kept := map[string]string{}
	for _, id := range []string{"1", "2", "3"} {
		answer := h.send("POST", "/v1/events", cloudEvent(id, "order.placed", someID, `{"order_id":"`+someID+`"}`)).want(202).json()
		kept[id] = answer["events"].([]any)[0].(map[string]any)["event_id"].(string)
	}
	h.exec(`update events set state = 'set-aside', attempts = 26, last_error = 'mend the sender', delivered_at = now() where external_id <> '3'`)

	first := h.send("GET", "/v1/events?limit=1", "").want(200).json()
	item := first["items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{kept["1"], "set-aside", "mend the sender"}, []any{item["event_id"], item["state"], item["last_error"]})
	require.NotContains(t, item, "data")
	second := h.send("GET", "/v1/events?limit=1&cursor="+first["next_cursor"].(string), "").want(200).json()
	require.Equal(t, kept["2"], second["items"].([]any)[0].(map[string]any)["event_id"])
	require.NotContains(t, second, "next_cursor")
	require.Equal(t, map[string]any{"order_id": someID}, h.send("GET", "/v1/events/"+kept["1"], "").want(200).json()["data"])

	for range 2 {
		require.Equal(t, "pending", h.send("POST", "/v1/events/"+kept["1"]+"/retry", "").want(200).json()["state"])
		require.Equal(t, "dropped", h.send("POST", "/v1/events/"+kept["2"]+"/drop", "").want(200).json()["state"])
	}
	require.Equal(t, "/problems/not-set-aside", h.send("POST", "/v1/events/"+kept["3"]+"/drop", "").want(409).json()["type"])
	require.Equal(t, "/problems/not-set-aside", h.send("POST", "/v1/events/"+kept["2"]+"/retry", "").want(409).json()["type"])
	h.send("POST", "/v1/events/"+uuid.NewString()+"/retry", "").want(404)
	h.send("GET", "/v1/events/"+uuid.NewString(), "").want(404)

	h.key = h.newKey("events:write")
	h.send("GET", "/v1/events", "").want(403)
	h.send("POST", "/v1/events/"+kept["2"]+"/drop", "").want(403)
}
