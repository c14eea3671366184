package dealing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/deals"
)

// asked is one request of the race and its verdict.
type asked struct {
	key     string
	what    string
	deal    uuid.UUID
	to      string
	amount  int64
	verdict dealing.Verdict
}

// raceSize is how many deals and requests; PERDURA_DEALS_RACE raises the requests.
func raceSize() (int, int) {
	if n, err := strconv.Atoi(os.Getenv("PERDURA_DEALS_RACE")); err == nil && n > 0 {
		return max(20, n/25), n
	}
	return 20, 500
}

// Many people at once change the same deals, and some send the same request twice. The history, replayed by the rules,
// gives every verdict and every deal.
func TestVerdictsFallOneAfterTheOther(t *testing.T) {
	t.Parallel()
	r := setup(t)
	rules := r.define(func(p *deals.Pipeline) { // few obstacles: deals go all the way and back
		for i := range p.Stages {
			p.Stages[i].Criteria, p.Stages[i].Activities = nil, nil
		}
		p.Stages[3].Criteria = []deals.Criterion{{Kind: deals.Interactions, Least: 3}}
	})
	count, requests := raceSize()
	const clients = 16
	ids := make([]uuid.UUID, count)
	for i := range ids {
		ids[i] = r.deal()
	}
	seed := uint64(requests)
	work := make(chan int, requests)
	for i := range requests {
		work <- i
	}
	close(work)
	list := make([]asked, requests)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := range work {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				a := r.ask(random, ids[random.IntN(count)], fmt.Sprint("race.", i))
				if random.IntN(10) == 0 { // the answer was lost
					same := rand.New(rand.NewPCG(seed, uint64(i)))
					again := r.ask(same, ids[same.IntN(count)], a.key)
					require.Equal(t, a.verdict, again.verdict)
				}
				list[i] = a
			}
		})
	}
	wg.Wait()
	verdicts := map[string]asked{}
	for _, a := range list {
		verdicts["deal:1/e/"+a.key] = a
	}
	accepted := 0
	for _, id := range ids {
		accepted += r.replay(id, rules, verdicts)
	}
	require.Empty(t, verdicts, "every request has one row in the history of its deal")
	require.Positive(t, accepted)
	require.Less(t, accepted, requests, "a race in which nobody loses proves little")
}

// ask draws a request. The first draw of random was the deal.
func (r *room) ask(random *rand.Rand, deal uuid.UUID, name string) asked {
	a := asked{key: name, deal: deal}
	stages := []string{"qualification", "needs-analysis", "proposal", "negotiation", "closing"}
	var err error
	switch draw := random.IntN(60); {
	case draw < 30:
		a.what, a.to = "move", stages[random.IntN(len(stages))]
		m := dealing.Moving{DealID: deal, To: a.to}
		if random.IntN(2) == 0 {
			m.Reason = "scope-changed"
		}
		a.verdict, err = r.deals.Move(key("%s", name), m)
	case draw < 45:
		a.what, a.amount = "amend", int64(1+random.IntN(1000))
		a.verdict, err = r.deals.Amend(key("%s", name), dealing.Amending{DealID: deal, Amount: euros(a.amount)})
	case draw < 59:
		a.what = "log"
		a.verdict, err = r.deals.Log(key("%s", name), dealing.Logging{DealID: deal, Kind: "call"})
	default:
		a.what = "lose"
		a.verdict, err = r.deals.Lose(key("%s", name), dealing.Losing{DealID: deal, Reason: "price"})
	}
	require.NoError(r.t, err)
	return a
}

// replay goes through the history of a deal, takes its requests out of verdicts, and returns how many were accepted.
func (r *room) replay(id uuid.UUID, rules deals.Pipeline, verdicts map[string]asked) (accepted int) {
	t := r.t
	rows, err := query.New().ListDealHistory(t.Context(), r.pool, query.ListDealHistoryParams{DealID: id, MaxRows: 100_000})
	require.NoError(t, err)
	slices.Reverse(rows)
	at := query.DealHistory{StageAfter: "qualification", StateAfter: deals.Open, ListAfter: 100_000, AmountAfter: 100_000, Revision: 1}
	for i, h := range rows {
		require.EqualValues(t, i+1, h.No, "no verdict is lost")
		require.Equal(t, at.StageAfter, h.StageBefore)
		require.Equal(t, at.StateAfter, h.StateBefore)
		require.Equal(t, at.AmountAfter, h.AmountBefore)
		require.Contains(t, []int32{at.Revision, at.Revision + 1}, h.Revision)
		require.Equal(t, h.Revision > at.Revision, h.AmountAfter != h.AmountBefore)
		legal(t, rules, h)
		if a, known := verdicts[h.Key]; known {
			require.Equal(t, id, a.deal)
			require.Equal(t, a.what, h.What)
			require.Equal(t, a.verdict.Accepted, h.Accepted)
			var kept dealing.Verdict
			require.NoError(t, json.Unmarshal(h.Verdict, &kept))
			require.Equal(t, a.verdict, kept)
			require.Equal(t, h.StageAfter, a.verdict.Stage)
			require.Equal(t, h.StateAfter, a.verdict.State)
			require.EqualValues(t, h.Revision, a.verdict.Revision)
			if h.Accepted {
				accepted++
				if a.what == "move" {
					require.Equal(t, a.to, h.StageAfter)
				}
				if a.what == "amend" {
					require.Equal(t, a.amount, h.AmountAfter)
				}
			}
			delete(verdicts, h.Key)
		}
		at = h
	}
	deal, err := query.New().GetDeal(t.Context(), r.pool, id)
	require.NoError(t, err)
	require.EqualValues(t, len(rows), deal.Version)
	require.Equal(t, []any{at.StageAfter, at.StateAfter, at.AmountAfter, at.Revision}, []any{deal.Stage, deal.State, deal.AmountMinor, deal.Revision})
	require.Equal(t, at.ProbabilityAfter, deal.Probability)
	return accepted
}

// legal says whether the rules allow what happened: what was refused changes nothing, and stages follow their sequence.
func legal(t *testing.T, rules deals.Pipeline, h query.DealHistory) {
	t.Helper()
	if !h.Accepted {
		require.Equal(t, []any{h.StageBefore, h.StateBefore, h.AmountBefore}, []any{h.StageAfter, h.StateAfter, h.AmountAfter})
		return
	}
	place := func(name string) int {
		return slices.IndexFunc(rules.Stages, func(s deals.Stage) bool { return s.Name == name })
	}
	from, to := place(h.StageBefore), place(h.StageAfter)
	require.GreaterOrEqual(t, to, 0)
	require.LessOrEqual(t, to, from+1)
	if to < from {
		require.Equal(t, "scope-changed", *h.Reason)
	}
	if h.What == "move" || h.What == "lose" {
		require.Equal(t, deals.Open, h.StateBefore)
	}
	require.NotContains(t, []string{deals.Won, deals.Lost}, h.StateBefore, "nothing happens to what has ended")
}
