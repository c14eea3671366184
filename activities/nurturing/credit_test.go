package nurturing_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/nurturing"
)

func TestReactionsCountOnceIntoTheScore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	message := uuid.New()
	credit := func(kind string, message uuid.UUID) nurturing.Standing {
		t.Helper()
		standing, err := h.nurturing.Credit(as("lead-nurture", l, "credit"), nurturing.Reaction{LeadID: l.id, MessageID: message, Kind: kind, Track: "intro"})
		require.NoError(t, err)
		return standing
	}
	require.Equal(t, nurturing.Standing{Score: 23, Tier: "cold"}, credit("opened", message))
	require.Equal(t, nurturing.Standing{Score: 23, Tier: "cold"}, credit("opened", message), "again")
	require.Equal(t, nurturing.Standing{Score: 33, Tier: "cold"}, credit("clicked", message))
	require.Equal(t, nurturing.Standing{Score: 43, Tier: "warm"}, credit("clicked", uuid.New()))
	require.Equal(t, nurturing.Standing{Score: 68, Tier: "warm", Ready: true}, credit("replied", message))
	require.Equal(t, nurturing.Standing{Score: 23, Tier: "cold"}, credit("opened", message), "the answer of then")

	require.Equal(t, 68, one[int](h, `select score from leads where id = $1`, l.id))
	require.Equal(t, "warm", one[string](h, `select tier from leads where id = $1`, l.id))
	require.JSONEq(t, `[{"rule_id": "nurture.opened", "reason": "a message of the nurture track was opened", "points": 3},
		{"rule_id": "nurture.clicked", "reason": "a message of the nurture track was clicked", "points": 20},
		{"rule_id": "nurture.replied", "reason": "a message of the nurture track was answered", "points": 25}]`,
		one[string](h, `select factors::text from lead_scores where lead_id = $1 order by score desc limit 1`, l.id))
	require.Equal(t, 4, one[int](h, `select count(*) from audit_logs where action = 'lead.score'`))

	for range 9 {
		credit("clicked", uuid.New())
	}
	require.Equal(t, 100, credit("clicked", uuid.New()).Score, "it ends at a hundred")

	_, err := h.nurturing.Credit(as("lead-nurture", l, "credit"), nurturing.Reaction{LeadID: uuid.New(), MessageID: message, Kind: "opened", Track: "intro"})
	require.ErrorContains(t, err, "there is no lead")
}

func TestReactionsAtTheSameTimeAllCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	messages := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	errs := make([]error, 16)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			_, errs[i] = h.nurturing.Credit(as("lead-nurture", l, "credit"),
				nurturing.Reaction{LeadID: l.id, MessageID: messages[i%len(messages)], Kind: "opened", Track: "intro"})
		})
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 20+4*3, one[int](h, `select score from leads where id = $1`, l.id))
}

func TestATrackThatRanOutIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.lead()
	for range 2 {
		_, err := h.nurturing.Exhaust(as("lead-nurture", l, "exhaust"), nurturing.Exhaustion{ContactID: l.contact, LeadID: l.id})
		require.NoError(t, err)
	}
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'lead.nurture-exhausted' and subject = $1`, l.contact.String()))
	_, err := h.nurturing.Exhaust(context.Background(), nurturing.Exhaustion{ContactID: l.contact, LeadID: l.id})
	require.NoError(t, err)
	require.Equal(t, 2, one[int](h, `select count(*) from events where type = 'lead.nurture-exhausted'`), "another run's is another")
}
