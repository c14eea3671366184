package tasks_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

func TestATaskIsGivenOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	contact := h.contact(h.ann)
	brief := tasks.Brief{Kind: "call", Title: "Call them", For: tasks.Owner, ContactID: contact, Within: 10 * time.Hour,
		Priority: tasks.High, Outcomes: []string{"reached", "not-reached"}, Evidence: []string{"recording"}, Context: map[string]string{"offer": "spring"},
		Rule: &tasks.Rule{Name: "hot", Version: 3, EventID: uuid.Max}, Instructions: "ask for Ada"}
	first := h.give("a", brief)
	require.Equal(t, tasks.Opened{TaskID: first.TaskID, AssigneeID: h.ann, DueAt: monday.AddDate(0, 0, 1).Add(time.Hour)}, first, "ten working hours")
	require.Equal(t, first, h.give("a", brief))
	require.NotEqual(t, first.TaskID, h.give("b", brief).TaskID)
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from tasks`))
	require.Equal(t, []string{"task.opened", "task.opened"}, h.events())
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'task.open'`))
	require.Equal(t, "high ask for Ada spring hot {reached,not-reached} {recording}", dbtest.One[string](t, h.pool,
		`select concat_ws(' ', priority, instructions, context ->> 'offer', rule ->> 'name', outcomes, evidence_kinds) from tasks where id = $1`, first.TaskID))
}

func TestATendedTaskStartsNoProcess(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.give("a", tasks.Brief{For: tasks.Manager, Tended: true})
	require.Empty(t, h.events())
}

func TestOneStepAtOnceGivesOneTask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	given := make([]tasks.Opened, 6)
	var wg sync.WaitGroup
	for i := range given {
		wg.Go(func() { given[i] = h.give("a", tasks.Brief{For: tasks.RoundRobin, Team: "sales"}) })
	}
	wg.Wait()
	for _, g := range given {
		require.Equal(t, given[0], g)
	}
	require.Equal(t, []string{"task.opened"}, h.events())
}

