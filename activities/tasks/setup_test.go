package tasks_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// monday is ten o'clock on a working day of the standard week.
var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// house is an office: chief above boss above ann and ben, who are the team sales.
type house struct {
	t                     testing.TB
	pool                  *pgxpool.Pool
	chief, boss, ann, ben uuid.UUID
}

func setup(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t)}
	h.chief = h.user("admin", "house", uuid.Nil)
	h.boss = h.user("manager", "sales", h.chief)
	h.ann = h.user("representative", "sales", h.boss)
	h.ben = h.user("representative", "sales", h.boss)
	return h
}

func (h *house) user(role, team string, manager uuid.UUID) uuid.UUID {
	h.t.Helper()
	id := uuid.Must(uuid.NewV7())
	dbtest.Exec(h.t, h.pool, `insert into users (id, display_name, email, role, team, manager_id, created_at) values ($1, 'n', $2, $3, $4, nullif($5, '00000000-0000-0000-0000-000000000000'::uuid), $6)`,
		id, id.String()+"@example.com", role, team, manager, monday)
	return id
}

// contact belongs to somebody.
func (h *house) contact(owner uuid.UUID) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	dbtest.Exec(h.t, h.pool, `insert into contacts (id, owner_id, created_at, updated_at) values ($1, $2, $3, $3)`, id, owner, monday)
	return id
}

// away sends somebody away for a day from an instant on; a zero deputy names none.
func (h *house) away(user uuid.UUID, from time.Time, deputy uuid.UUID) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, `insert into absences (id, user_id, from_at, until_at, deputy_id, created_at) values ($1, $2, $3, $4, nullif($5, '00000000-0000-0000-0000-000000000000'::uuid), $3)`,
		uuid.New(), user, from, from.AddDate(0, 0, 1), deputy)
}

// at is the implementation at a business time that stands still.
func (h *house) at(now time.Time) *tasks.Tasks {
	return tasks.New(h.pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9})
}

func step(key string) context.Context {
	return process.WithKey(context.Background(), "deal:1/e/"+key)
}

// give gives a task at ten on monday.
func (h *house) give(key string, b tasks.Brief) tasks.Opened {
	h.t.Helper()
	if b.Kind == "" {
		b.Kind, b.Title = "call", "Call them"
	}
	out, err := h.at(monday).Give(step(key), b)
	require.NoError(h.t, err)
	return out
}

// in carries something out in a transaction.
func (h *house) in(do func(pgx.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(context.Background(), h.pool, do))
}

func (h *house) events() (list []string) {
	h.t.Helper()
	rows, err := h.pool.Query(context.Background(), `select type from events order by seq`)
	require.NoError(h.t, err)
	list, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	return list
}
