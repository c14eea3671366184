package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnePersonByFormAndChatAtOnceIsOneContact(t *testing.T) {
	t.Parallel()
	h := shared(t)
	const pairs = 50
	people := make([]person, pairs)
	for i := range people {
		people[i] = newPerson()
	}
	exchanges := together(2*pairs, 2*pairs, func(i int) exchange {
		p, channel := people[i/2], "form"
		if i%2 == 1 {
			channel, p.email = "chat", strings.ToUpper(p.email)
		}
		e, err := h.send(http.MethodPost, "/v1/leads", p.fills(channel), prompt...)
		if err != nil {
			return exchange{}
		}
		return e
	})
	for i := range people {
		var pair [2]lead
		for j := range pair {
			e := exchanges[2*i+j]
			h.check(t, e)
			pair[j] = comesTo(t, h, e)
		}
		first, second := pair[0], pair[1]
		if first.Status == "merged" {
			first, second = second, first
		}
		require.Equal(t, "captured", first.Status)
		require.Equal(t, "merged", second.Status)
		require.Equal(t, first.ID, second.DuplicateOf)
		require.Empty(t, first.DuplicateOf)
		require.Equal(t, first.ContactID, second.ContactID)
		require.Empty(t, second.TaskID, "one task for one person")
		require.Equal(t, first.Assignee, get[contact](t, h, "/v1/contacts/"+first.ContactID).Owner)
		require.Len(t, all[lead](t, h, "/v1/leads?contact="+first.ContactID), 2)
		require.Len(t, all[task](t, h, "/v1/tasks?contact="+first.ContactID), 1)
	}
}

// review is a question to a person: is this lead that contact?
type review struct {
	ID        string `json:"id"`
	LeadID    string `json:"lead_id"`
	ContactID string `json:"contact_id"`
	State     string `json:"state"`
}

// resembles submits somebody who shares telephone and family name with the first, and another given name.
func resembles(t *testing.T, h *house, first person) lead {
	t.Helper()
	relative := newPerson()
	relative.phone, relative.last, relative.company = first.phone, first.last, first.company
	relative.first = "Qyxyq" // no letter of it stands in a made-up name
	l := settled(t, h, relative.fills("form").without("email"))
	require.Equal(t, "in_review", l.Status)
	require.NotEmpty(t, l.ReviewID)
	return l
}

func TestANearDuplicateIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	h := shared(t)
	for decision, status := range map[string]string{"merge": "merged", "separate": "captured"} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			known := reachable()
			first := settled(t, h, known.fills("form"))
			require.Equal(t, "captured", first.Status)
			second := resembles(t, h, known)

			var asked review
			for _, r := range all[review](t, h, "/v1/reviews?state=open") {
				if r.ID == second.ReviewID {
					asked = r
				}
			}
			require.Equal(t, review{ID: second.ReviewID, LeadID: second.ID, ContactID: first.ContactID, State: "open"}, asked)
			waits(t, h, second.Links["process"], "Merge review")

			at := "/v1/reviews/" + second.ReviewID + "/decide"
			p := refused(t, h.call(t, http.MethodPost, at, map[string]string{"decision": "perhaps"}), http.StatusUnprocessableEntity)
			require.Equal(t, []string{"decision"}, p.fields())
			post[review](t, h, http.StatusAccepted, at, map[string]string{"decision": decision})
			refused(t, h.call(t, http.MethodPost, at, map[string]string{"decision": "merge"}), http.StatusConflict)

			l := reaches(t, h, second.ID, status)
			require.Empty(t, l.ReviewID)
			r := closes(t, h, l.Links["process"])
			require.Equal(t, status, r.Outcome)
			require.Contains(t, r.results(), "Merge review: merge-decided")
			if decision == "merge" {
				require.Equal(t, first.ContactID, l.ContactID)
				require.Equal(t, first.ID, l.DuplicateOf)
			} else {
				require.NotEqual(t, first.ContactID, l.ContactID)
				require.NotEmpty(t, l.TaskID)
			}
			for _, work := range all[task](t, h, "/v1/tasks?lead="+second.ID) {
				require.False(t, work.Kind == "merge-review" && work.State == "open", "the question stands though it was answered")
			}
		})
	}
}

