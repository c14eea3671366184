package surveys_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/surveys"
)

// Of many answers at once one is kept, whole: its scores, its words, its event.
func TestTheFirstAnswerStands(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation := h.invited("satisfaction")
	start, errs := make(chan struct{}), make([]error, 5)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			<-start
			_, errs[i] = h.submit(noon, invitation, map[string][]string{"satisfied": {strconv.Itoa(i + 1)}, "recommend": {strconv.Itoa(i + 1)}, "words": {strconv.Itoa(i + 1)}})
		})
	}
	close(start)
	all.Wait()
	winner := 0
	for i, err := range errs {
		if err == nil {
			require.Zero(t, winner, "a second answer was kept")
			winner = i + 1
			continue
		}
		require.ErrorIs(t, err, surveys.ErrAnswered)
	}
	require.NotZero(t, winner)
	require.Equal(t, 1, one[int](h, `select count(*) from survey_answers where nps = $1 and csat = $1 and texts = jsonb_build_object('words', $1::text)`, winner))
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'survey.answered' and subject = $1`, invitation.String()))
	require.Equal(t, 1, one[int](h, `select count(*) from interactions`))

	_, err := h.submit(noon, invitation, map[string][]string{"satisfied": {"1"}, "recommend": {"1"}})
	require.ErrorIs(t, err, surveys.ErrAnswered, "also after the race")
}

func TestWhoCannotAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation := h.invited("satisfaction")
	good := map[string][]string{"satisfied": {"4"}, "recommend": {"9"}}
	_, err := h.submit(noon, uuid.New(), good)
	require.ErrorIs(t, err, surveys.ErrUnknown)
	end := noon.AddDate(0, 0, 30)
	_, err = h.submit(end, invitation, good)
	require.ErrorIs(t, err, surveys.ErrExpired)
	_, answered, err := surveys.Read(t.Context(), h.pool, invitation)
	require.NoError(t, err)
	require.False(t, answered)
	_, _, err = surveys.Read(t.Context(), h.pool, uuid.New())
	require.ErrorIs(t, err, surveys.ErrUnknown)

	problems, err := h.submit(end.Add(-time.Microsecond), invitation, good)
	require.NoError(t, err, "the last moment counts")
	require.Empty(t, problems)
	_, err = h.submit(end, invitation, good)
	require.ErrorIs(t, err, surveys.ErrAnswered, "answered says more than expired")
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	must := func(q surveys.Question) surveys.Question { q.Required = true; return q }
	about := english("about", surveys.Text)
	about.ShowIf = &surveys.ShowIf{Question: "which", In: []string{"b", "c"}}
	h.publish("mixed", plain(must(english("score", surveys.NPS)), english("stars", surveys.CSAT), english("which", surveys.Choice, "a", "b", "c"),
		english("any", surveys.Choices, "x", "y", "z"), must(about)))
	invitation := h.invited("mixed")
	for name, tc := range map[string]struct {
		answers map[string][]string
		want    []string
	}{
		"nothing":         {nil, []string{"score required"}},
		"blank":           {map[string][]string{"score": {"  "}}, []string{"score required"}},
		"shown, required": {map[string][]string{"score": {"0"}, "which": {"b"}}, []string{"about required"}},
		"out of scale":    {map[string][]string{"score": {"11"}, "stars": {"0"}}, []string{"score not-an-option", "stars not-an-option"}},
		"odd numbers":     {map[string][]string{"score": {"+5"}, "stars": {"4.0"}}, []string{"score not-an-option", "stars not-an-option"}},
		"two scores":      {map[string][]string{"score": {"9", "10"}}, []string{"score too-many"}},
		"two of one":      {map[string][]string{"score": {"9"}, "which": {"a", "b"}}, []string{"which too-many"}},
		"foreign option":  {map[string][]string{"score": {"9"}, "any": {"x", "w"}}, []string{"any not-an-option"}},
		"too long":        {map[string][]string{"score": {"9"}, "which": {"c"}, "about": {strings.Repeat("ß", surveys.MaxText+1)}}, []string{"about too-long"}},
		"no such":         {map[string][]string{"score": {"9"}, "zip": {"1"}, "age": {"1"}}, []string{"age no-such-question", "zip no-such-question"}},
	} {
		problems, err := h.submit(noon, invitation, tc.answers)
		require.NoError(t, err, name)
		var got []string
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
			got = append(got, p.Question+" "+p.Code)
		}
		require.Equal(t, tc.want, got, name)
	}
	require.Zero(t, one[int](h, `select count(*) from survey_answers`))
	require.Zero(t, one[int](h, `select count(*) from events`))

	h.answer(invitation, map[string][]string{
		"score": {" 0 ", "0"}, "which": {"a"}, "any": {"z", "x", "z"}, "about": {"nobody asked"},
	})
	require.JSONEq(t, `{"score": ["0"], "which": ["a"], "any": ["z", "x"]}`, string(one[[]byte](h, `select answers from survey_answers`)))
	require.JSONEq(t, `{}`, string(one[[]byte](h, `select texts from survey_answers`)), "what was answered to questions that were not asked is dropped")
	require.Equal(t, 0, one[int](h, `select nps from survey_answers`), "0 is an answer")
	require.True(t, one[bool](h, `select csat is null from survey_answers`))
}

// The text that just fits is kept to the last character; what PostgreSQL cannot keep is left out.
func TestTextsAreKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publish("words", plain(english("words", surveys.Text)))
	for given, want := range map[string]string{
		strings.Repeat("ß", surveys.MaxText): strings.Repeat("ß", surveys.MaxText),
		"a\x00b\xffc":                        "abc",
		" <b>two\nlines</b> ":                "<b>two\nlines</b>",
	} {
		invitation := h.invited("words")
		h.answer(invitation, map[string][]string{"words": {given}})
		require.Equal(t, want, one[string](h, `select texts->>'words' from survey_answers where invitation_id = $1`, invitation))
	}
}
