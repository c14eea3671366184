package records_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
)

// crowd resolves n leads of different people and then assigns them all at once.
func (o *office) crowd(n int, sub func(i int) records.Submission) map[uuid.UUID]int {
	o.t.Helper()
	leads := make([]records.Lead, n)
	for i := range leads {
		s := sub(i)
		s.Email = fmt.Sprintf("person%d@example.org", i)
		leads[i] = o.submit(s)
		_, err := o.records.Resolve(as(leads[i], "resolve"), leads[i])
		require.NoError(o.t, err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[uuid.UUID]int{}
	for _, lead := range leads {
		wg.Go(func() {
			assigned, err := o.records.Assign(as(lead, "assign"), lead)
			mu.Lock()
			defer mu.Unlock()
			require.NoError(o.t, err)
			got[assigned.AssigneeID]++
		})
	}
	wg.Wait()
	return got
}

func anybody(int) records.Submission { return records.Submission{} }

func TestCapacityHoldsInARace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 1, 1, 2)
	got := o.crowd(20, anybody)
	require.Equal(t, map[uuid.UUID]int{o.reps[0]: 1, o.reps[1]: 1, o.reps[2]: 2, o.manager: 16}, got)
	require.Equal(t, 4, value[int](o, `select sum(open_leads)::int from representative_loads`))
}

func TestRoundRobinIsFairInARace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 99, 99, 99, 99)
	got := o.crowd(40, anybody)
	for _, rep := range o.reps {
		require.Equal(t, 10, got[rep])
	}
}

func TestRulesChooseTheTeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9, 9)
	o.exec(`update assignment_rules set position = 9`)
	o.exec(`insert into assignment_rules (id, position, name, countries, sources, channels, team, strategy) values
		(gen_random_uuid(), 1, 'French calls', '{FR}', '{}', '{call}', 'france', 'least_loaded')`)
	o.exec(`update users set team = 'france' where id = $1`, o.reps[1])
	for i, test := range []struct {
		sub  records.Submission
		want uuid.UUID
	}{
		{records.Submission{Country: "FR", Channel: "call"}, o.reps[1]},
		{records.Submission{Country: "fr", Channel: "call"}, o.reps[1]},
		{records.Submission{Country: "FR", Channel: "form"}, o.reps[0]},
		{records.Submission{Channel: "call"}, o.reps[0]},
	} {
		test.sub.Email = fmt.Sprintf("p%d@example.org", i)
		_, _, assigned, _ := o.take(o.submit(test.sub))
		require.Equal(t, test.want, assigned.AssigneeID, "%d", i)
	}
}

func TestTerritoriesAndLoad(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 10, 10, 100)
	o.exec(`update assignment_rules set strategy = 'least_loaded'`)
	o.exec(`update users set territories = '{DE,AT}' where id = $1`, o.reps[0])
	o.exec(`update users set active = false where id = $1`, o.reps[1])
	got := o.crowd(11, func(int) records.Submission { return records.Submission{Country: "FR"} })
	require.Equal(t, map[uuid.UUID]int{o.reps[2]: 11}, got, "the only one for France who is there")
	o.exec(`delete from representative_loads`)
	o.exec(`update leads set assignee_id = null`)
	o.exec(`update contacts set owner_id = null`)
	german := o.submit(records.Submission{Email: "de@example.org", Country: "DE"})
	o.exec(`insert into representative_loads (user_id, open_leads) values ($1, 2), ($2, 11)`, o.reps[0], o.reps[2])
	_, _, assigned, _ := o.take(german)
	require.Equal(t, o.reps[2], assigned.AssigneeID, "11 of 100 is less than 2 of 10")
}

func TestTheOwnerKeepsTheContact(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 1, 9)
	first := o.submit(ada)
	_, _, assigned, task := o.take(first)
	require.Equal(t, o.reps[0], assigned.AssigneeID)
	o.exec(`update tasks set state = 'completed', outcome = 'no budget'`)
	judged := twice(o, as(first, "judge"), o.records.Judge, records.Handover{LeadID: first.LeadID, TaskID: task.TaskID})
	require.Equal(t, records.Judged{Verdict: records.Recycled, Reason: "no-budget"}, judged)
	// The owner's one place is taken by somebody else meanwhile; the contact stays the owner's.
	o.exec(`update representative_loads set open_leads = 1 where user_id = $1`, o.reps[0])
	found, _, assigned, _ := o.take(o.submit(ada))
	require.Equal(t, records.Known, found.Verdict, "a lead that was turned down is not worked on")
	require.Equal(t, records.Assigned{Queue: records.WithOwner, AssigneeID: o.reps[0]}, assigned)
	o.exec(`update users set active = false where id = $1`, o.reps[0])
	o.exec(`update leads set quality = 'rejected:spam'`)
	_, _, assigned, _ = o.take(o.submit(ada))
	require.Equal(t, o.reps[1], assigned.AssigneeID, "the owner has left")
}

func TestNobodyIsFree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lead := o.submit(ada)
	_, _, assigned, task := o.take(lead)
	require.Equal(t, records.Assigned{Queue: records.WithManager, AssigneeID: o.manager}, assigned)
	require.Equal(t, "captured", value[string](o, `select status from leads`))
	require.Equal(t, "manager", value[string](o, `select context ->> 'queue' from tasks where id = $1 and assignee_id = $2`, task.TaskID, o.manager))
	o.exec(`update users set active = false`)
	other := o.submit(records.Submission{Email: "other@example.org"})
	_, err := o.records.Resolve(as(other, "resolve"), other)
	require.NoError(t, err)
	got := twice(o, as(other, "assign"), o.records.Assign, other)
	require.Equal(t, records.Assigned{Queue: records.WithNobody}, got)
	twice(o, as(other, "follow-up"), o.records.FollowUp, other)
	require.Equal(t, "captured", value[string](o, `select status from leads where id = $1`, other.LeadID))
}
