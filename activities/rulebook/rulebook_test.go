package rulebook_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/rulebook"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/taskrules"
)

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

type house struct {
	t                  testing.TB
	pool               *pgxpool.Pool
	ann, contact, lead uuid.UUID
}

// setup is a hot lead of ann's.
func setup(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t), ann: uuid.New(), contact: uuid.New(), lead: uuid.New()}
	dbtest.Exec(t, h.pool, `insert into users (id, display_name, email, role, team, created_at) values ($1, 'n', 'a@example.com', 'representative', 'sales', $2)`, h.ann, monday)
	dbtest.Exec(t, h.pool, `insert into contacts (id, owner_id, country, created_at, updated_at) values ($1, $2, 'ES', $3, $3)`, h.contact, h.ann, monday)
	dbtest.Exec(t, h.pool, `insert into leads (id, status, submission, source, channel, contact_id, assignee_id, tier, score, submitted_at) values ($1, 'captured', '{}', 'fair', 'form', $2, $3, 'hot', 81, $4)`,
		h.lead, h.contact, h.ann, monday)
	return h
}

// book is one that has read no rules yet.
func (h *house) book() *rulebook.Book {
	return rulebook.New(h.pool, clock.Clock{Origin: time.Now(), Business: monday, Speed: 1e-9}, slog.New(slog.DiscardHandler))
}

func (h *house) define(name string, r taskrules.Rule) {
	h.t.Helper()
	raw, err := json.Marshal(r)
	require.NoError(h.t, err)
	dbtest.Exec(h.t, h.pool, `insert into definitions (kind, name, version, body, note, author, created_at)
		select 'task-rule', $1, coalesce(max(version), 0) + 1, $2, '', 't', $3 from definitions where kind = 'task-rule' and name = $1`, name, raw, monday)
}

func (h *house) about() json.RawMessage {
	return json.RawMessage(`{"lead_id":"` + h.lead.String() + `"}`)
}

var call = taskrules.Template{Kind: "call", Title: "Call them", For: tasks.Owner, Within: "4h"}

func hot(on string) taskrules.Rule {
	return taskrules.Rule{On: on, When: []taskrules.Condition{{Fact: "lead.tier", In: []string{"hot"}}, {Fact: "contact.country", In: []string{"ES"}}}, Task: call}
}

func TestAnEventMakesItsTasksOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.define("hot", hot("lead.assigned"))
	h.define("hot", hot("lead.assigned"))
	h.define("cold", taskrules.Rule{On: "lead.assigned", When: []taskrules.Condition{{Fact: "lead.tier", In: []string{"cold"}}}, Task: call})
	h.define("other", hot("lead.submitted"))
	h.define("off", taskrules.Rule{On: "lead.assigned", Task: call, Off: true})
	event := uuid.New()
	var wg sync.WaitGroup
	for range 4 { // told more than once, by more than one dispatcher
		wg.Go(func() { require.NoError(t, h.book().Hear(context.Background(), event, "lead.assigned", h.about())) })
	}
	wg.Wait()
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from tasks`))
	require.Equal(t, h.ann, dbtest.One[uuid.UUID](t, h.pool, `select assignee_id from tasks where lead_id = $1 and contact_id = $2 and due_at = $3`,
		h.lead, h.contact, monday.Add(4*time.Hour)))
	require.JSONEq(t, `{"name":"hot","version":2,"event_id":"`+event.String()+`"}`, dbtest.One[string](t, h.pool, `select rule::text from tasks`))
	require.Equal(t, "task.opened", dbtest.One[string](t, h.pool, `select type from events`))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from task_rule_results r join tasks t on t.id = r.task_id where r.rule = 'hot' and r.problem is null`))

	require.NoError(t, h.book().Hear(context.Background(), uuid.New(), "lead.assigned", h.about()))
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from tasks`), "another event")
}

// The rules of a house may be wrong in many ways: what is right counts all the same, and what was wrong is on record.
func TestABrokenRuleHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	broken := hot("lead.assigned")
	broken.Task.For, broken.Task.User = tasks.User, uuid.New() // nobody
	h.define("a-broken", broken)
	h.define("b-right", hot("lead.assigned"))
	dbtest.Exec(t, h.pool, `insert into definitions (kind, name, version, body, note, author, created_at) values ('task-rule', 'c-no-rule', 1, '[1]', '', 't', $1)`, monday)
	for range 2 {
		require.NoError(t, h.book().Hear(context.Background(), uuid.Max, "lead.assigned", h.about()))
	}
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from tasks`))
	require.Equal(t, "user "+broken.Task.User.String()+" does not exist", dbtest.One[string](t, h.pool, `select problem from task_rule_results where rule = 'a-broken'`))
	for _, data := range []string{`null`, `[]`, `{"lead_id": 7}`, `{"lead_id": "` + uuid.NewString() + `"}`} {
		require.NoError(t, h.book().Hear(context.Background(), uuid.New(), "lead.assigned", json.RawMessage(data)), data)
	}
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from tasks`))
}

func TestWithoutPostgreSQLTheEventIsToldAgain(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.define("hot", hot("lead.assigned"))
	b := h.book()
	require.NoError(t, b.Hear(context.Background(), uuid.New(), "lead.submitted", h.about()), "the rules are known now")
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	require.Error(t, b.Hear(gone, uuid.New(), "lead.assigned", h.about()))
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from task_rule_results`))
}

// A change counts once the rules are read again.
func TestRulesAreReadNowAndThen(t *testing.T) {
	t.Parallel()
	h := setup(t)
	b := h.book()
	require.NoError(t, b.Hear(context.Background(), uuid.New(), "lead.assigned", h.about()))
	h.define("hot", hot("lead.assigned"))
	require.Eventually(t, func() bool {
		require.NoError(t, b.Hear(context.Background(), uuid.Max, "lead.assigned", h.about()))
		return dbtest.One[int](t, h.pool, `select count(*) from tasks`) == 1
	}, 3*rulebook.Fresh, rulebook.Fresh/10)
}

func TestATrialWritesNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for i, data := range []json.RawMessage{h.about(), json.RawMessage(`{}`), h.about()} {
		_, err := inbox.Accept(t.Context(), h.pool, monday.Add(time.Duration(i)*time.Hour), inbox.Event{
			Source: "t", ExternalID: string(rune('a' + i)), Type: "lead.assigned", Subject: "s", Data: data,
		})
		require.NoError(t, err)
	}
	trial, err := rulebook.Try(t.Context(), h.pool, hot("lead.assigned"), monday, monday.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 2, trial.Looked, "until is not in it")
	require.Len(t, trial.Fired, 1)
	require.Equal(t, taskrules.About{ContactID: h.contact, LeadID: h.lead}, trial.Fired[0].About)
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from tasks`))
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from task_rule_results`))
}
