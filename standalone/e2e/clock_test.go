package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// speed lets a weekend pass in about ten seconds: working time may begin on Monday only.
const speed = "20000"

// Business time runs fast on the real engine: a lead that nobody takes up passes on and escalates while one looks on.
func TestAHandoverThatNobodyTakesUpEscalates(t *testing.T) {
	h := newHouse(t, "PERDURA_CLOCK_SPEED="+speed)
	h.start(t, "")
	l := settled(t, h, reachable().fills("form"))
	require.Equal(t, "hot", l.Tier)
	handoff := "/v1/processes/lead-handoff/runs/" + l.ID

	r := becomes(t, h, handoff, func(c *assert.CollectT, r run) {
		require.Equal(c, "The manager sees to it", r.Step)
	})
	require.Contains(t, r.results(), "The representative acknowledges: timed out")
	require.Contains(t, r.steps(), "Give it to the next representative")
	require.Contains(t, r.steps(), "Call the manager")
	require.True(t, r.Until.After(r.Since.Add(time.Hour)), "times are business time: from %s until %s", r.Since, r.Until)

	passed := get[lead](t, h, "/v1/leads/"+l.ID)
	require.NotEqual(t, l.Assignee, passed.Assignee, "somebody else has it")
	recipients := map[string]string{}
	for _, m := range h.outbox(t, "email") {
		if slices.Contains(anyID.FindAllString(m.Text, -1), l.ID) {
			for _, kind := range []string{"New hot lead", "Now yours", "Overdue"} {
				if len(m.Subject) > len(kind) && m.Subject[:len(kind)] == kind {
					recipients[kind] = m.To
				}
			}
		}
	}
	require.Len(t, recipients, 3, "the first representative, the next one and the manager are written to: %v", recipients)
	require.NotEqual(t, recipients["New hot lead"], recipients["Now yours"])
	require.Equal(t, "manager@example.com", recipients["Overdue"])
	work := all[task](t, h, "/v1/tasks?state=open&lead="+l.ID)
	require.True(t, slices.ContainsFunc(work, func(w task) bool { return w.Kind == "lead-overdue" }), "the manager has a task: %+v", work)

	post[task](t, h, http.StatusOK, "/v1/tasks/"+passed.TaskID+"/complete", map[string]string{"outcome": "accepted"})
	r = closes(t, h, handoff)
	require.Equal(t, "contacted", r.Outcome)
	require.Contains(t, r.results(), "The manager sees to it: completed")
	for _, w := range all[task](t, h, "/v1/tasks?lead="+l.ID) {
		if w.ID == passed.TaskID || w.Kind == "lead-overdue" { // others belong to the deal that the accepted lead becomes
			require.NotEqual(t, "open", w.State, "%+v", w)
		}
	}
}
