package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/taskrules"
)

func TestATaskRuleIsWrittenAndTried(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *api.Options) { o.Kinds = []definitions.AnyKind{taskrules.Kind} })
	rule := `{"on":"order.placed","when":[{"fact":"event.order_id","in":["x"]}],"task":{"kind":"visit","title":"Visit","for":"manager"}}`
	h.send("PUT", "/v1/definitions/task-rule/hot", `{"body":`+rule+`}`).want(200)
	order := uuid.NewString()
	h.exec(`insert into events (id, source, external_id, type, subject, data, occurred_at, received_at, next_attempt_at)
		values ($1::uuid, 't', $1, 'order.placed', 's', jsonb_build_object('order_id', $1::text), '2030-01-02', '2030-01-02', now())`, order)
	try := func(in string) map[string]any {
		rule := `{"on":"order.placed","when":[{"fact":"event.order_id","in":["` + in + `"]}],"task":{"kind":"visit","title":"Visit","for":"manager"}}`
		return h.send("POST", "/v1/task-rules/dry-run", `{"rule":`+rule+`,"since":"2030-01-01T00:00:00Z","until":"2030-01-03T00:00:00Z"}`).want(200).json()
	}
	before := h.counts()
	require.EqualValues(t, 0, try("another")["fired"])
	got := try(order)
	require.EqualValues(t, 1, got["events"])
	require.Equal(t, order, got["tasks"].([]any)[0].(map[string]any)["event_id"])
	require.Equal(t, before, h.counts(), "nothing is written")
	require.Equal(t, []string{"rule.on"}, h.send("POST", "/v1/task-rules/dry-run",
		`{"rule":{"on":"task.opened","task":{"kind":"visit","title":"Visit","for":"manager"}},"since":"2030-01-01T00:00:00Z"}`).want(422).refusal())
}
