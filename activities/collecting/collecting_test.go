package collecting_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/collecting/standin"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type house struct {
	t     *testing.T
	pool  *pgxpool.Pool
	books *standin.Books
	c     *collecting.Collecting
	who   uuid.UUID
	one   uuid.UUID
}

func setup(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t), books: standin.New(), who: uuid.New(), one: uuid.New()}
	h.c = collecting.New(h.pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9}, nil, h.books)
	dbtest.Exec(t, h.pool, `insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', $2, $2)`, h.who, noon)
	h.owes(12000)
	return h
}

func (h *house) owes(minor int64) {
	h.books.Put(h.who, collecting.Account{
		Segment: "customer", Due: []collecting.Owed{{InvoiceID: h.one, Number: "R-1", Left: money.Amount{Minor: minor, Currency: "EUR"}, DueOn: noon.AddDate(0, 0, -3)}},
	})
}

func (h *house) plan(name string, change func(*collecting.Plan)) {
	h.t.Helper()
	raw, _ := collecting.Plans.Standard(collecting.PlanStandard)
	var p collecting.Plan
	require.NoError(h.t, json.Unmarshal(raw, &p))
	change(&p)
	raw, err := json.Marshal(p)
	require.NoError(h.t, err)
	require.Empty(h.t, collecting.Plans.Check(raw))
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := definitions.Put(h.t.Context(), tx, noon, definitions.Change{Kind: collecting.Plans.Name(), Name: name, Body: raw, Author: "test"})
		return err
	}))
}

func (h *house) look(f collecting.File) collecting.Standing {
	h.t.Helper()
	f.ContactID = h.who
	out, err := h.c.LookAt(h.t.Context(), f)
	require.NoError(h.t, err)
	return out
}

func (h *house) token() fence.Token {
	h.t.Helper()
	token, err := fence.Read(h.t.Context(), h.pool, "account", h.who)
	require.NoError(h.t, err)
	return token
}

func TestALookIsKeptForTheList(t *testing.T) {
	t.Parallel()
	h := setup(t)
	s := h.look(collecting.File{Now: noon})
	require.Equal(t, []any{collecting.Owing, collecting.Say, collecting.PlanStandard, 0, noon},
		[]any{s.Stands, s.Next.Do, s.Plan, s.Version, s.Since})
	require.Equal(t, h.token(), s.Fence)
	require.Equal(t, "owing say 12000 EUR", dbtest.One[string](t, h.pool, `select concat_ws(' ', state, next, due_minor, currency) from collections`))
	f := collecting.File{Plan: s.Plan, Since: s.Since, Now: noon.Add(time.Hour), Step: 1, Said: []collecting.Saying{{MessageID: h.one, Channel: "email"}}}
	require.Equal(t, h.look(f), h.look(f), "looking twice is looking once")
	require.Equal(t, "owing wait 1", dbtest.One[string](t, h.pool, `select concat_ws(' ', state, next, step) from collections`))
	require.Equal(t, noon, dbtest.One[time.Time](t, h.pool, `select began_at from collections`).UTC())
	require.NoError(t, h.c.CloseOff(t.Context(), collecting.Ending{ContactID: h.who, Outcome: "settled"}))
	require.Equal(t, "settled t", dbtest.One[string](t, h.pool, `select concat_ws(' ', state, ended) from collections`))
	h.who = uuid.New()
	require.Equal(t, collecting.Gone, h.look(collecting.File{Now: noon}).Stands)
}

func TestTheFirstPlanThatSuitsByPriority(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.plan("small", func(p *collecting.Plan) { p.Match, p.Priority = collecting.Match{Currency: "EUR", ToMinor: 5000}, 50 })
	h.plan("customers", func(p *collecting.Plan) { p.Match, p.Priority = collecting.Match{Segments: []string{"customer"}}, 10 })
	h.plan("partners", func(p *collecting.Plan) { p.Match, p.Priority = collecting.Match{Segments: []string{"partner"}}, 90 })
	require.Equal(t, "customers", h.look(collecting.File{Now: noon}).Plan)
	h.owes(5000)
	s := h.look(collecting.File{Now: noon})
	require.Equal(t, "small", s.Plan)
	h.owes(9000)
	h.plan("small", func(p *collecting.Plan) {
		p.Match, p.Team = collecting.Match{Currency: "EUR", ToMinor: 5000}, "another"
	})
	s = h.look(collecting.File{Now: noon, Plan: s.Plan, Version: s.Version, Since: noon})
	require.Equal(t, []any{"small", "collections"}, []any{s.Plan, s.Team}, "a run stays with its plan, and with the version")
}

func TestADebtIsWrittenOffAsItWasApproved(t *testing.T) {
	t.Parallel()
	h := setup(t)
	approval := uuid.New()
	dbtest.Exec(t, h.pool, `insert into approvals (id, key, kind, subject_kind, subject_id, revision, content, content_hash, policy, policy_version, rule, state, expires_at, created_at)
		values ($1, 'a', 'write-off', 'account', $2, 1, '{}', '', 'write-off', 0, '[]', 'approved', $3, $3)`, approval, h.who, noon)
	loss := collecting.Loss{ContactID: h.who, Claims: []collecting.Claim{{InvoiceID: h.one}}, Fence: h.token(), ApprovalID: approval}
	write := func(key string) bool {
		t.Helper()
		out, err := h.c.WriteOff(process.WithKey(t.Context(), key), loss)
		require.NoError(t, err)
		return out.Done
	}
	require.NoError(t, db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := fence.Move(t.Context(), tx, "account", h.who)
		return err
	}))
	before := h.token()
	require.False(t, write("1"), "the account has changed since")
	require.Equal(t, before, h.token(), "nothing was changed")
	require.Empty(t, h.books.Changes)
	loss.Fence = before
	require.True(t, write("2"))
	require.True(t, write("2"), "a repeat of the step")
	require.Equal(t, []string{"written off"}, h.books.Changes)
	require.Equal(t, collecting.TakenOff, h.look(collecting.File{Now: noon, Plan: collecting.PlanStandard, Since: noon}).Stands)
}

func TestWhatACustomerSaysOnThePage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	say := func(do func(tx pgx.Tx) error) error { return db.InTx(t.Context(), h.pool, do) }
	promise := func(on string) error {
		day, err := time.Parse(time.DateOnly, on)
		require.NoError(t, err)
		return say(func(tx pgx.Tx) error { return collecting.PromiseIn(t.Context(), tx, h.books, noon, h.who, day) })
	}
	for _, on := range []string{"2026-03-02", "2026-04-02", "1999-01-01"} {
		require.ErrorIs(t, promise(on), collecting.ErrNotTaken, on)
	}
	for _, on := range []string{"2026-03-03", "2026-03-03", "2026-04-01"} {
		require.NoError(t, promise(on), on)
	}
	contest := func(invoice uuid.UUID) error {
		return say(func(tx pgx.Tx) error {
			return collecting.ContestIn(t.Context(), tx, h.books, noon, h.who, invoice, "other")
		})
	}
	require.ErrorIs(t, contest(uuid.New()), collecting.ErrNotTaken)
	require.NoError(t, contest(h.one))
	require.NoError(t, contest(h.one))
	require.Equal(t, []string{"promised 2026-03-03", "promised 2026-04-01", "disputed other"}, h.books.Changes)
	s, err := collecting.ReadStatement(t.Context(), h.pool, h.books, noon, h.who)
	require.NoError(t, err)
	require.Equal(t, "2026-04-01", s.PromisedOn.Format(time.DateOnly))
	require.True(t, s.Open[0].Disputed)
}