func TestWhoseWorkItIs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	owned, free := h.contact(h.ann), uuid.New()
	dbtest.Exec(t, h.pool, `insert into contacts (id, created_at, updated_at) values ($1, $2, $2)`, free, monday)
	gone := h.user("representative", "sales", h.boss)
	dbtest.Exec(t, h.pool, `update users set active = false where id = $1`, gone)
	lead, deal := uuid.New(), uuid.New()
	dbtest.Exec(t, h.pool, `insert into leads (id, status, submission, source, channel, contact_id, assignee_id, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2, $3, $4)`, lead, owned, h.ben, monday)
	dbtest.Exec(t, h.pool, `insert into sales_pipeline (id, key, name, contact_id, lead_id, owner_id, pipeline, pipeline_version, stage, state, currency, probability, stage_since, touched_at, created_at)
		values ($1, 'k', 'n', $2, $3, $4, 'p', 0, 's', 'open', 'EUR', 0.5, $5, $5, $5)`, deal, owned, lead, h.boss, monday)
	for name, test := range map[string]struct {
		brief tasks.Brief
		want  uuid.UUID
	}{
		"the owner of a contact":         {tasks.Brief{For: tasks.Owner, ContactID: owned}, h.ann},
		"their manager":                  {tasks.Brief{For: tasks.Manager, ContactID: owned}, h.boss},
		"the assignee of a lead":         {tasks.Brief{For: tasks.Owner, LeadID: lead}, h.ben},
		"the owner of a deal":            {tasks.Brief{For: tasks.Owner, DealID: deal}, h.boss},
		"the manager above them":         {tasks.Brief{For: tasks.Manager, DealID: deal}, h.chief},
		"nobody owns it: who manages":    {tasks.Brief{For: tasks.Owner, ContactID: free}, h.boss},
		"a user":                         {tasks.Brief{For: tasks.User, UserID: h.ben}, h.ben},
		"a user who left: their manager": {tasks.Brief{For: tasks.User, UserID: gone}, h.boss},
		"a team of nobody: who manages":  {tasks.Brief{For: tasks.Team, Team: "legal"}, h.boss},
	} {
		require.Equal(t, test.want, h.give(name, test.brief).AssigneeID, name)
	}
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from tasks where deal_id = $1 and lead_id = $2 and contact_id = $3`, deal, lead, owned),
		"a deal brings its lead and contact along")
}

func TestATeamTakesTurns(t *testing.T) {
	t.Parallel()
	h := setup(t)
	got := map[uuid.UUID]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			g := h.give(fmt.Sprint(i), tasks.Brief{For: tasks.RoundRobin, Team: "sales"})
			mu.Lock()
			defer mu.Unlock()
			got[g.AssigneeID]++
		})
	}
	wg.Wait()
	require.Equal(t, map[uuid.UUID]int{h.ann: 4, h.ben: 4}, got, "also when all come at once")
	dbtest.Exec(t, h.pool, `update tasks set state = 'completed' where assignee_id = $1`, h.ben)
	require.Equal(t, h.ben, h.give("free", tasks.Brief{For: tasks.Team, Team: "sales"}).AssigneeID, "who has the fewest open tasks")
	h.away(h.ann, monday, uuid.Nil)
	for i := range 3 {
		require.Equal(t, h.ben, h.give(fmt.Sprint("away", i), tasks.Brief{For: tasks.RoundRobin, Team: "sales"}).AssigneeID, "who is away is left out")
	}
}

func TestWhoIsAwayIsCovered(t *testing.T) {
	t.Parallel()
	h := setup(t)
	mine := func(key string) uuid.UUID {
		return h.give(key, tasks.Brief{For: tasks.User, UserID: h.ann}).AssigneeID
	}
	h.away(h.ann, monday.AddDate(0, 0, 3), h.ben)
	require.Equal(t, h.ann, mine("not yet"))
	h.away(h.ann, monday, h.ben)
	require.Equal(t, h.ben, mine("the deputy"))
	h.away(h.ben, monday, uuid.Nil)
	require.Equal(t, h.boss, mine("the deputy is away and named nobody: their manager"))
	h.away(h.boss, monday, h.ann)
	require.Equal(t, h.ann, mine("round in a circle: it stays"))
}

func TestWhenATaskIsDue(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dbtest.Exec(t, h.pool, `update users set time_zone = 'America/New_York' where id = $1`, h.ben) // nine o'clock there is fourteen here
	dbtest.Exec(t, h.pool, `insert into definitions (kind, name, version, body, note, author, created_at)
		values ('task-policy', 'visit', 1, '{"due": {"urgent": "1h", "high": "1h", "normal": "3h", "low": "1h"}, "give_up": "1h"}', '', 't', $1)`, monday)
	at := monday.AddDate(0, 0, 9)
	for name, test := range map[string]struct {
		brief tasks.Brief
		want  time.Time
	}{
		"by priority":              {tasks.Brief{For: tasks.User, UserID: h.ann, Priority: tasks.Urgent}, monday.Add(2 * time.Hour)},
		"normal: two working days": {tasks.Brief{For: tasks.User, UserID: h.ann}, monday.AddDate(0, 0, 2)},
		"a policy of the kind":     {tasks.Brief{For: tasks.User, UserID: h.ann, Kind: "visit", Title: "Visit"}, monday.Add(3 * time.Hour)},
		"days":                     {tasks.Brief{For: tasks.User, UserID: h.ann, Days: 1}, monday.AddDate(0, 0, 1)},
		"in the assignee's hours":  {tasks.Brief{For: tasks.User, UserID: h.ben, Within: time.Hour}, monday.Add(5 * time.Hour)},
		"an instant":               {tasks.Brief{For: tasks.User, UserID: h.ann, DueAt: at}, at},
	} {
		require.Equal(t, test.want, h.give(name, test.brief).DueAt, name)
	}
}

func TestABriefThatMakesNoSense(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for name, test := range map[string]struct {
		brief tasks.Brief
		class string
	}{
		"no title":         {tasks.Brief{Kind: "k", For: tasks.Owner}, process.TypeInvalid},
		"no kind":          {tasks.Brief{Title: "t", For: tasks.Owner}, process.TypeInvalid},
		"a priority":       {tasks.Brief{Kind: "k", Title: "t", For: tasks.Owner, Priority: "asap"}, process.TypeInvalid},
		"a recipient":      {tasks.Brief{Kind: "k", Title: "t", For: "everybody"}, process.TypeInvalid},
		"no team":          {tasks.Brief{Kind: "k", Title: "t", For: tasks.Team}, process.TypeInvalid},
		"unknown contact":  {tasks.Brief{Kind: "k", Title: "t", For: tasks.Owner, ContactID: uuid.New()}, process.TypeNotFound},
		"unknown user":     {tasks.Brief{Kind: "k", Title: "t", For: tasks.User, UserID: uuid.New()}, process.TypeNotFound},
		"unknown task":     {tasks.Brief{Kind: "k", Title: "t", For: tasks.Manager, After: []uuid.UUID{uuid.New()}}, process.TypeNotFound},
		"unknown deal":     {tasks.Brief{Kind: "k", Title: "t", For: tasks.Owner, DealID: uuid.New()}, process.TypeNotFound},
		"unknown lead too": {tasks.Brief{Kind: "k", Title: "t", For: tasks.Owner, LeadID: uuid.New()}, process.TypeNotFound},
	} {
		_, err := h.at(monday).Give(step(name), test.brief)
		require.True(t, process.IsType(err, test.class), "%s: %v", name, err)
	}
	require.Empty(t, h.events())
}
