package retaining_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/retaining"
	"github.com/perdura/perdura/process"
)

func (h *house) begin(now time.Time, key string, who uuid.UUID) retaining.Round {
	h.t.Helper()
	round, err := h.at(now).Begin(process.WithKey(h.t.Context(), key), retaining.Customer{ContactID: who})
	require.NoError(h.t, err)
	return round
}

// A step begins one round, however often and long it is tried.
func TestAStepBeginsOneRound(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.customer(400)
	first := h.begin(noon, "retention:1/entry/Begin", who)
	require.Equal(t, retaining.Begun, first.Verdict)
	require.Equal(t, "round-1", first.Occasion)
	require.Equal(t, "sleepy", first.Survey)
	require.Equal(t, "retention-price", first.Letter("price"))
	require.Equal(t, "retention-other", first.Letter("a word without a letter"))
	require.Equal(t, retaining.Offer{Name: "welcome-back", Percent: 15, ValidFor: 30 * 24 * time.Hour, Template: "retention-coupon"}, first.Offer)

	var all sync.WaitGroup
	rounds := make([]retaining.Round, 5)
	for i := range rounds {
		all.Go(func() { rounds[i] = h.begin(noon.AddDate(0, 0, 200*i), "retention:1/entry/Begin", who) })
	}
	all.Wait()
	for _, again := range rounds {
		require.Equal(t, first, again)
	}
	require.Equal(t, 1, one[int](h, `select count(*) from retention_rounds where found_at = $1`, noon))
	require.Equal(t, 1, one[int](h, `select count(*) from audit_logs where action = 'retention_round.begin' and actor_id = 'retention:1'`))
}

// Between two rounds people are left in peace: to the day that the policy says.
func TestPeopleAreLeftInPeace(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.customer(400)
	require.Equal(t, "round-1", h.begin(noon, "retention:1/entry/Begin", who).Occasion)
	require.Equal(t, retaining.Round{Verdict: retaining.TooSoon}, h.begin(noon.AddDate(0, 0, 180).Add(-time.Microsecond), "retention:2/entry/Begin", who))
	require.Equal(t, "round-2", h.begin(noon.AddDate(0, 0, 180), "retention:3/entry/Begin", who).Occasion)
	require.Equal(t, retaining.TooSoon, h.begin(noon.AddDate(0, 0, 181), "retention:4/entry/Begin", who).Verdict)
	require.Equal(t, "round-1", h.begin(noon.AddDate(0, 0, 1), "retention:5/entry/Begin", h.customer(400)).Occasion, "somebody else")
}

// A round that the watch has found is taken up by the first who comes, and counts from when it was found.
func TestARoundThatTheWatchFoundIsTakenUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.customer(400)
	h.round(who, 1, 400, "long ago")
	h.round(who, 2, 3, "")
	require.Equal(t, "round-2", h.begin(noon, "retention:1/entry/Begin", who).Occasion)
	require.Equal(t, daysAgo(3), one[time.Time](h, `select found_at from retention_rounds where round = 2`).UTC())
	require.Equal(t, retaining.TooSoon, h.begin(noon, "retention:2/entry/Begin", who).Verdict)
}

func TestNobodyHasNoRound(t *testing.T) {
	t.Parallel()
	h := setup(t)
	joined := h.customer(400)
	h.exec(`update contacts set merged_into = $2 where id = $1`, joined, h.customer(400))
	for _, who := range []uuid.UUID{joined, uuid.New()} {
		require.Equal(t, retaining.Round{Verdict: retaining.Nobody}, h.begin(noon, "retention:1/entry/Begin", who))
	}
	require.Zero(t, one[int](h, `select count(*) from retention_rounds`))
}

// The policy at the beginning is the one of the whole round.
func TestTheHousesOwnPolicy(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.define("retention", retaining.Policy{
		Survey: "why", Rest: "10d", Letters: map[string]string{"other": "sorry"},
		Coupon: retaining.Coupon{Offer: "five", AmountMinor: 500, Currency: "EUR", ValidFor: "7d", Template: "five-euros"},
	})
	who := h.customer(400)
	require.Equal(t, retaining.Round{
		Verdict: retaining.Begun, Occasion: "round-1", Survey: "why", Letters: map[string]string{"other": "sorry"},
		Offer: retaining.Offer{Name: "five", AmountMinor: 500, Currency: "EUR", ValidFor: 7 * 24 * time.Hour, Template: "five-euros"},
	}, h.begin(noon, "retention:1/entry/Begin", who))
	require.Equal(t, "round-2", h.begin(noon.AddDate(0, 0, 10), "retention:2/entry/Begin", who).Occasion)
}
