package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lead is a lead as the API shows it.
type lead struct {
	ID           string         `json:"id"`
	Status       string         `json:"status"`
	Tier         string         `json:"tier"`
	Score        *int           `json:"score"`
	Factors      []factor       `json:"score_factors"`
	Assignee     string         `json:"assignee"`
	AssigneeName string         `json:"assignee_name"`
	TaskID       string         `json:"task_id"`
	ContactID    string         `json:"contact_id"`
	DuplicateOf  string         `json:"duplicate_of"`
	ReviewID     string         `json:"review_id"`
	Quality      string         `json:"quality"`
	Submission   map[string]any `json:"submission"`
	Requests     []struct {
		Kind   string `json:"kind"`
		Fields []struct {
			Field   string `json:"field"`
			Problem string `json:"problem"`
		} `json:"fields"`
	} `json:"requests"`
	Links map[string]string `json:"links"`
}

type factor struct {
	RuleID string  `json:"rule_id"`
	Reason string  `json:"reason"`
	Points float64 `json:"points"`
}

// prompt asks the API to answer when the lead is settled.
var prompt = []string{"Prefer", "wait=10"}

// settled submits a lead and returns what came of it.
func settled(t *testing.T, h *house, s submission) lead {
	t.Helper()
	return comesTo(t, h, h.call(t, http.MethodPost, "/v1/leads", s, prompt...))
}

// comesTo is the lead of an answer. A busy machine may not have settled it while the caller waited, so that is awaited.
func comesTo(t *testing.T, h *house, e exchange) lead {
	t.Helper()
	if e.Status != http.StatusAccepted {
		return decode[lead](t, e, http.StatusCreated)
	}
	l := decode[lead](t, e, http.StatusAccepted)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		l = get[lead](c, h, "/v1/leads/"+l.ID)
		require.NotEqual(c, "received", l.Status, "lead %s", l.ID)
	}, time.Minute, 50*time.Millisecond)
	return l
}

// reaches waits until the lead has the status.
func reaches(t *testing.T, h *house, id, status string) lead {
	t.Helper()
	var l lead
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		l = get[lead](c, h, "/v1/leads/"+id)
		require.Equalf(c, status, l.Status, "status of lead %s", id)
	}, 20*time.Second, 50*time.Millisecond)
	return l
}

