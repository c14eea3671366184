package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A lead that sales accepts becomes a deal by itself; its task is work on the deal, and its loss ends the run.
func TestAnAcceptedLeadBecomesADeal(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := settled(t, h, newPerson().fills("form"))
	post[map[string]any](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/complete", map[string]any{"outcome": "accepted"})
	var d racedDeal
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found := all[racedDeal](c, h, "/v1/deals?lead="+l.ID)
		require.Len(c, found, 1)
		d = found[0]
	}, 20*time.Second, 50*time.Millisecond)
	refused(t, h.call(t, http.MethodPost, "/v1/deals", map[string]any{"lead": l.ID}), http.StatusConflict)
	waits(t, h, d.Links["process"], "Somebody works on the deal")

	at := "/v1/deals/" + d.ID
	p := refused(t, h.call(t, http.MethodPost, at+"/move", map[string]any{"to": "needs-analysis"}), http.StatusConflict)
	require.Equal(t, []string{"tasks.qualification-call", "attributes.need", "interactions"}, p.fields(), "everything that is lacking at once")
	post[map[string]any](t, h, http.StatusOK, "/v1/tasks/"+get[racedDeal](t, h, at).Tasks[0].ID+"/complete", map[string]any{"outcome": "done"})
	post[map[string]any](t, h, http.StatusOK, at+"/amend", map[string]any{"attributes": map[string]any{"need": "fleet"}})
	post[map[string]any](t, h, http.StatusOK, at+"/log", map[string]any{"kind": "call"})
	require.Equal(t, "needs-analysis", post[racedDeal](t, h, http.StatusOK, at+"/move", map[string]any{"to": "needs-analysis"}).Stage)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var asked []string
		for _, v := range get[racedDeal](c, h, at).History {
			asked = append(asked, v.What)
		}
		require.Contains(c, asked, "work", "the run has heard of the task")
	}, 20*time.Second, 50*time.Millisecond)

	post[map[string]any](t, h, http.StatusOK, at+"/lose", map[string]any{"reason": "no-budget"})
	r := closes(t, h, d.Links["process"])
	require.Equal(t, "lost", r.Outcome)
	refused(t, h.call(t, http.MethodPost, at+"/move", map[string]any{"to": "proposal"}), http.StatusConflict)
}
