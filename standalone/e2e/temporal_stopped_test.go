package e2e_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// While Temporal is down everything is accepted and kept; when it is back, everything is done once.
func TestTemporalIsStopped(t *testing.T) {
	h := newHouse(t)
	h.args = []string{"--temporal", freeAddress(t)}
	h.start(t, "postgres,sandbox,api,worker")
	temporal := h.start(t, "temporal")
	first := settled(t, h, newPerson().fills("form"))
	require.Equal(t, "captured", first.Status)

	h.kill(temporal)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		ready := decode[readiness](c, h.call(c, http.MethodGet, "/readyz", nil), http.StatusServiceUnavailable)
		require.Equal(c, "degraded", ready.Status)
		require.True(c, ready.Accepting, "it accepts without Temporal")
	}, 10*time.Second, 100*time.Millisecond)

	const leads, events = 500, 3000
	ids, took := accepted(t, h, submit(h, leads, 16))
	t.Logf("%d leads accepted while Temporal is down, median %s, slowest %s", leads,
		median(took).Round(100*time.Microsecond), took[len(took)-1].Round(time.Millisecond))
	require.Less(t, median(took), time.Second, "accepting does not wait for Temporal")
	require.Equal(t, "received", get[lead](t, h, "/v1/leads/"+ids[0]).Status)

	burst(t, h, events)

	began := time.Now()
	h.start(t, "temporal")
	back := time.Now()
	balances(t, h, ids, time.Minute, nobodyDied)
	t.Logf("Temporal was back after %s; all leads captured and told %s later", back.Sub(began).Round(100*time.Millisecond),
		time.Since(back).Round(100*time.Millisecond))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Equal(c, "ready", decode[readiness](c, h.call(c, http.MethodGet, "/readyz", nil), http.StatusOK).Status)
	}, 20*time.Second, 100*time.Millisecond)
	require.Equal(t, "captured", settled(t, h, newPerson().fills("form")).Status, "new leads do not wait behind the old ones")
}

// burst tells n events one by one, from 32 callers at once.
func burst(t *testing.T, h *house, n int) {
	t.Helper()
	source := "/shop/" + uuid.NewString()
	began := time.Now()
	exchanges := together(n, 32, func(i int) exchange {
		e, err := h.send(http.MethodPost, "/v1/events", event("order.paid", fmt.Sprint("order-", i)).from(source, fmt.Sprint(i)), asEvent...)
		if err != nil {
			e.Body = []byte(err.Error())
		}
		return e
	})
	rate := float64(n) / time.Since(began).Seconds()
	took := make([]time.Duration, n)
	for i, e := range exchanges {
		require.Equalf(t, http.StatusAccepted, e.Status, "%s: %s", e, cut(e.Body))
		h.check(t, e)
		took[i] = e.took
	}
	t.Logf("%d events accepted while Temporal is down: %.0f a second, median %s", n, rate, median(took).Round(100*time.Microsecond))
	require.Greater(t, rate, 100.0, "events a second")
	again := post[acceptedEvents](t, h, http.StatusAccepted, "/v1/events", event("order.paid", "order-0").from(source, "0"), asEvent...)
	require.True(t, again.Events[0].Duplicate, "an event of the burst was not kept")
}
