package tasks_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

func (h *house) look(at time.Time, w tasks.Watch) tasks.Plan {
	h.t.Helper()
	plan, err := h.at(at).Look(step("look"), w)
	require.NoError(h.t, err)
	return plan
}

// The standard policy for a task of eight working hours that ann got at ten on monday.
func TestWhatComesNext(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.give("a", tasks.Brief{For: tasks.User, UserID: h.ann, Within: 6 * time.Hour}).TaskID
	due := monday.Add(6 * time.Hour)
	w := tasks.Watch{TaskID: id, Told: h.ann, Since: monday}
	late := tasks.Watch{TaskID: id, Told: h.ann, Since: due, Rung: 1}
	for name, test := range map[string]struct {
		watch tasks.Watch
		state string
		next  time.Time
		what  string
	}{
		"half of the time has passed": {w, "open", monday.Add(3 * time.Hour), tasks.Remind},
		"they have seen it":           {w, "acknowledged", monday.Add(5 * time.Hour), tasks.Remind},
		"an hour before it is due":    {tasks.Watch{TaskID: id, Told: h.ann, Since: monday.Add(3 * time.Hour)}, "open", monday.Add(5 * time.Hour), tasks.Remind},
		"it is due":                   {tasks.Watch{TaskID: id, Told: h.ann, Since: monday.Add(5 * time.Hour)}, "started", due, tasks.Late},
		"the first rung":              {late, "open", monday.AddDate(0, 0, 1).Add(time.Hour), tasks.Escalate},
		"the second, a day later":     {tasks.Watch{TaskID: id, Told: h.ann, Since: due, Rung: 2}, "open", monday.AddDate(0, 0, 1).Add(6 * time.Hour), tasks.Escalate},
		"after the last":              {tasks.Watch{TaskID: id, Told: h.ann, Since: due, Rung: 3}, "open", monday.AddDate(0, 0, 2).Add(6 * time.Hour), tasks.GiveUp},
		"nobody is above":             {tasks.Watch{TaskID: id, Told: h.ann, Since: due, Rung: 1, Top: true}, "open", monday.AddDate(0, 0, 2).Add(6 * time.Hour), tasks.GiveUp},
		"new to whoever has it":       {tasks.Watch{TaskID: id, Told: h.ben, Since: due, Rung: 3}, "open", monday.Add(3 * time.Hour), tasks.Remind},
	} {
		dbtest.Exec(t, h.pool, `update tasks set state = $1`, test.state)
		require.Equal(t, tasks.Plan{State: tasks.OpenState, AssigneeID: h.ann, Next: test.next, What: test.what}, h.look(monday, test.watch), name)
	}
	dbtest.Exec(t, h.pool, `update tasks set state = 'completed', outcome = 'sold'`)
	require.Equal(t, tasks.Plan{State: tasks.Completed, Outcome: "sold"}, h.look(monday, w))
}

func TestNobodyHasIt(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dbtest.Exec(t, h.pool, `update users set active = false`)
	given := h.give("a", tasks.Brief{For: tasks.Manager, Within: time.Hour})
	require.Zero(t, given.AssigneeID)
	require.Equal(t, tasks.Plan{State: tasks.OpenState, Next: monday.Add(time.Hour), What: tasks.GiveUp}, h.look(monday, tasks.Watch{TaskID: given.TaskID}))
}

func TestAnAbsenceThatBeginsMovesTheTask(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.give("a", tasks.Brief{For: tasks.User, UserID: h.ann, Within: 8 * time.Hour}).TaskID
	w := tasks.Watch{TaskID: id, Told: h.ann, Since: monday}
	leaves := monday.Add(2 * time.Hour)
	h.away(h.ann, leaves, h.ben)
	require.Equal(t, tasks.Plan{State: tasks.OpenState, AssigneeID: h.ann, Next: leaves, What: tasks.LookAgain}, h.look(monday, w))
	for range 2 { // a repeat changes nothing more
		plan := h.look(leaves, w)
		require.Equal(t, h.ben, plan.AssigneeID)
		require.Equal(t, tasks.Remind, plan.What)
	}
	require.Equal(t, []string{"task.opened", "task.reassigned"}, h.events())
	require.Equal(t, "open", dbtest.One[string](t, h.pool, `select state from tasks`))
}

func TestATaskWaitsForOthers(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first, second := h.give("a", tasks.Brief{For: tasks.Manager}).TaskID, h.give("b", tasks.Brief{For: tasks.Manager}).TaskID
	last := h.give("c", tasks.Brief{For: tasks.User, UserID: h.ann, Within: 3 * time.Hour, After: []uuid.UUID{first, second}})
	require.Zero(t, last.DueAt, "its clock does not run")
	require.Equal(t, tasks.Plan{State: tasks.Waiting}, h.look(monday, tasks.Watch{TaskID: last.TaskID}))
	off := func(id uuid.UUID) {
		for range 2 {
			_, err := h.at(monday).CallOff(step("off"), tasks.Named{TaskID: id})
			require.NoError(t, err)
		}
	}
	off(first)
	require.NotContains(t, h.events(), "task.changed", "the other is not finished")
	off(second)
	require.Equal(t, []string{"task.opened", "task.opened", "task.opened", "task.cancelled", "task.changed", "task.cancelled"}, h.events())
	tuesday := monday.AddDate(0, 0, 1)
	plan := h.look(tuesday, tasks.Watch{TaskID: last.TaskID})
	require.Equal(t, tuesday.Add(90*time.Minute), plan.Next, "three hours from now, and a reminder at half of it")
	require.True(t, tuesday.Add(3*time.Hour).Equal(dbtest.One[time.Time](t, h.pool, `select due_at from tasks where id = $1`, last.TaskID)))
	require.Equal(t, plan, h.look(tuesday.Add(time.Hour), tasks.Watch{TaskID: last.TaskID, Told: h.ann, Since: tuesday}), "the clock begins once")

	late := h.give("d", tasks.Brief{For: tasks.Manager, After: []uuid.UUID{first}})
	require.NotZero(t, late.DueAt, "what is finished holds nobody up")
}

