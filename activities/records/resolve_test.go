package records_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
)

func TestResolveAgainstAKnownContact(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		known, sub records.Submission
		verdict    string
	}{
		"same mailbox, other spelling": {ada, records.Submission{Email: "ADA@EXAMPLE.COM"}, records.Repeated},
		"same mailbox, other name":     {ada, records.Submission{Email: "ada@example.com", FirstName: "Grace", LastName: "Sample"}, records.Repeated},
		"same telephone, other e-mail": {ada, records.Submission{Phone: "0049 30 901820", Email: "a.example@example.org", FirstName: "Ada", LastName: "Example"}, records.Repeated},
		"same telephone, no name":      {ada, records.Submission{Phone: "030 901820", Country: "DE", Email: "other@example.org"}, records.Repeated},
		"same telephone, other person": {ada, records.Submission{Phone: "+4930901820", FirstName: "Grace", LastName: "Sample"}, records.InReview},
		"shared mailbox, other person": {
			records.Submission{Email: "info@example.com", FirstName: "Ada", LastName: "Example"},
			records.Submission{Email: "info@example.com", FirstName: "Grace", LastName: "Sample"}, records.InReview,
		},
		"same name and company, other mailbox": {ada, records.Submission{Email: "ada@example.org", FirstName: "Ada", LastName: "Exampel", Company: "Example Works Ltd"}, records.InReview},
		"somebody else":                        {ada, records.Submission{Email: "grace@example.org", FirstName: "Grace", LastName: "Sample", Company: "Other"}, records.Created},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 9)
			o.take(o.submit(test.known))
			lead := o.submit(test.sub)
			found := twice(o, as(lead, "resolve"), o.records.Resolve, lead)
			require.Equal(t, test.verdict, found.Verdict)
			if test.verdict == records.InReview {
				require.Equal(t, "in_review", value[string](o, `select status from leads where id = $1`, lead.LeadID))
				require.Positive(t, value[int](o, `select jsonb_array_length(reasons) from merge_reviews where id = $1`, found.ReviewID))
			}
		})
	}
}

func TestMergingFillsAndNeverOverwrites(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	found, _, _, _ := o.take(o.submit(records.Submission{Email: "ada@example.com", LastName: "Example", Attributes: map[string]any{"size": "10"}}))
	o.take(o.submit(records.Submission{
		Email: "ada@example.com", FirstName: "Ada", LastName: "Other", Phone: "+4930901820", Company: "Works", TimeZone: "nowhere",
		Attributes: map[string]any{"size": "99", "city": "Berlin", "industry": "tools"}, Consent: map[string]bool{"email": true},
	}))
	require.Equal(t, 1, value[int](o, `select count(*)::int from contacts`))
	require.Equal(t, "Ada|Example|Works|Berlin|+4930901820|-|10|tools", value[string](o,
		`select concat_ws('|', first_name, last_name, company, city, phone, coalesce(time_zone, '-'), attributes ->> 'size', attributes ->> 'industry') from contacts`))
	require.Equal(t, 2, value[int](o, `select count(*)::int from contact_identities where contact_id = $1`, found.ContactID))
	require.Equal(t, 1, value[int](o, `select count(*)::int from consents`))
	require.Equal(t, 2, value[int](o, `select count(*)::int from interactions where kind = 'lead.submitted'`))
}

// Many leads of one person at the same instant: one contact, one owner, one lead to work on.
func TestRaceOfOnePerson(t *testing.T) {
	t.Parallel()
	for name, sub := range map[string]func(i int) records.Submission{
		"same e-mail":                  func(int) records.Submission { return ada },
		"same telephone, other e-mail": func(i int) records.Submission { s := ada; s.Email = fmt.Sprintf("a%d@example.org", i); return s },
		"same telephone, one named":    func(i int) records.Submission { return []records.Submission{ada, {Phone: ada.Phone}}[i%2] },
		"e-mail here, telephone there": func(i int) records.Submission {
			return []records.Submission{ada, {Email: ada.Email, LastName: "Example"}, {Phone: ada.Phone, LastName: "Example"}}[min(i, 1+i%2)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 9, 9, 9)
			var leads []records.Lead
			for i := range 16 {
				s := sub(i)
				s.Channel = []string{"form", "chat", "call", "video"}[i%4]
				leads = append(leads, o.submit(s))
			}
			if name == "e-mail here, telephone there" {
				o.take(leads[0]) // without it, nothing says that the two identifiers are one person's
				leads = leads[1:]
			}
			var wg sync.WaitGroup
			for _, lead := range leads {
				wg.Go(func() { o.take(lead) })
			}
			wg.Wait()
			require.Equal(t, 1, value[int](o, `select count(*)::int from contacts`))
			require.Equal(t, 1, value[int](o, `select count(*)::int from leads where status = 'captured'`))
			require.Equal(t, 15, value[int](o, `select count(*)::int from leads l where status = 'merged' and duplicate_of = (select id from leads where status = 'captured')`))
			require.Equal(t, 1, value[int](o, `select count(*)::int from tasks`))
			require.Equal(t, 1, value[int](o, `select sum(open_leads)::int from representative_loads`))
		})
	}
}

