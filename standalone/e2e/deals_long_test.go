package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A deal lives for months: thousands of things happen to it, many at once, and its run goes on as a new one when its history
// has grown long. Nothing that was answered is lost on the way.
func TestADealOutlivesItsHistory(t *testing.T) {
	t.Parallel()
	const calls, clients = 1500, 16
	h := newHouse(t, "PERDURA_API_RATE_LIMIT=100000")
	h.start(t, "")
	id := h.openRacedDeal(t)
	engine := openTemporal(t, h)
	first := engine.runID(t, "deal:"+id)
	statuses := together(calls, clients, func(int) int {
		e, err := h.persist(http.MethodPost, "/v1/deals/"+id+"/log", map[string]any{"kind": "call"})
		if err != nil {
			return 0
		}
		return e.Status
	})
	for _, status := range statuses {
		require.Equal(t, http.StatusOK, status)
	}
	d := get[racedDeal](t, h, "/v1/deals/"+id)
	require.Equal(t, 1+calls, d.History[0].No, "every call has its place in the history, once")
	require.NotEqual(t, first, engine.runID(t, "deal:"+id), "the run goes on as a new one")
	require.Less(t, engine.historyLength(t, "deal:"+id), 10_000)
}
