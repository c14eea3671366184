package approving_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

type house struct {
	*approving.Approving
	pool      *pgxpool.Pool
	rep, boss uuid.UUID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{pool: dbtest.New(t), rep: uuid.New(), boss: uuid.New()}
	h.Approving = approving.New(h.pool, clock.Clock{}, nil)
	for user, role := range map[uuid.UUID]string{h.boss: "manager", h.rep: "representative"} {
		dbtest.Exec(t, h.pool, `insert into users (id, display_name, email, role, team, created_at) values ($1::uuid, 'A', $1 || '@example.com', $2, 'sales', now())`, user.String(), role)
	}
	return h
}

func step(key string) context.Context {
	return process.WithKey(context.Background(), "deal-closure:1/entry/"+key)
}

func (h *house) request() approving.Request {
	return approving.Request{Kind: "price", SubjectKind: "deal", SubjectID: uuid.New(), Revision: 1, Content: json.RawMessage(`{"amount_minor":1}`), RequestedBy: h.rep,
		Amount: money.Amount{Minor: 1, Currency: "EUR"}}
}

func TestAStepAsksOnceAndItsDecisionIsSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.request()
	first, err := h.Ask(step("ask.1"), r)
	require.NoError(t, err)
	again, err := h.Ask(step("ask.1"), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	next, err := h.Ask(step("ask.2"), r)
	require.NoError(t, err)
	require.NotEqual(t, first, next)
	require.Equal(t, 2, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'approval.ask' and actor_id = 'deal-closure:1'`))

	stands, err := h.Look(t.Context(), first.ApprovalID)
	require.NoError(t, err)
	require.Equal(t, "open", stands.State)
	require.Equal(t, []approving.Seat{{UserID: h.boss}}, stands.Waiting)
	require.Equal(t, []time.Duration{24 * time.Hour, 48 * time.Hour}, stands.RemindAfter)
	require.Equal(t, 72*time.Hour, stands.EscalateAfter)
	require.Equal(t, stands.AskedAt.Add(7*24*time.Hour), stands.ExpiresAt)

	for _, want := range []string{"withdrawn", "withdrawn"} {
		ended, err := h.Withdraw(step("back.1"), first.ApprovalID)
		require.NoError(t, err)
		require.Equal(t, want, ended.State)
	}
	_, err = h.Escalate(step("escalate.1"), next.ApprovalID)
	require.NoError(t, err)
	ended, err := h.Expire(step("expire.1"), next.ApprovalID)
	require.NoError(t, err)
	require.Equal(t, approving.Standing{State: "expired"}, ended)
	stands, err = h.Look(t.Context(), next.ApprovalID)
	require.NoError(t, err)
	require.Equal(t, approving.Standing{State: "expired"}, stands)
}

func TestWhatCannotBeAskedIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for code, change := range map[string]func(*approving.Request){
		approving.NoPolicy: func(r *approving.Request) { r.Policy = "none" },
		approving.NoDecider: func(r *approving.Request) {
			r.DiscountPermille = 999 // that takes an admin, and there is none
		},
		"content": func(r *approving.Request) { r.Content = json.RawMessage(`{"amount": 0.1}`) },
	} {
		r := h.request()
		change(&r)
		_, err := h.Ask(step(code), r)
		require.Equal(t, code, process.Code(err))
	}
	for _, call := range []func(context.Context, uuid.UUID) (approving.Standing, error){h.Look, h.Expire, h.Withdraw} {
		_, err := call(step("x"), uuid.New())
		require.True(t, process.IsType(err, process.TypeNotFound))
	}
	_, err := h.Escalate(step("x"), uuid.New())
	require.True(t, process.IsType(err, process.TypeNotFound))
}