func TestALeadIsCapturedAndFollowedUp(t *testing.T) {
	t.Parallel()
	h := shared(t)
	ada := reachable()

	e := h.call(t, http.MethodPost, "/v1/leads", ada.fills("form").with("consent", map[string]bool{"email_marketing": true}), "Prefer", "wait=5")
	l := decode[lead](t, e, http.StatusCreated)
	require.Equal(t, "wait=5", e.Header.Get("Preference-Applied"))
	require.Equal(t, "/v1/leads/"+l.ID, e.Header.Get("Location"))
	require.Equal(t, uuid.Version(7), uuid.MustParse(l.ID).Version(), "ids are ordered by time")
	require.Equal(t, "captured", l.Status)

	require.NotNil(t, l.Score)
	points := 0.0
	for _, f := range l.Factors {
		require.NotEmpty(t, f.RuleID)
		require.NotEmpty(t, f.Reason)
		points += f.Points
	}
	require.InDelta(t, points, *l.Score, 0.01, "the factors explain the score: %+v", l.Factors)
	require.Equal(t, "hot", l.Tier, "score %d by %+v", *l.Score, l.Factors)
	require.NotEmpty(t, l.Assignee)
	require.NotEmpty(t, l.TaskID)
	require.Empty(t, l.DuplicateOf)
	require.Empty(t, l.Requests)

	again := get[lead](t, h, l.Links["self"])
	require.Equal(t, l, again, "the answer of the POST is the lead")

	t.Run("the contact is known", func(t *testing.T) {
		c := get[contact](t, h, "/v1/contacts/"+l.ContactID)
		require.Equal(t, contact{ID: l.ContactID, Email: ada.email, Phone: ada.phone, FirstName: ada.first, LastName: ada.last,
			Company: ada.company, Country: "GB", Owner: l.Assignee}, c)
		happened := map[string]bool{}
		timeline := all[entry](t, h, "/v1/contacts/"+l.ContactID+"/timeline")
		for i, e := range timeline {
			happened[e.Kind+" "+e.What] = true
			require.False(t, i > 0 && e.At.After(timeline[i-1].At), "the newest comes first")
		}
		require.Subset(t, happened, map[string]bool{"interaction lead.submitted": true})
		for _, kind := range []string{"lead", "task"} {
			require.True(t, slices.ContainsFunc(timeline, func(e entry) bool { return e.Kind == kind }), "no %s among %v", kind, happened)
		}
	})

	t.Run("the run tells its way", func(t *testing.T) {
		r := closes(t, h, l.Links["process"])
		require.Equal(t, "completed", r.State)
		require.Equal(t, "captured", r.Outcome)
		for _, step := range []string{"Check the submission", "Find or create the contact", "Score the lead", "Assign a representative",
			"Create the follow-up task",
			"Tell whoever has it/By e-mail: Notify the representative", "Tell whoever has it/By webhook: Notify the representative"} {
			require.Contains(t, r.steps(), step)
		}
		for i, visit := range r.Trail {
			require.NotEmpty(t, visit.Result, visit.Step)
			require.False(t, i > 0 && visit.At.Before(r.Trail[i-1].At), "the trail is in order")
		}
	})

	t.Run("the representative is told", func(t *testing.T) {
		mail := h.mailAbout(t, l.ID)
		require.Len(t, mail, 1)
		require.Contains(t, mail[0].Subject, "New hot lead: "+ada.first)
		require.Contains(t, mail[0].Text, ada.email)
		require.Contains(t, mail[0].Text, h.at.API+"/v1/leads/"+l.ID, "the link is one that can be followed")
		hooks := h.hooksAbout(t, l.ID)
		require.Len(t, hooks, 1)
		require.NotEmpty(t, hooks[0].Headers["Webhook-Signature"])
		require.NotContains(t, hooks[0].Text, ada.last, "a webhook holds nothing personal")

		channels := map[string]string{}
		for _, m := range all[message](t, h, "/v1/messages?process=lead-capture&lead="+l.ID) {
			require.Equal(t, l.ID, m.Lead)
			require.Equal(t, l.Assignee, m.User)
			require.NotEmpty(t, m.ProviderID)
			channels[m.Channel] = m.State
		}
		require.Equal(t, map[string]string{"email": "sent", "webhook": "sent"}, channels)
	})

	t.Run("sales takes it up", func(t *testing.T) {
		handoff := "/v1/processes/lead-handoff/runs/" + l.ID
		r := waits(t, h, handoff, "The representative acknowledges")
		require.Contains(t, r.WaitingFor, "acknowledged")
		require.NotNil(t, r.Since)
		require.NotNil(t, r.Until)
		require.True(t, r.Until.After(*r.Since))

		followUps := all[task](t, h, "/v1/tasks?state=open&lead="+l.ID)
		require.Len(t, followUps, 1)
		require.Equal(t, task{ID: l.TaskID, Kind: "lead-follow-up", State: "open", Assignee: l.Assignee, Lead: l.ID}, followUps[0])
		acknowledged := post[task](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/acknowledge", nil)
		require.Equal(t, "acknowledged", acknowledged.State)
		waits(t, h, handoff, "First contact with the person")

		done := post[task](t, h, http.StatusOK, "/v1/tasks/"+l.TaskID+"/complete", map[string]string{"outcome": "accepted", "note": "They want a visit."})
		require.Equal(t, "completed", done.State)
		r = closes(t, h, handoff)
		require.Equal(t, "completed", r.State)
		require.Equal(t, "contacted", r.Outcome)
		require.Contains(t, r.results(), "The representative acknowledges: acknowledged")
		require.Contains(t, r.results(), "First contact with the person: completed")
		require.Equal(t, "accepted", get[lead](t, h, l.Links["self"]).Quality)
	})
}

func TestTheListOfLeadsSaysWhatToDoFirst(t *testing.T) {
	t.Parallel()
	h := shared(t)
	hot := settled(t, h, reachable().fills("call"))
	cold := settled(t, h, submission{"email": word(8) + "@" + word(8) + ".example.com", "last_name": word(9), "source": "purchased_list", "channel": "api"})
	require.Equal(t, "hot", hot.Tier)
	require.Equal(t, "cold", cold.Tier)

	place := map[string]int{}
	for i, l := range all[lead](t, h, "/v1/leads?status=captured") {
		require.Equal(t, "captured", l.Status)
		_, twice := place[l.ID]
		require.False(t, twice, "a page repeats lead %s", l.ID)
		place[l.ID] = i
	}
	require.Contains(t, place, hot.ID)
	require.Contains(t, place, cold.ID)
	require.Less(t, place[hot.ID], place[cold.ID])
	for _, l := range all[lead](t, h, "/v1/leads?tier=cold&assignee="+cold.Assignee) {
		require.Equal(t, "cold", l.Tier)
		require.Equal(t, cold.Assignee, l.Assignee)
		require.NotEqual(t, hot.ID, l.ID)
	}
	refused(t, h.call(t, http.MethodGet, "/v1/leads?tier=lukewarm", nil), http.StatusBadRequest)
}
