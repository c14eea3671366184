package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rule makes a task of an event; nobody does it, so the assignee and then the manager hear that it is late.
func TestATaskOfARuleThatNobodyDoesClimbsTheLadder(t *testing.T) {
	h := newHouse(t, "PERDURA_CLOCK_SPEED="+speed)
	h.start(t, "")
	write := func(kind, name string, body any) {
		e := h.call(t, http.MethodPut, "/v1/definitions/"+kind+"/"+name, map[string]any{"body": body})
		require.Equal(t, http.StatusOK, e.Status, "%s", e.Body)
	}
	write("task-policy", "visit", map[string]any{
		"due":      map[string]string{"urgent": "1h", "high": "1h", "normal": "1h", "low": "1h"},
		"escalate": []string{"10m"}, "give_up": "10m",
	})
	write("task-rule", "visit-after-order", map[string]any{
		"on": "order.placed", "when": []any{map[string]any{"fact": "event.worth", "min": 1000}},
		"task": map[string]any{"kind": "visit", "title": "Visit a new customer", "for": "round-robin", "team": "sales", "outcomes": []string{"met"}},
	})
	post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.placed", "small").about(map[string]any{"worth": 10}), asEvent...)
	var made []task
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the rule counts two seconds after it was written
		post[acceptedEvents](c, h, http.StatusAccepted, "/v1/events", event("order.placed", fmt.Sprint("big", time.Now())).about(map[string]any{"worth": 5000}), asEvent...)
		made = made[:0]
		for _, w := range all[task](c, h, "/v1/tasks") {
			if w.Kind == "visit" {
				made = append(made, w)
			}
		}
		require.NotEmpty(c, made)
	}, 20*time.Second, 500*time.Millisecond)

	id := made[0].ID
	r := closes(t, h, "/v1/processes/task/runs/"+id)
	require.Equal(t, "unattended", r.Outcome)
	told := map[string]string{}
	for _, m := range h.outboxAbout(t, "email", id) {
		before, _, _ := strings.Cut(m.Subject, ": Visit")
		told[before] = m.To
	}
	require.Equal(t, "manager@example.com", told["Not done in time"], "%v", told)
	require.Contains(t, []string{"rep1@example.com", "rep2@example.com"}, told["Overdue"])
	require.Equal(t, told["Overdue"], told["Visit a new customer"])

	refused(t, h.call(t, http.MethodPost, "/v1/tasks/"+id+"/complete", map[string]string{"outcome": "eaten"}), http.StatusUnprocessableEntity)
	post[task](t, h, http.StatusOK, "/v1/tasks/"+id+"/complete", map[string]string{"outcome": "met"})
}
