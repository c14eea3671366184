package records_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
)

// handed takes one lead in and returns its hand-over.
func (o *office) handed() (records.Lead, records.Handover) {
	o.t.Helper()
	lead := o.submit(ada)
	_, _, _, task := o.take(lead)
	return lead, records.Handover{LeadID: lead.LeadID, TaskID: task.TaskID}
}

func TestTermsAreThoseOfTheAssignee(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	o.exec(`update users set time_zone = 'America/New_York'`)
	o.exec(`update business_calendars set definition = definition || '{"country": "DE"}'`)
	lead, handed := o.handed()
	terms := twice(o, as(lead, "terms"), o.records.ReadTerms, handed)
	require.Equal(t, records.Fresh, terms.Standing)
	require.Equal(t, o.reps[0], terms.AssigneeID)
	require.Equal(t, "America/New_York", terms.Calendar.Zone)
	require.Contains(t, terms.Calendar.Closed, "2026-12-25", "holidays are carried as dates")
	require.Equal(t, 4*time.Hour, terms.FirstContact, "of a warm lead")
	require.Equal(t, 18*time.Hour, terms.Grace)
	for state, standing := range map[string]string{"acknowledged": records.Acknowledged, "started": records.Acknowledged, "completed": records.Done, "cancelled": records.Gone} {
		o.exec(`update tasks set state = $1`, state)
		terms, err := o.records.ReadTerms(as(lead, "terms."+state), handed)
		require.NoError(t, err)
		require.Equal(t, standing, terms.Standing)
	}
}

func TestTheLeadFollowsItsTask(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 1, 9)
	lead, handed := o.handed()
	o.exec(`update tasks set assignee_id = $1`, o.reps[1])
	terms := twice(o, as(lead, "terms"), o.records.ReadTerms, handed)
	require.Equal(t, o.reps[1], terms.AssigneeID)
	require.Equal(t, o.reps[1], value[uuid.UUID](o, `select assignee_id from leads`))
	require.Equal(t, o.reps[1], value[uuid.UUID](o, `select owner_id from contacts`))
	require.Equal(t, 0, value[int](o, `select open_leads from representative_loads where user_id = $1`, o.reps[0]))
	require.Equal(t, 1, value[int](o, `select open_leads from representative_loads where user_id = $1`, o.reps[1]))
}

func TestPassingOnNeverReturns(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9, 9, 0)
	lead, handed := o.handed()
	tried := []uuid.UUID{o.reps[0]}
	passed := twice(o, as(lead, "pass.1"), o.records.PassOn, records.Passing{LeadID: lead.LeadID, TaskID: handed.TaskID, Tried: tried})
	require.True(t, passed.Found)
	require.Equal(t, o.reps[1], passed.AssigneeID)
	require.Equal(t, o.reps[1], value[uuid.UUID](o, `select assignee_id from tasks where state = 'open'`))
	require.Equal(t, 0, value[int](o, `select open_leads from representative_loads where user_id = $1`, o.reps[0]))
	require.Equal(t, 1, value[int](o, `select count(*)::int from interactions where kind = 'lead.passed-on'`))
	passed = twice(o, as(lead, "pass.2"), o.records.PassOn, records.Passing{LeadID: lead.LeadID, TaskID: handed.TaskID, Tried: append(tried, o.reps[1])})
	require.Equal(t, records.Passed{}, passed, "the third has no capacity")
	o.exec(`update users set capacity = 9`)
	o.exec(`update tasks set state = 'acknowledged'`)
	passed = twice(o, as(lead, "pass.3"), o.records.PassOn, records.Passing{LeadID: lead.LeadID, TaskID: handed.TaskID, Tried: append(tried, o.reps[1])})
	require.Equal(t, records.Passed{Taken: true}, passed, "acknowledged in the last moment")
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]records.Judged{
		"accepted":            {Verdict: records.Accepted},
		"contacted":           {Verdict: records.Accepted},
		"":                    {Verdict: records.Accepted},
		"No budget":           {Verdict: records.Recycled, Reason: "no-budget"},
		"not_reachable":       {Verdict: records.Recycled, Reason: "not-reachable"},
		"rejected: not a fit": {Verdict: records.Rejected, Reason: "not-a-fit"},
		"rejected":            {Verdict: records.Rejected, Reason: "other"},
		"rejected: said Ada":  {Verdict: records.Rejected, Reason: "other"},
		"duplicate":           {Verdict: records.Rejected, Reason: "duplicate"},
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 9)
			lead, handed := o.handed()
			o.exec(`update tasks set state = 'completed', outcome = $1`, outcome)
			require.Equal(t, want, twice(o, as(lead, "judge"), o.records.Judge, handed))
			require.Equal(t, want.String(), value[string](o, `select quality from leads`))
			require.Equal(t, 0, value[int](o, `select open_leads from representative_loads`))
			require.Equal(t, want.Verdict, value[string](o, `select data ->> 'verdict' from events where type = 'lead.quality-judged'`))
			require.Equal(t, 1, value[int](o, `select count(*)::int from interactions where kind = 'lead.judged'`))
		})
	}
}

// A person asks again after the representative has finished the task and before the verdict is written: the verdict is
// told, and the lead stays open with its next task.
func TestAskedAgainBeforeTheVerdict(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	lead := o.submit(ada)
	_, _, _, first := o.take(lead)
	o.exec(`update tasks set state = 'completed', outcome = 'no-budget'`)
	repeated := o.submit(ada)
	o.take(repeated)
	renewed, err := o.records.Renew(as(repeated, "renew"), repeated)
	require.NoError(t, err)
	require.NotEqual(t, first.TaskID, renewed.TaskID)

	got := twice(o, as(lead, "judge"), o.records.Judge, records.Handover{LeadID: lead.LeadID, TaskID: first.TaskID})
	require.Equal(t, records.Judged{Verdict: records.Recycled, Reason: "no-budget", NextTaskID: renewed.TaskID}, got)
	require.Equal(t, "open", value[string](o, `select coalesce(quality, 'open') from leads where id = $1`, lead.LeadID))
	require.Equal(t, 1, value[int](o, `select sum(open_leads)::int from representative_loads`), "it still takes somebody's capacity")
	require.Equal(t, 1, value[int](o, `select count(*)::int from events where type = 'lead.quality-judged'`))

	o.exec(`update tasks set state = 'completed', outcome = 'accepted' where id = $1`, renewed.TaskID)
	got = twice(o, as(lead, "judge.2"), o.records.Judge, records.Handover{LeadID: lead.LeadID, TaskID: renewed.TaskID})
	require.Equal(t, records.Judged{Verdict: records.Accepted, Reason: ""}, got)
	require.Equal(t, "accepted", value[string](o, `select quality from leads where id = $1`, lead.LeadID))
	require.Zero(t, value[int](o, `select sum(open_leads)::int from representative_loads`))
}
