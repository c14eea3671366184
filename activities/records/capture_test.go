package records_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, test := range map[string]struct {
		sub             records.Submission
		verdict, status string
		requests        map[string][]string // kind → fields
	}{
		"complete":             {ada, records.Complete, "received", nil},
		"only a telephone":     {records.Submission{Phone: "+4930901820", LastName: "Example"}, records.Complete, "received", nil},
		"no name":              {records.Submission{Email: "a@example.com"}, records.Usable, "received", map[string][]string{"completion": {"last_name"}}},
		"bad options go on":    {records.Submission{Email: "a@example.com", LastName: "E", Phone: "12", Country: "XX", TimeZone: "Mars/Base", Language: "?"}, records.Usable, "received", map[string][]string{"correction": {"country", "phone", "time_zone", "language"}}},
		"nobody to reach":      {records.Submission{LastName: "Example"}, records.Missing, "incomplete", map[string][]string{"completion": {"email", "phone"}}},
		"cannot be read":       {records.Submission{Email: "ada at example", LastName: "E"}, records.Malformed, "invalid", map[string][]string{"correction": {"email"}}},
		"number of no country": {records.Submission{Phone: "030 901820", LastName: "E"}, records.Malformed, "invalid", map[string][]string{"correction": {"phone"}}},
	} {
		t.Run(name, func(t *testing.T) {
			lead := o.submit(test.sub)
			o := *o
			o.t = t
			got := twice(&o, as(lead, "check"), o.records.Check, lead)
			require.Equal(t, test.verdict, got.Verdict)
			require.Equal(t, test.status, value[string](&o, `select status from leads where id = $1`, lead.LeadID))
			require.Equal(t, len(test.requests), value[int](&o, `select count(*)::int from data_requests where lead_id = $1`, lead.LeadID))
			for kind, fields := range test.requests {
				got := value[[]string](&o, `select array_agg(f ->> 'field') from data_requests, jsonb_array_elements(fields) f where lead_id = $1 and kind = $2 and state = 'open'`, lead.LeadID, kind)
				require.Equal(t, fields, got)
			}
		})
	}
}

func TestAmendmentAnswersTheRequest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lead := o.submit(records.Submission{Email: "ada at example", LastName: "Example"})
	got, err := o.records.Check(as(lead, "check.1"), lead)
	require.NoError(t, err)
	require.Equal(t, records.Malformed, got.Verdict)
	o.exec(`update leads set submission = submission || '{"email": "ada@example.com"}' where id = $1`, lead.LeadID)
	got, err = o.records.Check(as(lead, "check.2"), lead)
	require.NoError(t, err)
	require.Equal(t, records.Complete, got.Verdict)
	require.Equal(t, "received", value[string](o, `select status from leads where id = $1`, lead.LeadID))
	require.Equal(t, "answered", value[string](o, `select state from data_requests where lead_id = $1`, lead.LeadID))
}

func TestDismissLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lead := o.submit(records.Submission{LastName: "Example"})
	_, err := o.records.Check(as(lead, "check"), lead)
	require.NoError(t, err)
	given := twice(o, as(lead, "ask"), o.tasks.Open, tasks.Request{Kind: tasks.LeadData, For: tasks.Owner, LeadID: lead.LeadID, Within: 4 * time.Hour})
	require.Equal(t, o.manager, given.AssigneeID, "nobody owns it yet")
	twice(o, as(lead, "dismiss"), o.records.Dismiss, records.Dismissal{LeadID: lead.LeadID})
	require.Equal(t, "incomplete", value[string](o, `select status from leads where id = $1`, lead.LeadID))
	require.Equal(t, "expired", value[string](o, `select state from data_requests where lead_id = $1`, lead.LeadID))
	require.Equal(t, "cancelled", value[string](o, `select state from tasks where lead_id = $1`, lead.LeadID))
}

func TestCaptureOfANewLead(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 5)
	sub := ada
	sub.Message, sub.Consent = "How much is it? Please call me today.", map[string]bool{"marketing": true}
	lead := o.submit(sub)
	found := twice(o, as(lead, "resolve"), o.records.Resolve, lead)
	require.Equal(t, records.Created, found.Verdict)
	scored := twice(o, as(lead, "score"), o.records.Score, lead)
	require.Equal(t, "hot", scored.Tier)
	assigned := twice(o, as(lead, "assign"), o.records.Assign, lead)
	require.Equal(t, records.Assigned{Queue: records.WithRepresentative, AssigneeID: o.reps[0]}, assigned)
	task := twice(o, as(lead, "follow-up"), o.records.FollowUp, lead)
	require.WithinDuration(t, monday.Add(15*time.Minute), task.DueAt, 5*time.Second)
	require.False(t, task.Greet, "nobody asked for it")

	require.Equal(t, "captured", value[string](o, `select status from leads where id = $1`, lead.LeadID))
	require.Equal(t, o.reps[0], value[uuid.UUID](o, `select owner_id from contacts where id = $1`, found.ContactID))
	require.Equal(t, 1, value[int](o, `select open_leads from representative_loads where user_id = $1`, o.reps[0]))
	require.Equal(t, scored.Score, value[int](o, `select sum((f ->> 'points')::int)::int from lead_scores, jsonb_array_elements(factors) f where lead_id = $1`, lead.LeadID), "the factors add up")
	require.Equal(t, "+4930901820", value[string](o, `select phone from contacts where id = $1`, found.ContactID))
	require.True(t, value[bool](o, `select granted from consents where contact_id = $1 and purpose = 'marketing'`, found.ContactID))
	data := value[json.RawMessage](o, `select data from events where type = 'lead.assigned' and subject = $1`, lead.LeadID.String())
	require.JSONEq(t, `{"lead_id":"`+lead.LeadID.String()+`","contact_id":"`+found.ContactID.String()+`","assignee_id":"`+o.reps[0].String()+`","task_id":"`+task.TaskID.String()+`"}`, string(data))
	require.Positive(t, value[int](o, `select count(*)::int from audit_logs where actor_id = $1`, "lead-capture:"+lead.LeadID.String()))
	another := process.WithKey(context.Background(), "lead-capture:"+lead.LeadID.String()+"/another/check.1")
	checked := twice(o, another, o.records.Check, lead)
	require.Equal(t, records.Settled, checked.Verdict)
}

