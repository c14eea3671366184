package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

var (
	noon   = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	caller = audit.Record{ActorKind: audit.Key, ActorID: "key"}
)

// house has a representative, their manager, the manager above, and two admins.
type house struct {
	t                       *testing.T
	pool                    *pgxpool.Pool
	rep, boss, chief        uuid.UUID
	admin, second, outsider uuid.UUID
	deputies                approvals.Deputies
	asked                   int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t)}
	since := noon.AddDate(-1, 0, 0)
	add := func(role string, manager uuid.UUID) uuid.UUID {
		id := uuid.New()
		since = since.Add(time.Hour)
		dbtest.Exec(t, h.pool, `insert into users (id, display_name, email, role, team, manager_id, created_at) values ($1::uuid, 'A', $1 || '@example.com', $2, 'sales', $3, $4)`,
			id.String(), role, uuid.NullUUID{UUID: manager, Valid: manager != uuid.Nil}, since)
		return id
	}
	h.chief = add("manager", uuid.Nil)
	h.boss = add("manager", h.chief)
	h.rep = add("representative", h.boss)
	h.admin, h.second = add("admin", uuid.Nil), add("admin", uuid.Nil)
	h.outsider = add("representative", h.boss)
	return h
}

func (h *house) tx(fn func(pgx.Tx) error) error { return db.InTx(context.Background(), h.pool, fn) }

// policy writes the price policy anew.
func (h *house) policy(p approvals.Policy) {
	h.t.Helper()
	if p.ExpiresAfter == "" {
		p.ExpiresAfter = "7d"
	}
	body, err := json.Marshal(p)
	require.NoError(h.t, err)
	require.Empty(h.t, approvals.Policies.Check(body))
	require.NoError(h.t, h.tx(func(tx pgx.Tx) error {
		_, err := definitions.Put(h.t.Context(), tx, noon, definitions.Change{Kind: "approval-policy", Name: "price", Body: body, Author: "test"})
		return err
	}))
}

func (h *house) question(change ...func(*approvals.Question)) approvals.Question {
	h.asked++
	q := approvals.Question{
		Key: fmt.Sprint("step ", h.asked), Kind: "price", SubjectKind: "deal", SubjectID: uuid.New(), Revision: 1,
		Content: json.RawMessage(`{"amount_minor": 900}`), Policy: "price", RequestedBy: h.rep, Amount: money.Amount{Minor: 900, Currency: "EUR"},
	}
	for _, c := range change {
		c(&q)
	}
	return q
}

func (h *house) try(q approvals.Question) (a query.Approval, fresh bool, err error) {
	err = h.tx(func(tx pgx.Tx) (err error) {
		a, fresh, err = approvals.Ask(h.t.Context(), tx, noon, q, h.deputies)
		return err
	})
	return a, fresh, err
}

func (h *house) ask(change ...func(*approvals.Question)) query.Approval {
	h.t.Helper()
	a, fresh, err := h.try(h.question(change...))
	require.NoError(h.t, err)
	require.True(h.t, fresh)
	return a
}

// says is somebody's decision; the code of the refusal comes back, "" when it was taken.
func (h *house) says(a query.Approval, user uuid.UUID, verdict string) string {
	h.t.Helper()
	return code(h.t, h.tx(func(tx pgx.Tx) error {
		_, err := approvals.Decide(context.Background(), tx, noon.Add(time.Hour), caller, approvals.Decision{
			ApprovalID: a.ID, UserID: user, Verdict: verdict, Hash: a.ContentHash, Reason: "because",
		})
		return err
	}))
}

func (h *house) delegates(a query.Approval, from, to uuid.UUID) string {
	h.t.Helper()
	return code(h.t, h.tx(func(tx pgx.Tx) error {
		_, err := approvals.Delegate(h.t.Context(), tx, noon, caller, approvals.Delegation{ApprovalID: a.ID, UserID: from, To: to, Reason: "away"})
		return err
	}))
}

func code(t *testing.T, err error) string {
	t.Helper()
	var refused *approvals.RefusedError
	if errors.As(err, &refused) {
		require.NotEmpty(t, refused.Detail)
		return refused.Code
	}
	require.NoError(t, err)
	return ""
}

func (h *house) state(a query.Approval) string {
	h.t.Helper()
	return dbtest.One[string](h.t, h.pool, `select state from approvals where id = $1`, a.ID)
}

// seats are the states of the seats, by user.
func (h *house) seats(a query.Approval) map[uuid.UUID]string {
	h.t.Helper()
	rows, err := query.New().ListApprovalSeats(h.t.Context(), h.pool, []uuid.UUID{a.ID})
	require.NoError(h.t, err)
	out := map[uuid.UUID]string{}
	for _, r := range rows {
		out[r.UserID] = r.State + " " + r.Why
	}
	return out
}