// Two tasks that finish at once: one of the two sees that nothing is left, and tells whoever waits.
func TestTheLastOfTwoAtOnceTells(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for range 5 {
		first, second := h.give(uuid.NewString(), tasks.Brief{For: tasks.Manager}).TaskID, h.give(uuid.NewString(), tasks.Brief{For: tasks.Manager}).TaskID
		last := h.give(uuid.NewString(), tasks.Brief{For: tasks.Manager, After: []uuid.UUID{first, second}}).TaskID
		var wg sync.WaitGroup
		for _, id := range []uuid.UUID{first, second} {
			wg.Go(func() {
				_, err := h.at(monday).CallOff(step("off"), tasks.Named{TaskID: id})
				require.NoError(t, err)
			})
		}
		wg.Wait()
		require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'task.changed' and data ->> 'task_id' = $1`, last.String()))
	}
}

// A task that is given while the one before it is being finished either waits and is told, or does not wait at all.
func TestATaskThatIsGivenWhileTheOneBeforeFinishes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first := h.give("a", tasks.Brief{For: tasks.Manager}).TaskID
	ctx := context.Background()
	tx, err := h.pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	task, err := query.New().LockTask(ctx, tx, first)
	require.NoError(t, err)
	_, err = tasks.Release(ctx, tx, task)
	require.NoError(t, err)
	given := make(chan tasks.Opened, 1)
	go func() { given <- h.give("b", tasks.Brief{For: tasks.Manager, After: []uuid.UUID{first}}) }()
	require.Eventually(t, func() bool {
		return len(given) > 0 || dbtest.One[int](t, h.pool, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0
	}, 10*time.Second, 5*time.Millisecond)
	_, err = query.New().CancelTask(ctx, tx, query.CancelTaskParams{ID: first, Now: &monday})
	require.NoError(t, err)
	require.NoError(t, tx.Commit(ctx))
	require.NotZero(t, (<-given).DueAt, "nobody would tell it any more")
}

func TestTheLadder(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.give("a", tasks.Brief{For: tasks.User, UserID: h.ann}).TaskID
	climb := func(rung int) uuid.UUID {
		r, err := h.at(monday).Climb(step("climb"), tasks.Rung{TaskID: id, Rung: rung})
		require.NoError(t, err)
		return r.ManagerID
	}
	require.Equal(t, []uuid.UUID{h.boss, h.boss, h.chief, uuid.Nil}, []uuid.UUID{climb(1), climb(1), climb(2), climb(3)})
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select escalations from tasks`))
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'task.escalate'`), "a repeat is not recorded again")
	h.away(h.boss, monday, h.ben)
	require.Equal(t, h.ben, climb(1), "the manager's deputy")
}

func TestHindrances(t *testing.T) {
	t.Parallel()
	task := query.Task{Outcomes: []string{"sold", "lost"}, EvidenceKinds: []string{"photo", "invoice"}, Evidence: []byte(`[{"kind": "invoice", "reference": "i-1"}]`)}
	require.Equal(t, []tasks.Hindrance{
		{"outcome", `must be one of ["sold" "lost"]`}, {"evidence", `"photo" is missing: add it first`}, {"after", "task " + uuid.Max.String() + " is not finished"},
	}, tasks.Hindrances(task, "maybe", []uuid.UUID{uuid.Max}))
	require.Empty(t, tasks.Hindrances(query.Task{}, "anything", nil))
}

func TestCancellingByKindFreesAndTells(t *testing.T) {
	t.Parallel()
	h := setup(t)
	lead := uuid.New()
	dbtest.Exec(t, h.pool, `insert into leads (id, status, submission, source, channel, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2)`, lead, monday)
	first := h.give("a", tasks.Brief{For: tasks.Manager, LeadID: lead})
	h.give("b", tasks.Brief{For: tasks.Manager, Tended: true, After: []uuid.UUID{first.TaskID}})
	h.in(func(tx pgx.Tx) error { return tasks.Cancel(context.Background(), tx, monday, lead, "call") })
	require.Equal(t, []string{"task.opened", "task.changed", "task.cancelled"}, h.events())
}

func TestANoteIsKeptOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.give("a", tasks.Brief{For: tasks.Manager}).TaskID
	for range 2 {
		_, err := h.at(monday).NoteTold(process.WithKey(context.Background(), "task:1/e/n.1"), tasks.Note{TaskID: id, UserID: h.ann, Kind: "given"})
		require.NoError(t, err)
	}
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from reminders`))
}