func TestMergeReview(t *testing.T) {
	t.Parallel()
	similar := records.Submission{Phone: "+4930901820", FirstName: "Grace", LastName: "Sample"}
	review := func(t *testing.T) (*office, records.Lead, records.Resolution, records.Resolution) {
		o := newOffice(t, 9)
		first, _, _, _ := o.take(o.submit(ada))
		lead := o.submit(similar)
		found, _, _, _ := o.take(lead)
		require.Equal(t, records.InReview, found.Verdict)
		task := twice(o, as(lead, "ask"), o.tasks.Open, tasks.Request{Kind: tasks.MergeReview, For: tasks.Owner, LeadID: lead.LeadID, ReviewID: found.ReviewID, Days: 2})
		require.Equal(t, o.reps[0], task.AssigneeID, "the owner of the contact decides")
		task = twice(o, as(lead, "escalate"), o.tasks.Open, tasks.Request{Kind: tasks.MergeReview, For: tasks.Manager, LeadID: lead.LeadID, ReviewID: found.ReviewID, Days: 3})
		require.Equal(t, o.manager, task.AssigneeID)
		require.Equal(t, 1, value[int](o, `select count(*)::int from tasks where kind = 'merge-review'`))
		return o, lead, first, found
	}
	closed := func(o *office, state string) {
		o.t.Helper()
		require.Equal(o.t, state, value[string](o, `select state from merge_reviews`))
		require.Equal(o.t, "cancelled", value[string](o, `select state from tasks where kind = 'merge-review'`))
	}
	t.Run("merged", func(t *testing.T) {
		t.Parallel()
		o, lead, first, found := review(t)
		got := twice(o, as(lead, "settle"), o.records.Settle, records.Settlement{LeadID: lead.LeadID, ReviewID: found.ReviewID, Decision: records.Merge})
		require.Equal(t, records.Repeated, got.Verdict)
		require.Equal(t, first.ContactID, got.ContactID)
		closed(o, "merge")
	})
	t.Run("separate", func(t *testing.T) {
		t.Parallel()
		o, lead, first, found := review(t)
		got := twice(o, as(lead, "settle"), o.records.Settle, records.Settlement{LeadID: lead.LeadID, ReviewID: found.ReviewID, Decision: records.Separate})
		require.Equal(t, records.Created, got.Verdict)
		require.NotEqual(t, first.ContactID, got.ContactID)
		closed(o, "separate")
		// The number stays the first one's; the second person is recognised all the same.
		require.Equal(t, first.ContactID, value[uuid.UUID](o, `select contact_id from contact_identities where kind = 'phone'`))
		again := o.submit(records.Submission{Phone: "+4930901820", FirstName: "Grace", LastName: "Sample"})
		found, err := o.records.Resolve(as(again, "resolve"), again)
		require.NoError(t, err)
		require.Equal(t, got.ContactID, found.ContactID)
		require.Equal(t, lead.LeadID, found.DuplicateOf)
	})
	t.Run("nobody decides", func(t *testing.T) {
		t.Parallel()
		o, lead, first, _ := review(t)
		got := twice(o, as(lead, "keep"), o.records.KeepApart, lead)
		require.Equal(t, records.Created, got.Verdict)
		require.NotEqual(t, first.ContactID, got.ContactID)
		closed(o, "separate")
	})
	t.Run("decided through the API at the last moment", func(t *testing.T) {
		t.Parallel()
		o, lead, first, _ := review(t)
		o.exec(`update merge_reviews set state = 'merge', decided_at = $1`, monday)
		got := twice(o, as(lead, "keep"), o.records.KeepApart, lead)
		require.Equal(t, first.ContactID, got.ContactID, "the decision stands")
		closed(o, "merge")
	})
	t.Run("withdrawn", func(t *testing.T) {
		t.Parallel()
		o, lead, _, _ := review(t)
		twice(o, as(lead, "dismiss"), o.records.Dismiss, records.Dismissal{LeadID: lead.LeadID, Status: "rejected"})
		closed(o, "separate")
		require.Equal(t, "rejected", value[string](o, `select status from leads where id = $1`, lead.LeadID))
	})
}
