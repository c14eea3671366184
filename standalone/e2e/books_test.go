package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// submit submits n new people's leads, width at a time.
func submit(h *house, n, width int) []exchange {
	return together(n, width, func(int) exchange {
		e, err := h.send(http.MethodPost, "/v1/leads", newPerson().fills("form"))
		if err != nil {
			e.Body = []byte(err.Error())
		}
		return e
	})
}

// accepted requires that every lead was accepted, and returns their ids and how long each answer took.
func accepted(t *testing.T, h *house, exchanges []exchange) (ids []string, took []time.Duration) {
	t.Helper()
	for _, e := range exchanges {
		require.Equalf(t, http.StatusAccepted, e.Status, "%s: %s", e, cut(e.Body))
		h.check(t, e)
		ids = append(ids, decode[lead](t, e, http.StatusAccepted).ID)
		took = append(took, e.took)
	}
	return ids, took
}

// countLeads is how many leads have the status, up to most.
func countLeads(t require.TestingT, h *house, status string, most int) int {
	helper(t)
	return len(get[page[lead]](t, h, fmt.Sprintf("/v1/leads?status=%s&limit=%d", status, most)).Items)
}

// median sorts what it is given.
func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// What may have happened to the house meanwhile. Somebody who dies between handing a mail over and noting it down has
// to hand it over again: SMTP knows no other way. The repeat bears the same Message-ID, by which receivers drop it.
const (
	nobodyDied = false
	senderDied = true
)

// balances waits until every lead is captured and told, and requires that everything exists once: a contact, a task, a
// mail and a webhook for each lead.
func balances(t *testing.T, h *house, ids []string, within time.Duration, died bool) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Zero(c, countLeads(c, h, "received", 1), "leads are still being captured")
	}, within, 100*time.Millisecond)
	found := map[string]lead{}
	for _, l := range all[lead](t, h, "/v1/leads?status=captured") {
		found[l.ID] = l
	}
	contacts, work := map[string]string{}, map[string]int{}
	for _, id := range ids {
		l, ok := found[id]
		require.Truef(t, ok, "lead %s is lost", id)
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
		arrived, names := map[string]int{}, map[string]map[string]bool{}
		var missing []string
		if !assert.EventuallyWithT(t, func(c *assert.CollectT) {
			clear(arrived)
			clear(names)
			for _, m := range h.outbox(c, channel) {
				for _, id := range slices.Compact(slices.Sorted(slices.Values(anyID.FindAllString(m.Text, -1)))) {
					arrived[id]++
					if names[id] == nil {
						names[id] = map[string]bool{}
					}
					names[id][m.ProviderID] = true
				}
			}
			missing = missing[:0]
			for _, id := range ids {
				if arrived[id] == 0 {
					missing = append(missing, id)
				}
			}
			require.Zerof(c, len(missing), "of %d leads so many have no %s", len(ids), channel)
		}, within, 250*time.Millisecond) {
			t.Fatalf("one of them: %+v\nits messages: %+v", get[run](t, h, "/v1/processes/lead-capture/runs/"+missing[0]),
				all[message](t, h, "/v1/messages?lead="+missing[0]))
		}
		repeats := 0
		for _, id := range ids {
			require.Lenf(t, names[id], 1, "a second %s about lead %s went out", channel, id)
			repeats += arrived[id] - 1
		}
		if died {
			t.Logf("%d of %d messages by %s were handed over again after the kill, under the same id", repeats, len(ids), channel)
		} else {
			require.Zerof(t, repeats, "of %d messages by %s so many were handed over again", len(ids), channel)
		}
	}
}