func (h *house) events(name string) int {
	h.t.Helper()
	return dbtest.One[int](h.t, h.pool, `select count(*) from events where type = $1`, name)
}

func TestWhoDecides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waits := "waiting policy"
	require.Equal(t, map[uuid.UUID]string{h.boss: waits}, h.seats(h.ask()))
	cheap := func(q *approvals.Question) { q.DiscountPermille = 301 }
	require.Equal(t, map[uuid.UUID]string{h.boss: waits, h.admin: waits, h.second: waits}, h.seats(h.ask(cheap)))
	by := func(user uuid.UUID) func(*approvals.Question) {
		return func(q *approvals.Question) { q.RequestedBy = user }
	}
	require.Equal(t, map[uuid.UUID]string{h.chief: waits}, h.seats(h.ask(by(h.boss))), "the manager's own request goes up")
	require.Equal(t, map[uuid.UUID]string{h.chief: waits, h.second: waits}, h.seats(h.ask(by(h.admin), cheap)), "an admin's goes to another")
	require.Len(t, h.seats(h.ask(by(uuid.Nil))), 1, "somebody decides on what the house asks")
	dbtest.Exec(t, h.pool, `update users set active = false where id = $1`, h.boss)
	require.Equal(t, map[uuid.UUID]string{h.chief: waits}, h.seats(h.ask()), "who has left is passed over")

	h.policy(approvals.Policy{Steps: []approvals.Step{{Mode: approvals.All, Deciders: []approvals.Decider{{Users: []uuid.UUID{h.outsider, h.admin, h.rep}}}}}})
	require.Equal(t, map[uuid.UUID]string{h.outsider: waits, h.admin: waits}, h.seats(h.ask()))
}

func TestNobodyToDecide(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, p := range map[string]approvals.Policy{
		"only oneself":          {Steps: []approvals.Step{{Mode: approvals.Single, Deciders: []approvals.Decider{{Users: []uuid.UUID{h.rep}}}}}},
		"too few for a quorum":  {Steps: []approvals.Step{{Mode: approvals.Quorum, Quorum: 3, Deciders: []approvals.Decider{{Role: "admin"}}}}},
		"no step that applies":  {Steps: []approvals.Step{{Mode: approvals.Single, AbovePermille: 999, Deciders: []approvals.Decider{{Manager: true}}}}},
		"one of two steps only": {Steps: []approvals.Step{{Mode: approvals.Single, Deciders: []approvals.Decider{{Manager: true}}}, {Mode: approvals.Single, Deciders: []approvals.Decider{{Users: []uuid.UUID{uuid.New()}}}}}},
	} {
		h.policy(p)
		_, _, err := h.try(h.question())
		require.ErrorIs(t, err, approvals.ErrNoDecider, name)
	}
	_, _, err := h.try(h.question(func(q *approvals.Question) { q.Policy = "none" }))
	require.ErrorIs(t, err, definitions.ErrUnknown)
	_, _, err = h.try(h.question(func(q *approvals.Question) { q.Content = json.RawMessage(`{"amount": 1.5}`) }))
	require.ErrorIs(t, err, approvals.ErrContent)
	require.Zero(t, dbtest.One[int](t, h.pool, `select count(*) from approvals`))
}

func TestAStepAsksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	q := h.question()
	first, fresh, err := h.try(q)
	require.NoError(t, err)
	require.True(t, fresh)
	require.Equal(t, noon.AddDate(0, 0, 7), first.ExpiresAt.UTC())
	again, fresh, err := h.try(q)
	require.NoError(t, err)
	require.False(t, fresh)
	require.Equal(t, first.ID, again.ID)
	require.Len(t, h.seats(first), 1)

	q = h.question()
	ids := make([]uuid.UUID, 4)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			a, _, err := h.try(q)
			if err == nil {
				ids[i] = a.ID
			}
		})
	}
	wg.Wait()
	require.NotEqual(t, uuid.Nil, ids[0])
	require.Equal(t, []uuid.UUID{ids[0], ids[0], ids[0], ids[0]}, ids)
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.ask()
	require.Equal(t, "own-request", h.says(a, h.rep, approvals.Approved))
	require.Equal(t, "no-seat", h.says(a, h.admin, approvals.Approved))
	other := a
	other.ContentHash = h.ask(func(q *approvals.Question) { q.Content = json.RawMessage(`{"amount_minor": 901}`) }).ContentHash
	require.Equal(t, "content-changed", h.says(other, h.boss, approvals.Approved))
	require.Equal(t, approvals.Open, h.state(a))

	require.Empty(t, h.says(a, h.boss, approvals.Approved))
	require.Equal(t, approvals.Approved, h.state(a))
	require.Empty(t, h.says(a, h.boss, approvals.Approved), "the same again changes nothing")
	require.Equal(t, "decided-already", h.says(a, h.boss, approvals.Rejected))
	require.Equal(t, 1, h.events("approval.decided"))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'approval.approve' and reason = $1`, "by user "+h.boss.String()))
	require.Equal(t, "because", dbtest.One[string](t, h.pool, `select reason from approval_seats where approval_id = $1 and content_hash = $2`, a.ID, a.ContentHash))

	a = h.ask()
	require.Empty(t, h.says(a, h.boss, approvals.Rejected))
	require.Equal(t, approvals.Rejected, h.state(a))
	require.ErrorIs(t, h.tx(func(tx pgx.Tx) error {
		_, err := approvals.Decide(t.Context(), tx, noon, caller, approvals.Decision{ApprovalID: uuid.New()})
		return err
	}), approvals.ErrUnknown)

	a = h.ask()
	late := h.tx(func(tx pgx.Tx) error {
		_, err := approvals.Decide(t.Context(), tx, noon.AddDate(0, 0, 7), caller, approvals.Decision{ApprovalID: a.ID, UserID: h.boss, Verdict: approvals.Approved, Hash: a.ContentHash})
		return err
	})
	require.Equal(t, "approval-closed", code(t, late), "whether its run has noticed or not")
}

func TestAQuorumOutOfReachIsRejected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.policy(approvals.Policy{Steps: []approvals.Step{{Mode: approvals.Quorum, Quorum: 2, Deciders: []approvals.Decider{{Users: []uuid.UUID{h.boss, h.chief, h.admin}}}}}})
	a := h.ask()
	require.Empty(t, h.says(a, h.boss, approvals.Rejected))
	require.Equal(t, approvals.Open, h.state(a))
	require.Empty(t, h.says(a, h.admin, approvals.Rejected))
	require.Equal(t, approvals.Rejected, h.state(a))
	require.Equal(t, "approval-closed", h.says(a, h.chief, approvals.Approved))
}

// Of many who decide at once, each is heard or told that it is over, and the approval ends once.
func TestAllDecideAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deciders := []uuid.UUID{h.boss, h.chief, h.admin, h.second}
	for mode, quorum := range map[string]int{approvals.Single: 0, approvals.All: 0, approvals.Quorum: 2} {
		h.policy(approvals.Policy{Steps: []approvals.Step{{Mode: mode, Quorum: quorum, Deciders: []approvals.Decider{{Users: deciders}}}}})
		for range 5 {
			a, before := h.ask(), h.events("approval.decided")
			codes := make([]string, len(deciders))
			var wg sync.WaitGroup
			for i, user := range deciders {
				verdict := approvals.Approved
				if mode == approvals.Single && i%2 == 0 {
					verdict = approvals.Rejected
				}
				wg.Go(func() { codes[i] = h.says(a, user, verdict) })
			}
			wg.Wait()
			heard := 0
			for _, c := range codes {
				if c == "" {
					heard++
					continue
				}
				require.Equal(t, "approval-closed", c)
			}
			require.Equal(t, map[string]int{approvals.Single: 1, approvals.All: 4, approvals.Quorum: 2}[mode], heard)
			require.Contains(t, []string{approvals.Approved, approvals.Rejected}, h.state(a))
			require.Equal(t, before+1, h.events("approval.decided"))
		}
	}
}

func TestDelegation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.ask(func(q *approvals.Question) { q.DiscountPermille = 500 })
	require.Equal(t, "own-request", h.delegates(a, h.boss, h.rep))
	require.Equal(t, "own-request", h.delegates(a, h.rep, h.outsider))
	require.Equal(t, "no-seat", h.delegates(a, h.chief, h.outsider))
	require.Equal(t, "seated-already", h.delegates(a, h.boss, h.admin))
	require.Equal(t, "not-active", h.delegates(a, h.boss, uuid.New()))
	require.Empty(t, h.delegates(a, h.boss, h.outsider))
	require.Empty(t, h.delegates(a, h.boss, h.outsider), "the same again changes nothing")
	require.Equal(t, "handed-on", h.delegates(a, h.boss, h.chief))
	require.Equal(t, "handed-on", h.says(a, h.boss, approvals.Approved))
	require.Equal(t, "seated-already", h.delegates(a, h.outsider, h.boss), "not back in a circle")
	require.Equal(t, map[uuid.UUID]string{h.boss: "delegated policy", h.outsider: "waiting delegated", h.admin: "waiting policy", h.second: "waiting policy"}, h.seats(a))
	require.Equal(t, h.boss, dbtest.One[uuid.UUID](t, h.pool, `select from_user_id from approval_seats where approval_id = $1 and user_id = $2`, a.ID, h.outsider))
	require.Equal(t, 1, h.events("approval.seated"))
	require.Empty(t, h.says(a, h.outsider, approvals.Approved))
	require.Equal(t, approvals.Open, h.state(a), "the admin's step is missing")
	require.Empty(t, h.says(a, h.second, approvals.Approved))
	require.Equal(t, approvals.Approved, h.state(a))
	require.Equal(t, "approval-closed", h.delegates(a, h.admin, h.chief))
}

func TestDeputies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deputy := h.chief
	h.deputies = func(_ context.Context, _ query.DBTX, user uuid.UUID, _ time.Time) (uuid.UUID, bool, error) {
		return deputy, user == h.boss, nil
	}
	a := h.ask()
	require.Equal(t, map[uuid.UUID]string{h.boss: "delegated policy", h.chief: "waiting absent"}, h.seats(a))
	require.Empty(t, h.says(a, h.chief, approvals.Approved))
	require.Equal(t, approvals.Approved, h.state(a))
	deputy = h.rep
	require.Equal(t, map[uuid.UUID]string{h.boss: "waiting policy"}, h.seats(h.ask()), "nobody decides on their own request as a deputy")
	deputy = h.admin
	require.Len(t, h.seats(h.ask(func(q *approvals.Question) { q.DiscountPermille = 500 })), 3, "who decides already is nobody's deputy")
}

func TestVoidEndsWhatIsOutdated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := uuid.New()
	of := func(revision int) func(*approvals.Question) {
		return func(q *approvals.Question) { q.SubjectID, q.Revision = deal, revision }
	}
	open, given, refused, current, other := h.ask(of(1)), h.ask(of(2)), h.ask(of(2)), h.ask(of(3)), h.ask()
	require.Empty(t, h.says(given, h.boss, approvals.Approved))
	require.Empty(t, h.says(refused, h.boss, approvals.Rejected))
	void := func() {
		require.NoError(t, h.tx(func(tx pgx.Tx) error { return approvals.Void(t.Context(), tx, noon, "deal", deal, 3) }))
	}
	void()
	void()
	for a, want := range map[uuid.UUID]string{open.ID: "voided", given.ID: "voided", refused.ID: "rejected", current.ID: "open", other.ID: "open"} {
		require.Equal(t, want, dbtest.One[string](t, h.pool, `select state from approvals where id = $1`, a))
	}
	require.Equal(t, 2, h.events("approval.voided"))
	require.Equal(t, "approval-closed", h.says(open, h.boss, approvals.Approved))
}

func TestEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	end := func(how func(context.Context, pgx.Tx, time.Time, audit.Record, uuid.UUID) (query.Approval, error), a query.Approval) {
		t.Helper()
		require.NoError(t, h.tx(func(tx pgx.Tx) error { _, err := how(t.Context(), tx, noon, caller, a.ID); return err }))
	}
	expired, given, refused := h.ask(), h.ask(), h.ask()
	end(approvals.Expire, expired)
	end(approvals.Withdraw, expired)
	require.Equal(t, approvals.Expired, h.state(expired))
	require.Empty(t, h.says(given, h.boss, approvals.Approved))
	end(approvals.Expire, given)
	require.Equal(t, approvals.Approved, h.state(given), "decided in time")
	end(approvals.Withdraw, given)
	end(approvals.Withdraw, given)
	require.Equal(t, approvals.Withdrawn, h.state(given))
	require.Empty(t, h.says(refused, h.boss, approvals.Rejected))
	end(approvals.Withdraw, refused)
	require.Equal(t, approvals.Rejected, h.state(refused))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'approval.withdraw'`))
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	escalate := func(a query.Approval) {
		t.Helper()
		require.NoError(t, h.tx(func(tx pgx.Tx) error { return approvals.Escalate(t.Context(), tx, noon, caller, a.ID) }))
	}
	a := h.ask()
	escalate(a)
	escalate(a)
	require.Equal(t, map[uuid.UUID]string{h.boss: "delegated policy", h.chief: "waiting escalated"}, h.seats(a), "once")
	require.Empty(t, h.says(a, h.chief, approvals.Approved))
	escalate(a)
	require.Equal(t, approvals.Approved, h.state(a))

	h.policy(approvals.Policy{Steps: []approvals.Step{{Mode: approvals.All, Deciders: []approvals.Decider{{Users: []uuid.UUID{h.admin, h.second, h.outsider}}}}}})
	a = h.ask(func(q *approvals.Question) { q.RequestedBy = h.boss })
	escalate(a)
	require.Equal(t, map[uuid.UUID]string{h.admin: "waiting policy", h.second: "waiting policy", h.outsider: "delegated policy", h.chief: "waiting escalated"},
		h.seats(a), "never down, and never to the one who asks")
}