// A worker that dies takes with it what its database steps answered: the run is carried out again from its last wait, on
// records that it has changed.
func TestARunThatBeginsAgainGoesTheSameWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second   records.Submission
		resolved string
	}{
		"a new contact": {resolved: records.Created},
		"asked again":   {second: ada, resolved: records.Repeated},
		"a near-duplicate": {
			second:   records.Submission{Phone: ada.Phone, FirstName: "Grace", LastName: ada.LastName, Company: ada.Company},
			resolved: records.InReview,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 5)
			lead := o.submit(ada)
			o.take(lead)
			if c.resolved != records.Created {
				lead = o.submit(c.second)
				o.take(lead)
			}
			before := o.contents()
			checked, err := o.records.Check(as(lead, "check"), lead)
			require.NoError(t, err)
			require.NotEqual(t, records.Settled, checked.Verdict)
			found, err := o.records.Resolve(as(lead, "resolve"), lead)
			require.NoError(t, err)
			require.Equal(t, c.resolved, found.Verdict)
			if c.resolved == records.Created {
				o.take(lead)
			}
			require.Equal(t, before, o.contents())
		})
	}
}

func TestFollowUpIsDueByTierAndGreetsWhenAgreed(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 5)
	o.exec(`insert into settings values ('lead.policy', '{"greet": true}')`)
	for tier, due := range map[string]time.Time{
		"hot": monday.Add(15 * time.Minute), "warm": monday.Add(4 * time.Hour), "cold": monday.Add(48 * time.Hour),
	} {
		sub := records.Submission{Email: tier + "@example.com", LastName: "Example", Consent: map[string]bool{"contact": tier != "cold"}}
		lead := o.submit(sub)
		_, err := o.records.Resolve(as(lead, "resolve"), lead)
		require.NoError(t, err)
		o.exec(`update leads set score = 1, tier = $2 where id = $1`, lead.LeadID, tier)
		task, err := o.records.FollowUp(as(lead, "follow-up"), lead)
		require.NoError(t, err)
		require.WithinDuration(t, due, task.DueAt, 5*time.Second, tier)
		require.Equal(t, tier != "cold", task.Greet, tier)
	}
}

func TestAskingAgainRaisesTheScoreWithoutASecondTask(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 5)
	first := o.submit(ada)
	_, scored, _, task := o.take(first)
	again := ada
	again.Channel, again.Phone = "chat", ""
	second := o.submit(again)
	found, _, _, _ := o.take(second)
	require.Equal(t, records.Repeated, found.Verdict)
	require.Equal(t, first.LeadID, found.DuplicateOf)
	renewed := twice(o, as(second, "renew"), o.records.Renew, second)
	require.Equal(t, records.Renewed{LeadID: first.LeadID, AssigneeID: o.reps[0], TaskID: task.TaskID}, renewed)
	require.Equal(t, scored.Score+15, value[int](o, `select score from leads where id = $1`, first.LeadID))
	require.Equal(t, "merged", value[string](o, `select status from leads where id = $1`, second.LeadID))
	require.Equal(t, 1, value[int](o, `select count(*)::int from tasks`))
	require.Equal(t, 2, value[int](o, `select count(*)::int from lead_scores`))

	// After the first was worked on and accepted, asking again begins another hand-over.
	o.exec(`update tasks set state = 'completed', outcome = 'accepted'`)
	_, err := o.records.Judge(as(first, "judge"), records.Handover{LeadID: first.LeadID, TaskID: task.TaskID})
	require.NoError(t, err)
	require.Equal(t, 0, value[int](o, `select open_leads from representative_loads`))
	third := o.submit(again)
	found, _, _, _ = o.take(third)
	require.Equal(t, first.LeadID, found.DuplicateOf)
	renewed = twice(o, as(third, "renew"), o.records.Renew, third)
	require.NotEqual(t, task.TaskID, renewed.TaskID)
	require.Equal(t, renewed.TaskID, value[uuid.UUID](o, `select task_id from leads where id = $1`, first.LeadID))
	require.Equal(t, 1, value[int](o, `select open_leads from representative_loads`))
	require.Equal(t, 2, value[int](o, `select count(*)::int from events where type = 'lead.assigned'`))
}
