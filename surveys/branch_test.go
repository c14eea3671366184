package surveys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/surveys"
)

func TestAnAnswerTakesItsBranch(t *testing.T) {
	t.Parallel()
	h := setup(t)
	s := plain(english("score", surveys.NPS), english("stars", surveys.CSAT), english("why", surveys.Choices, "price", "taste", "other"))
	s.Branches = []surveys.Branch{
		{Word: "angry", Then: surveys.CallBack, Any: []surveys.Condition{{Question: "score", AtMost: number(6)}, {Question: "stars", AtMost: number(2)}}},
		{Word: "middling", Then: surveys.Thank, Template: "we-try-harder", Any: []surveys.Condition{{Question: "score", AtLeast: number(7), AtMost: number(8)}}},
		{Word: "dear", Then: surveys.Nothing, Any: []surveys.Condition{{Question: "why", In: []string{"price", "other"}}}},
		{Word: "fan", Then: surveys.Promote, Any: []surveys.Condition{{Question: "score", AtLeast: number(9)}}},
	}
	h.publish("branching", s)
	for name, tc := range map[string]struct {
		answers map[string][]string
		want    string
	}{
		"low":               {map[string][]string{"score": {"6"}}, "angry call-back "},
		"lowest":            {map[string][]string{"score": {"0"}}, "angry call-back "},
		"the other of any":  {map[string][]string{"score": {"10"}, "stars": {"2"}}, "angry call-back "},
		"from below":        {map[string][]string{"score": {"7"}}, "middling thank we-try-harder"},
		"from above":        {map[string][]string{"score": {"8"}, "stars": {"3"}}, "middling thank we-try-harder"},
		"the first applies": {map[string][]string{"score": {"9"}, "why": {"taste", "price"}}, "dear nothing "},
		"the last":          {map[string][]string{"score": {"9"}, "why": {"taste"}}, "fan promote "},
		"none":              {map[string][]string{"stars": {"5"}, "why": {"taste"}}, " thank "},
		"no answer at all":  {nil, " thank "},
	} {
		invitation := h.invited("branching")
		h.answer(invitation, tc.answers)
		b, answered, err := surveys.Read(t.Context(), h.pool, invitation)
		require.NoError(t, err)
		require.True(t, answered)
		require.Equal(t, tc.want, b.Word+" "+b.Then+" "+b.Template, name)
	}
}

// A survey that is changed changes nothing for those who were invited before: neither what they are asked, nor what
// follows.
func TestAnInvitationKeepsItsVersion(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first := plain(english("score", surveys.NPS))
	first.Branches = []surveys.Branch{{Word: "low", Then: surveys.CallBack, Any: []surveys.Condition{{Question: "score", AtMost: number(6)}}}}
	h.publish("changing", first)
	before := h.invited("changing")
	h.publish("changing", plain(english("stars", surveys.CSAT)))
	after := h.invited("changing")

	form, err := surveys.Load(t.Context(), h.pool, before)
	require.NoError(t, err)
	require.Equal(t, 1, form.Version)
	require.Equal(t, "score", form.Questions[0].ID)
	h.answer(before, map[string][]string{"score": {"3"}})
	b, _, err := surveys.Read(t.Context(), h.pool, before)
	require.NoError(t, err)
	require.Equal(t, surveys.CallBack, b.Then)

	form, err = surveys.Load(t.Context(), h.pool, after)
	require.NoError(t, err)
	require.Equal(t, 2, form.Version)
	problems, err := h.submit(noon, after, map[string][]string{"score": {"3"}})
	require.NoError(t, err)
	require.Len(t, problems, 1)
}

// Where two questions could count, the first with an answer does.
func TestTheFirstScoreCounts(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("twice", plain(english("one", surveys.NPS), english("two", surveys.NPS), english("three", surveys.CSAT), english("four", surveys.CSAT)))
	for _, tc := range []struct {
		answers   map[string][]string
		nps, csat int
	}{
		{map[string][]string{"one": {"3"}, "two": {"9"}, "three": {"2"}, "four": {"5"}}, 3, 2},
		{map[string][]string{"two": {"9"}, "four": {"5"}}, 9, 5},
	} {
		invitation := h.invited("twice")
		h.answer(invitation, tc.answers)
		require.Equal(t, tc.nps, one[int](h, `select nps from survey_answers where invitation_id = $1`, invitation))
		require.Equal(t, tc.csat, one[int](h, `select csat from survey_answers where invitation_id = $1`, invitation))
	}
}
