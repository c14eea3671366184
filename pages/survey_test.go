package pages_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/surveys"
)

// invited is the invitation of somebody to a survey, and who it is.
func (h *house) invited(survey string) (invitation, contact uuid.UUID) {
	h.t.Helper()
	contact = h.person()
	return h.invite(survey, contact), contact
}

func (h *house) invite(survey string, contact uuid.UUID) (invitation uuid.UUID) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		kept, err := surveys.Invite(h.t.Context(), tx, noon, surveys.Ask{Survey: survey, ContactID: contact, Occasion: uuid.NewString()})
		invitation = kept.ID
		return err
	}))
	return invitation
}

// answers are the kept answers of an invitation, and texts what was written.
func (h *house) answers(invitation uuid.UUID) (chosen map[string][]string, texts map[string]string) {
	h.t.Helper()
	require.NoError(h.t, json.Unmarshal(one[[]byte](h, `select answers from survey_answers where invitation_id = $1`, invitation), &chosen))
	require.NoError(h.t, json.Unmarshal(one[[]byte](h, `select texts from survey_answers where invitation_id = $1`, invitation), &texts))
	return chosen, texts
}

// next fills in what the page asks and sends its form.
func (h *house) next(invitation uuid.UUID, page string, answers url.Values) string {
	h.t.Helper()
	form := fields(h.t, page)
	form.Set("do", "next")
	for name, values := range answers {
		form["q."+name] = values
	}
	w := h.post(links.Survey, invitation, form)
	require.Equal(h.t, http.StatusOK, w.Code)
	return w.Body.String()
}

// What is asked further depends on what was answered; nothing is kept before the last step.
func TestASurveyGoesStepByStep(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation, who := h.invited("service")
	first := h.get(links.Survey, invitation).Body.String()
	require.Contains(t, first, `name="q.solved"`)
	require.NotContains(t, first, `name="q.missing"`)
	require.Contains(t, first, ">Continue<")

	second := h.next(invitation, first, url.Values{"satisfied": {"2"}, "solved": {"no"}, "recommend": {"3"}})
	require.Contains(t, second, `name="q.missing"`)
	require.Contains(t, second, `<input type="hidden" name="q.satisfied" value="2">`)
	require.Contains(t, second, ">Send<")
	require.Zero(t, one[int](h, `select count(*) from survey_answers`))
	require.True(t, one[bool](h, `select opened_at is not null and answered_at is null from survey_invitations`))

	thanks := h.next(invitation, second, url.Values{"missing": {"  the manual  "}})
	require.Contains(t, thanks, "Thank you")
	chosen, texts := h.answers(invitation)
	require.Equal(t, map[string][]string{"satisfied": {"2"}, "solved": {"no"}, "recommend": {"3"}}, chosen)
	require.Equal(t, map[string]string{"missing": "the manual"}, texts)
	require.Equal(t, "detractor", one[string](h, `select word from survey_answers`))
	require.Equal(t, 1, one[int](h, `select count(*) from interactions where contact_id = $1 and kind = 'survey.answered'`, who))
}

// Going back keeps what was answered; an answer that takes another turn leaves nothing behind of the first.
func TestASurveyGoesBack(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation, _ := h.invited("service")
	page := h.next(invitation, h.get(links.Survey, invitation).Body.String(), url.Values{"satisfied": {"5"}, "solved": {"no"}, "recommend": {"10"}})
	form := fields(t, page)
	form.Set("q.missing", "half of it")
	form.Set("do", "back")
	back := h.post(links.Survey, invitation, form).Body.String()
	require.Contains(t, back, `value="no" checked`)
	require.Contains(t, h.next(invitation, back, url.Values{"solved": {"yes"}}), "Thank you")
	chosen, texts := h.answers(invitation)
	require.Equal(t, []string{"yes"}, chosen["solved"])
	require.Empty(t, texts)
}

func TestASurveySaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", surveys.MaxText+1)
	for name, tc := range map[string]struct {
		answers url.Values
		says    string
	}{
		"missing":      {url.Values{"satisfied": {"4"}}, "Please answer this question."},
		"no option":    {url.Values{"satisfied": {"6"}, "recommend": {"9"}}, "Please choose one of the answers."},
		"too many":     {url.Values{"satisfied": {"4", "5"}, "recommend": {"9"}}, "Please give one answer only."},
		"too long":     {url.Values{"satisfied": {"4"}, "recommend": {"9"}, "words": {long}}, "at most 4,000 characters"},
		"not a number": {url.Values{"satisfied": {"05"}, "recommend": {"9"}}, "Please choose one of the answers."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			invitation, _ := h.invited("satisfaction")
			page := h.next(invitation, h.get(links.Survey, invitation).Body.String(), tc.answers)
			require.Contains(t, page, tc.says)
			require.Contains(t, page, `role="alert"`)
			require.Zero(t, one[int](h, `select count(*) from survey_answers`))
			require.Contains(t, h.next(invitation, page, url.Values{"satisfied": {"4"}, "recommend": {"9"}, "words": {"fine"}}), "Thank you")
		})
	}
}

// Of many who send the form at once, one is heard; the others read that the answer is in.
func TestASurveyIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation, _ := h.invited("satisfaction")
	pages := make([]string, 6)
	var all sync.WaitGroup
	for i := range pages {
		all.Go(func() {
			pages[i] = h.post(links.Survey, invitation, url.Values{"do": {"next"}, "q.satisfied": {string(rune('1' + i%5))}, "q.recommend": {"9"}}).Body.String()
		})
	}
	all.Wait()
	thanked := 0
	for _, page := range pages {
		if strings.Contains(page, "Thank you. Your answer helps us to do better.") {
			thanked++
			continue
		}
		require.Contains(t, page, "Your answers have reached us already.")
	}
	require.Equal(t, 1, thanked)
	require.Equal(t, 1, one[int](h, `select count(*) from events where type = 'survey.answered'`))

	before := h.contents()
	require.Contains(t, h.post(links.Survey, invitation, url.Values{"q.satisfied": {"1"}, "q.recommend": {"0"}}).Body.String(), "Your answers have reached us already.")
	require.Contains(t, h.get(links.Survey, invitation).Body.String(), "Your answers have reached us already.")
	require.Equal(t, before, h.contents())
}

func TestASurveyThatHasClosed(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation, _ := h.invited("satisfaction")
	before := h.contents()
	later := h.at(noon.AddDate(0, 0, 30), "")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := h.serve(later, links.Survey, h.links.Token(links.Survey, invitation, 0), method, "q.satisfied=5&q.recommend=9", nil)
		require.Equal(t, http.StatusGone, w.Code, method)
		require.Contains(t, w.Body.String(), "This survey has closed", method)
		require.NotContains(t, w.Body.String(), "<form", method)
	}
	require.Equal(t, before, h.contents())
}

// A mail may offer the scale itself: what was clicked there is chosen on the page, and not kept by the click.
func TestAMailMayChooseAhead(t *testing.T) {
	t.Parallel()
	h := setup(t)
	invitation, _ := h.invited("satisfaction")
	for query, want := range map[string][]string{"q=satisfied&a=4": {"4"}, "q=satisfied&a=9": nil, "q=words&a=spam": nil, "q=none&a=4": nil, "": nil} {
		w := h.serve(h.pages, links.Survey, h.links.Token(links.Survey, invitation, 0), http.MethodGet, "", func(r *http.Request) { r.URL.RawQuery = query })
		require.Equal(t, want, fields(t, w.Body.String())["q.satisfied"], query)
		require.NotContains(t, w.Body.String(), "spam")
	}
	require.Zero(t, one[int](h, `select count(*) from survey_answers`))
}
