package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// submitsMany submits n new people's leads, width at a time, and returns the ids of the accepted leads and how long each
// answer took. All must be accepted.
func submitsMany(t *testing.T, h *house, n, width int) (ids []string, took []time.Duration) {
	t.Helper()
	exchanges := together(n, width, func(int) exchange {
		e, err := h.send(http.MethodPost, "/v1/leads", newPerson().fills("form"))
		if err != nil {
			e.Body = []byte(err.Error())
		}
		return e
	})
	for _, e := range exchanges {
		require.Equalf(t, http.StatusAccepted, e.Status, "%s: %s", e, cut(e.Body))
		h.check(t, e)
		ids = append(ids, decode[lead](t, e, http.StatusAccepted).ID)
		took = append(took, e.took)
	}
	return ids, took
}

// median sorts what it is given.
func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// balances waits until every lead is captured and its mail has arrived, and requires that everything exists once: a
// contact, a task, a mail and a webhook for each lead.
func balances(t *testing.T, h *house, ids []string, within time.Duration) {
	t.Helper()
	found := map[string]lead{}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		clear(found)
		for _, l := range all[lead](c, h, "/v1/leads?status=captured") {
			found[l.ID] = l
		}
		missing := 0
		for _, id := range ids {
			if _, ok := found[id]; !ok {
				missing++
			}
		}
		require.Zerof(c, missing, "of %d leads so many are not captured", len(ids))
	}, within, 500*time.Millisecond)

	contacts, work := map[string]string{}, map[string]int{}
	for _, id := range ids {
		l := found[id]
		require.NotContains(t, contacts, l.ContactID, "leads %s and %s share a contact", id, contacts[l.ContactID])
		contacts[l.ContactID] = id
	}
	for _, one := range all[task](t, h, "/v1/tasks") {
		if one.Kind == "lead-follow-up" {
			work[one.Lead]++
			if l, ours := found[one.Lead]; ours {
				require.Equal(t, l.TaskID, one.ID)
			}
		}
	}
	for _, id := range ids {
		require.Equal(t, 1, work[id], "follow-up tasks of lead %s", id)
	}
	for _, channel := range []string{"email", "webhook"} {
		arrived := map[string]int{}
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			clear(arrived)
			for _, m := range h.outbox(c, channel) {
				for id := range leadsIn(m.Text) {
					arrived[id]++
				}
			}
			missing := 0
			for _, id := range ids {
				if arrived[id] == 0 {
					missing++
				}
			}
			require.Zerof(c, missing, "of %d leads so many have no %s", len(ids), channel)
		}, within, 500*time.Millisecond)
		for _, id := range ids {
			require.Equalf(t, 1, arrived[id], "a %s about lead %s arrived more than once", channel, id)
		}
	}
}

// leadsIn are the ids of the leads that a message names.
func leadsIn(text string) map[string]bool {
	ids := map[string]bool{}
	for _, found := range anyID.FindAllString(text, -1) {
		ids[found] = true
	}
	return ids
}
