package capture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/capture"
)

// submitted keeps a lead as the API does.
func submitted(t *testing.T, pool *pgxpool.Pool, s records.Submission) uuid.UUID {
	t.Helper()
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	id := uuid.Must(uuid.NewV7())
	_, err = pool.Exec(t.Context(), `insert into leads (id, status, submission, source, channel, submitted_at) values ($1, 'received', $2, 'website', $3, $4)`,
		id, raw, s.Channel, time.Now())
	require.NoError(t, err)
	return id
}

// captured runs the process about a lead with its real activities; only messages are pretended.
func captured(t *testing.T, pool *pgxpool.Pool, id uuid.UUID, script func(*processtest.Env)) capture.Outcome {
	t.Helper()
	env := processtest.New(t, capture.Process)
	env.Register(records.New(pool, clock.Clock{}, nil).Activities()...)
	env.Register(tasks.New(pool, clock.Clock{}).Activities()...)
	processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	script(env)
	env.Run(capture.Process, capture.Input{LeadID: id})
	require.NoError(t, env.GetWorkflowError())
	var out capture.Outcome
	require.NoError(t, env.GetWorkflowResult(&out))
	return out
}

func quietly(*processtest.Env) {}

func company(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := dbtest.New(t)
	require.NoError(t, records.Seed(t.Context(), pool, time.Now()))
	require.NoError(t, records.SeedDemo(t.Context(), pool, time.Now(), ""))
	require.NoError(t, records.SeedDemo(t.Context(), pool, time.Now(), ""), "seeding again changes nothing")
	return pool
}

// Every channel enters by the same door: one person who uses all of them at once is one lead.
func TestAllChannelsAtOnceAreOneLead(t *testing.T) {
	t.Parallel()
	pool := company(t)
	channels := []string{"form", "call", "video", "chat", "api", "form", "call", "video", "chat", "api"}
	outcomes := make([]capture.Outcome, len(channels))
	var wg sync.WaitGroup
	for i, channel := range channels {
		id := submitted(t, pool, records.Submission{
			Email: fmt.Sprintf("ada.%d@example.com", i), Phone: "+4930901820", FirstName: "Ada", LastName: "Example", Channel: channel,
		})
		wg.Go(func() { outcomes[i] = captured(t, pool, id, quietly) })
	}
	wg.Wait()
	endings, contacts := map[string]int{}, map[uuid.UUID]bool{}
	for _, out := range outcomes {
		endings[out.Status]++
		contacts[out.ContactID] = true
	}
	require.Equal(t, map[string]int{capture.Captured: 1, capture.Merged: len(channels) - 1}, endings)
	require.Len(t, contacts, 1)
	var tasks, handovers int
	require.NoError(t, pool.QueryRow(context.Background(), `select (select count(*) from tasks), (select count(*) from events where type = 'lead.assigned')`).Scan(&tasks, &handovers))
	require.Equal(t, []int{1, 1}, []int{tasks, handovers})
}

func TestReviewAndCompletionAgainstTheDatabase(t *testing.T) {
	t.Parallel()
	pool := company(t)
	first := captured(t, pool, submitted(t, pool, records.Submission{Phone: "+4930901820", FirstName: "Ada", LastName: "Example", Channel: "form"}), quietly)
	require.Equal(t, capture.Captured, first.Status)
	id := submitted(t, pool, records.Submission{FirstName: "Grace", LastName: "Sample", Channel: "call"})
	out := captured(t, pool, id, func(env *processtest.Env) {
		env.After(time.Hour, func() {
			_, err := pool.Exec(context.Background(), `update leads set submission = submission || '{"phone": "+4930901820"}' where id = $1`, id)
			require.NoError(t, err)
			processtest.Signal(env, capture.Amended, "e1", capture.Amendment{})
		})
		env.After(2*time.Hour, func() {
			require.Equal(t, "Merge review", env.Status().Step)
			processtest.Signal(env, capture.MergeDecided, "e2", capture.Decision{Decision: records.Merge})
		})
	})
	require.Equal(t, capture.Merged, out.Status)
	require.Equal(t, first.ContactID, out.ContactID)
	require.Equal(t, first.AssigneeID, out.AssigneeID)
}
