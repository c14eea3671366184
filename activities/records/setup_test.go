package records_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// monday is a working morning: Monday, 10:00 UTC.
var monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// office is a database with rules, a manager and as many representatives as a test asks for.
type office struct {
	t       *testing.T
	pool    *pgxpool.Pool
	records *records.Records
	tasks   *tasks.Tasks
	manager uuid.UUID
	reps    []uuid.UUID
}

// newOffice opens an office with one representative for each capacity.
func newOffice(t *testing.T, capacities ...int) *office {
	t.Helper()
	pool := dbtest.New(t)
	c, err := clock.New(time.Now(), monday, 1)
	require.NoError(t, err)
	o := &office{t: t, pool: pool, records: records.New(pool, c, nil), tasks: tasks.New(pool, c)}
	require.NoError(t, records.Seed(t.Context(), pool, monday))
	o.manager = o.user("manager", 0, uuid.Nil)
	for _, capacity := range capacities {
		o.reps = append(o.reps, o.user("representative", capacity, o.manager))
	}
	return o
}

func (o *office) user(role string, capacity int, manager uuid.UUID) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	o.exec(`insert into users (id, display_name, email, role, team, manager_id, capacity, created_at) values ($1, 'Somebody', $2, $3, 'sales', $4, $5, $6)`,
		id, id.String()+"@example.com", role, uuid.NullUUID{UUID: manager, Valid: manager != uuid.Nil}, capacity, monday)
	return id
}

func (o *office) exec(sql string, args ...any) {
	o.t.Helper()
	_, err := o.pool.Exec(context.Background(), sql, args...)
	require.NoError(o.t, err)
}

// submit keeps a lead as the API does.
func (o *office) submit(s records.Submission) records.Lead {
	o.t.Helper()
	if s.Channel == "" {
		s.Channel = "form"
	}
	if s.Source == "" {
		s.Source = "website"
	}
	raw, err := json.Marshal(s)
	require.NoError(o.t, err)
	id := uuid.Must(uuid.NewV7())
	o.exec(`insert into leads (id, status, submission, source, channel, submitted_at) values ($1, 'received', $2, $3, $4, $5)`,
		id, raw, s.Source, s.Channel, monday)
	return records.Lead{LeadID: id}
}

// as is the context of a step of the run about a lead.
func as(lead records.Lead, step string) context.Context {
	return process.WithKey(context.Background(), "lead-capture:"+lead.LeadID.String()+"/entry/"+step)
}

// take takes a lead in as the process does, up to its task.
func (o *office) take(lead records.Lead) (records.Resolution, records.Scored, records.Assigned, records.FollowedUp) {
	o.t.Helper()
	_, err := o.records.Check(as(lead, "check"), lead)
	require.NoError(o.t, err)
	found, err := o.records.Resolve(as(lead, "resolve"), lead)
	require.NoError(o.t, err)
	if found.Verdict == records.Repeated || found.Verdict == records.InReview {
		return found, records.Scored{}, records.Assigned{}, records.FollowedUp{}
	}
	scored, err := o.records.Score(as(lead, "score"), lead)
	require.NoError(o.t, err)
	assigned, err := o.records.Assign(as(lead, "assign"), lead)
	require.NoError(o.t, err)
	task, err := o.records.FollowUp(as(lead, "follow-up"), lead)
	require.NoError(o.t, err)
	return found, scored, assigned, task
}

// value reads one value of any type.
func value[T any](o *office, sql string, args ...any) T {
	o.t.Helper()
	var v T
	require.NoError(o.t, o.pool.QueryRow(context.Background(), sql, args...).Scan(&v), sql)
	return v
}

// contents is everything in the database that activities write, for comparing.
func (o *office) contents() map[string]string {
	o.t.Helper()
	out := map[string]string{}
	for _, table := range []string{
		"contacts", "contact_identities", "contact_keys", "consents", "leads", "lead_scores", "merge_reviews", "data_requests",
		"representative_loads", "tasks", "interactions", "lead_imports", "lead_import_rows", "audit_logs", "events",
	} {
		out[table] = value[string](o, fmt.Sprintf(`select coalesce(string_agg(t::text, E'\n' order by t::text), '') from %s t`, table))
	}
	return out
}

// twice calls an activity two times under one key: the second answers the same and changes nothing.
func twice[A, R any](o *office, ctx context.Context, activity func(context.Context, A) (R, error), arg A) R {
	o.t.Helper()
	first, err := activity(ctx, arg)
	require.NoError(o.t, err)
	before := o.contents()
	second, err := activity(ctx, arg)
	require.NoError(o.t, err)
	require.Equal(o.t, first, second, "the second answer")
	require.Equal(o.t, before, o.contents(), "the second call changed something")
	return first
}

var ada = records.Submission{
	Email: "ada@example.com", Phone: "+49 30 901820", FirstName: "Ada", LastName: "Example", Company: "Example Works", Country: "DE",
}
