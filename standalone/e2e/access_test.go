package e2e_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func bearer(key string) []string { return []string{"Authorization", "Bearer " + key} }

func TestWhoShowsNoValidKeyIsTurnedAway(t *testing.T) {
	t.Parallel()
	h := shared(t)
	revoked := h.key(t, "revoked", "leads:read")
	expiring := h.key(t, "expiring", "leads:read", "--expires", "6s")
	for _, key := range []string{revoked, expiring} {
		require.Equal(t, http.StatusOK, h.call(t, http.MethodGet, "/v1/leads?limit=1", nil, bearer(key)...).Status)
	}
	h.revoke(t, "revoked")
	for name, authorization := range map[string]string{
		"no key": "", "another scheme": "Basic YTpi", "an empty key": "Bearer ", "no key of ours": "Bearer secret",
		"an unknown key": "Bearer perdura_" + "0000000000000000000000000000000000000000000",
		"revoked":        "Bearer " + revoked, "expired": "Bearer " + expiring,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Other processes see a revocation within five seconds.
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				for _, e := range []exchange{
					h.call(c, http.MethodGet, "/v1/leads?limit=1", nil, "Authorization", authorization),
					h.call(c, http.MethodPost, "/v1/leads", newPerson().fills("form"), "Authorization", authorization),
				} {
					refused(c, e, http.StatusUnauthorized)
					require.Contains(c, e.Header.Get("WWW-Authenticate"), "Bearer")
				}
			}, 20*time.Second, 100*time.Millisecond)
		})
	}
}

func TestAKeyMayDoWhatItsScopesSay(t *testing.T) {
	t.Parallel()
	h := shared(t)
	reader := bearer(h.key(t, "reader", "leads:read"))
	teller := bearer(h.key(t, "teller", "events:write"))
	require.Equal(t, http.StatusOK, h.call(t, http.MethodGet, "/v1/leads?limit=1", nil, reader...).Status)
	for name, e := range map[string]exchange{
		"write a lead":    h.call(t, http.MethodPost, "/v1/leads", newPerson().fills("form"), reader...),
		"import leads":    h.call(t, http.MethodPost, "/v1/leads/imports", []byte("email\na@example.com\n"), append([]string{"Content-Type", "text/csv"}, reader...)...),
		"read tasks":      h.call(t, http.MethodGet, "/v1/tasks", nil, reader...),
		"read messages":   h.call(t, http.MethodGet, "/v1/messages", nil, reader...),
		"read processes":  h.call(t, http.MethodGet, "/v1/processes", nil, reader...),
		"start a process": h.call(t, http.MethodPost, "/v1/processes/lead-capture/runs", map[string]string{"lead_id": "01890c5e-7b3a-7cc0-8000-000000000001"}, reader...),
		"tell an event":   h.call(t, http.MethodPost, "/v1/events", event("order.paid", "1"), append(asEvent, reader...)...),
		"read leads":      h.call(t, http.MethodGet, "/v1/leads", nil, teller...),
		"decide by an event": h.call(t, http.MethodPost, "/v1/events", event("lead.merge-decided", "1").about(map[string]any{
			"lead_id": "01890c5e-7b3a-7cc0-8000-000000000001", "review_id": "01890c5e-7b3a-7cc0-8000-000000000002", "decision": "merge"}), append(asEvent, teller...)...),
	} {
		p := refused(t, e, http.StatusForbidden)
		require.Contains(t, p.Detail, "scope", name)
	}
	require.Equal(t, http.StatusAccepted, h.call(t, http.MethodPost, "/v1/events", event("order.paid", "1"), append(asEvent, teller...)...).Status)
}

func TestWhoCallsTooOftenIsToldToSlowDown(t *testing.T) {
	t.Parallel()
	h := strict.enter(t)
	hasty := bearer(h.key(t, "hasty", "leads:read"))
	patient := bearer(h.key(t, "patient", "leads:read"))
	answered := map[int]int{}
	var limited exchange
	for _, e := range together(500, 16, func(int) exchange {
		e, err := h.send(http.MethodGet, "/v1/leads?limit=1", nil, hasty...)
		if err != nil {
			return exchange{}
		}
		return e
	}) {
		h.check(t, e)
		answered[e.Status]++
		if e.Status == http.StatusTooManyRequests {
			limited = e
		}
	}
	t.Logf("500 requests at a limit of 50 a second: %v", answered)
	require.Positive(t, answered[http.StatusOK])
	require.Positive(t, answered[http.StatusTooManyRequests])
	require.Len(t, answered, 2)
	refused(t, limited, http.StatusTooManyRequests)
	after, err := strconv.Atoi(limited.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, after)
	require.Equal(t, http.StatusOK, h.call(t, http.MethodGet, "/v1/leads?limit=1", nil, patient...).Status, "keys do not share their limit")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Equal(c, http.StatusOK, h.call(c, http.MethodGet, "/v1/leads?limit=1", nil, hasty...).Status)
	}, 10*time.Second, 200*time.Millisecond)
}
