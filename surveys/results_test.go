package surveys_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/surveys"
)

// Ten people, worked out by hand: of ten scores five are 9 or 10 and three 6 or less, so the NPS is 50 − 30 = 20. Of the
// nine who were asked how content they are, six said 4 or 5: 66.67 %; their numbers add up to 34, a mean of 3.78.
func TestResultsByHand(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("sums", plain(english("score", surveys.NPS), english("stars", surveys.CSAT), english("why", surveys.Choices, "a", "b"), english("words", surveys.Text)))
	scores := []int{10, 9, 9, 10, 9, 8, 7, 6, 3, 0}
	stars := []int{5, 5, 4, 5, 4, 4, 3, 3, 1, -1}
	for i, score := range scores {
		answers := map[string][]string{"score": {strconv.Itoa(score)}}
		if stars[i] > 0 {
			answers["stars"] = []string{strconv.Itoa(stars[i])}
		}
		switch {
		case i < 2:
			answers["why"] = []string{"a", "b"}
		case i == 2:
			answers["why"], answers["words"] = []string{"b"}, []string{"well done"}
		}
		h.answer(h.invited("sums"), answers)
	}
	h.invited("sums") // does not answer
	opened := h.invited("sums")
	require.NoError(t, surveys.MarkOpened(t.Context(), h.pool, noon, opened))

	r, err := surveys.Results(t.Context(), h.pool, "sums", noon, noon.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, []int{12, 11, 10}, []int{r.Invited, r.Opened, r.Answered})
	require.InDelta(t, 83.333, *r.Rate, 0.001)
	require.Equal(t, []int{5, 2, 3}, []int{r.NPS.Promoters, r.NPS.Passives, r.NPS.Detractors})
	require.InDelta(t, 20, r.NPS.Score, 1e-9)
	// p = 5.75/13, d = 3.75/13: 0.153846 ± 1.959964 · √((0.730769 − 0.023669)/13)
	require.InDelta(t, -30.326, r.NPS.Interval.Low, 0.01)
	require.InDelta(t, 61.095, r.NPS.Interval.High, 0.01)
	require.Equal(t, 9, r.CSAT.Answers)
	require.InDelta(t, 66.667, r.CSAT.Share, 0.001)
	require.InDelta(t, 3.778, r.CSAT.Mean, 0.001)
	require.Equal(t, map[string]int{"": 10}, r.Words)
	byQuestion := map[string]surveys.QuestionResult{}
	for _, q := range r.Questions {
		byQuestion[q.Question] = q
	}
	require.Equal(t, map[string]int{"a": 2, "b": 3}, byQuestion["why"].Counts)
	require.Equal(t, 1, byQuestion["words"].Written)
	require.Equal(t, 2, byQuestion["stars"].Counts["3"])
	require.Equal(t, 3, byQuestion["score"].Counts["9"])
}

func TestNobodyAskedIsNoResult(t *testing.T) {
	t.Parallel()
	h := setup(t)
	r, err := surveys.Results(t.Context(), h.pool, "satisfaction", noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0))
	require.NoError(t, err)
	require.Equal(t, surveys.Result{Words: map[string]int{}}, r, "nothing is not zero")
}

// Tests of the house and other times and surveys stay out of the numbers.
func TestWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	h := setup(t)
	good := map[string][]string{"satisfied": {"5"}, "recommend": {"10"}}
	h.answer(h.invited("satisfaction"), good)
	test, err := h.invite(noon, surveys.Ask{Survey: "satisfaction", ContactID: h.person(""), Occasion: "try", Test: true})
	require.NoError(t, err)
	h.answer(test.ID, good)
	require.Equal(t, 1, one[int](h, `select count(*) from interactions`), "a test is nothing in a person's history")
	for _, at := range []time.Time{noon.Add(-time.Microsecond), noon.Add(time.Hour)} {
		kept, err := h.invite(at, surveys.Ask{Survey: "satisfaction", ContactID: h.person(""), Occasion: "sale-2"})
		require.NoError(t, err)
		h.answer(kept.ID, map[string][]string{"satisfied": {"1"}, "recommend": {"0"}})
	}
	h.answer(h.invited("service"), map[string][]string{"satisfied": {"1"}, "recommend": {"0"}, "solved": {"yes"}})

	r, err := surveys.Results(t.Context(), h.pool, "satisfaction", noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, r.Invited)
	require.InDelta(t, 100, r.NPS.Score, 1e-9)
	require.InDelta(t, 100, r.CSAT.Share, 1e-9)
	require.Equal(t, map[string]int{"promoter": 1}, r.Words)
}