func TestMissingAndMalformedDataIsAskedForAndAmended(t *testing.T) {
	t.Parallel()
	h := shared(t)
	for name, c := range map[string]struct {
		change              func(submission) submission
		status, kind, field string
	}{
		"malformed e-mail": {
			change: func(s submission) submission { return s.with("email", "ada at example") },
			status: "invalid", kind: "correction", field: "email",
		},
		"malformed telephone": {
			change: func(s submission) submission { return s.without("email").with("phone", "call me") },
			status: "invalid", kind: "correction", field: "phone",
		},
		"a blank e-mail": {
			change: func(s submission) submission { return s.with("email", " ") },
			status: "incomplete", kind: "completion", field: "email",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := reachable()
			l := settled(t, h, c.change(p.fills("form").without("phone")))
			require.Equal(t, c.status, l.Status)
			require.Empty(t, l.ContactID)
			require.NotEmpty(t, l.Requests)
			asked := map[string]bool{}
			for _, request := range l.Requests {
				for _, f := range request.Fields {
					require.NotEmpty(t, f.Problem)
					asked[request.Kind+" "+f.Field] = true
				}
			}
			require.True(t, asked[c.kind+" "+c.field], "asked for %v", asked)
			waits(t, h, l.Links["process"], "The submission is put right")

			at := "/v1/leads/" + l.ID + "/amend"
			refused(t, h.call(t, http.MethodPost, at, submission{}), http.StatusUnprocessableEntity)
			refused(t, h.call(t, http.MethodPost, at, submission{"channel": "form"}), http.StatusUnprocessableEntity)
			post[lead](t, h, http.StatusAccepted, at, submission{c.field: p.fills("form")[c.field]})
			l = reaches(t, h, l.ID, "captured")
			require.Equal(t, p.fills("form")[c.field], l.Submission[c.field])
			require.Empty(t, l.Requests)
			known := get[contact](t, h, "/v1/contacts/"+l.ContactID)
			require.Equal(t, map[string]string{"email": p.email, "phone": p.phone}[c.field],
				map[string]string{"email": known.Email, "phone": known.Phone}[c.field])
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				require.Contains(c, get[run](c, h, l.Links["process"]).results(), "The submission is put right: amended")
			}, 10*time.Second, 50*time.Millisecond)
			refused(t, h.call(t, http.MethodPost, at, submission{"last_name": p.last}), http.StatusConflict)
		})
	}
}

func TestWhatIsWantedHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := shared(t)
	l := settled(t, h, newPerson().fills("form").without("last_name"))
	l = reaches(t, h, l.ID, "captured")
	require.Len(t, l.Requests, 1)
	require.Equal(t, "completion", l.Requests[0].Kind)
	require.Equal(t, "last_name", l.Requests[0].Fields[0].Field)

	name := newPerson().last
	post[lead](t, h, http.StatusAccepted, "/v1/leads/"+l.ID+"/amend", submission{"last_name": name})
	require.Empty(t, get[lead](t, h, "/v1/leads/"+l.ID).Requests)
	require.Equal(t, name, get[contact](t, h, "/v1/contacts/"+l.ContactID).LastName)
}

func TestALeadThatCannotBeReadIsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	h := shared(t)
	good := newPerson().fills("form")
	for name, c := range map[string]struct {
		body   any
		status int
		fields []string
	}{
		"neither e-mail nor telephone": {good.without("email"), 422, []string{"email", "phone"}},
		"no source":                    {good.without("source"), 422, []string{"source"}},
		"unknown channel":              {good.with("channel", "pigeon"), 422, []string{"channel"}},
		"unknown field":                {good.with("surname", "Example"), 422, []string{"surname"}},
		"a number for a name":          {good.with("last_name", 7), 422, []string{"last_name"}},
		"two things wrong":             {good.with("last_name", 7).without("source"), 422, []string{"last_name", "source"}},
		"no JSON":                      {[]byte(`{"email": `), 400, []string{"body"}},
		"too deep":                     {[]byte(`{"email": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`), 400, []string{"email"}},
		"too large":                    {good.with("message", strings.Repeat("x", 2<<20)), 413, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := refused(t, h.call(t, http.MethodPost, "/v1/leads", c.body, "Content-Type", "application/json"), c.status)
			require.ElementsMatch(t, c.fields, p.fields(), "%+v", p)
		})
	}
	refused(t, h.call(t, http.MethodPost, "/v1/leads", []byte("email=ada"), "Content-Type", "application/x-www-form-urlencoded"),
		http.StatusUnsupportedMediaType)
	refused(t, h.call(t, http.MethodGet, "/v1/leads/not-an-id", nil), http.StatusBadRequest)
	refused(t, h.call(t, http.MethodGet, "/v1/leads/00000000-0000-7000-8000-000000000000", nil), http.StatusNotFound)
}
