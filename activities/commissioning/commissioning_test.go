package commissioning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/commission"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/process"
)

// house sells: a representative and their manager share nine to one, at a rate of ten percent, and twenty beyond 1,000.
type house struct {
	*commissioning.Commissioning
	t                  *testing.T
	pool               *pgxpool.Pool
	contact, rep, boss uuid.UUID
	now                time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t), contact: uuid.New(), rep: uuid.New(), boss: uuid.New(), now: time.Now().UTC().Truncate(time.Second)}
	h.Commissioning = commissioning.New(h.pool, clock.Clock{})
	add := `insert into users (id, display_name, email, role, team, manager_id, created_at) values ($1::uuid, 'A', $1 || '@example.com', $2, 'sales', $3, now())`
	dbtest.Exec(t, h.pool, add, h.boss.String(), "manager", nil)
	dbtest.Exec(t, h.pool, add, h.rep.String(), "representative", h.boss)
	dbtest.Exec(t, h.pool, `insert into contacts (id, created_at, updated_at) values ($1, now(), now())`, h.contact)
	h.plan(commission.Plan{RateBP: 1000, Currency: "EUR", Period: "year", Tiers: []commission.Tier{{AboveMinor: 100_000, RateBP: 2000}}, ClawBack: "30d",
		Splits: []commission.Split{{Who: commission.Owner, Share: 9}, {Who: commission.Manager, Share: 1}}})
	return h
}

func (h *house) plan(p commission.Plan) {
	h.t.Helper()
	body, err := json.Marshal(p)
	require.NoError(h.t, err)
	require.Empty(h.t, commission.Plans.Check(body))
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := definitions.Put(h.t.Context(), tx, h.now, definitions.Change{Kind: "commission-plan", Name: commission.Standard, Body: body})
		return err
	}))
}

func (h *house) deal(minor int64, state string, closed time.Time) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	dbtest.Exec(h.t, h.pool, `insert into sales_pipeline (id, key, name, contact_id, owner_id, pipeline, pipeline_version, stage, state, amount_minor, currency,
		probability, stage_since, touched_at, closed_at, created_at) values ($1::uuid, $1, 'Deal', $2, $3, 'standard', 0, 'closing', $4, $5, 'EUR', 1, $6, $6, $6, $6)`,
		id.String(), h.contact, h.rep, state, minor, closed)
	return id
}

func step(key string) context.Context {
	return process.WithKey(context.Background(), "deal-closure:1/entry/"+key)
}

func (h *house) book(deal uuid.UUID) commissioning.Booked {
	h.t.Helper()
	out, err := h.Book(step("book "+deal.String()), deal)
	require.NoError(h.t, err)
	return out
}

// earns is what counts for a person.
func (h *house) earns(user uuid.UUID) int64 {
	h.t.Helper()
	return dbtest.One[int64](h.t, h.pool, `select coalesce(sum(amount_minor), 0)::bigint from commissions where user_id = $1 and reversed_at is null`, user)
}

func TestAWonDealPaysOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := h.deal(80_001, "won", h.now)
	want := commissioning.Booked{People: 2, TotalMinor: 8_000, Currency: "EUR"}
	require.Equal(t, want, h.book(deal))
	require.Equal(t, want, h.book(deal), "the same step")
	again, err := h.Book(step("another"), deal)
	require.NoError(t, err)
	require.Equal(t, want, again, "another step finds what stands")
	require.Equal(t, []int64{7_200, 800}, []int64{h.earns(h.rep), h.earns(h.boss)})
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'commission.book'`))

	require.Equal(t, int64(2_000+6_000), h.book(h.deal(50_000, "won", h.now)).TotalMinor, "19,999 fill the first tier: 1999.9 + 6000.2")
	require.Equal(t, int64(1_000), h.book(h.deal(10_000, "won", h.now.AddDate(-1, 0, 0))).TotalMinor, "another period begins anew")
}

func TestADealThatPaysNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Book(step("1"), h.deal(100, "open", h.now))
	require.Equal(t, commissioning.NotWon, process.Code(err))
	_, err = h.Book(step("2"), uuid.New())
	require.True(t, process.IsType(err, process.TypeNotFound))
	deal := h.deal(100, "won", h.now)
	dbtest.Exec(t, h.pool, `update sales_pipeline set owner_id = null`)
	require.Equal(t, commissioning.Booked{}, h.book(deal))
}

func TestWhoIsNotThereLeavesTheirShare(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dbtest.Exec(t, h.pool, `update users set active = false where id = $1`, h.boss)
	require.Equal(t, 1, h.book(h.deal(1_000, "won", h.now)).People)
	require.Equal(t, int64(100), h.earns(h.rep))
	h.plan(commission.Plan{RateBP: 1000, Currency: "EUR", Period: "year",
		Splits: []commission.Split{{Who: commission.Owner, Share: 1}, {User: h.rep, Share: 1}, {User: uuid.New(), Share: 5}}})
	require.Equal(t, commissioning.Booked{People: 1, TotalMinor: 100, Currency: "EUR"}, h.book(h.deal(1_000, "won", h.now)))
}

func TestReversing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := h.deal(80_000, "won", h.now)
	h.book(deal)
	for range 2 {
		_, err := h.Reverse(step("reverse"), deal)
		require.NoError(t, err)
	}
	require.Zero(t, h.earns(h.rep))
	require.Equal(t, 1, dbtest.One[int](t, h.pool, `select count(*) from audit_logs where action = 'commission.reverse'`))
	require.Equal(t, int64(9_000), h.book(h.deal(90_000, "won", h.now)).TotalMinor, "what was reversed counts for no tier")
	out, err := h.Book(step("won again"), deal)
	require.NoError(t, err)
	require.Equal(t, int64(1_000+14_000), out.TotalMinor)
	claw, err := h.ClawBack(step("x"), commissioning.Refund{DealID: h.deal(5, "lost", h.now), AmountMinor: 5})
	require.NoError(t, err)
	require.Equal(t, commissioning.Nothing, claw.Verdict)
}

// Deals of one owner that are booked at once pay together what they would pay one after the other.
func TestManyAreBookedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var wg sync.WaitGroup
	for range 8 {
		deal := h.deal(25_000, "won", h.now)
		for i := range 2 { // and each of them twice
			wg.Go(func() {
				_, err := h.Book(step(fmt.Sprint(deal, i)), deal)
				if err != nil {
					t.Errorf("book: %v", err)
				}
			})
		}
	}
	wg.Wait()
	require.Equal(t, int64(10_000+20_000), h.earns(h.rep)+h.earns(h.boss), "100,000 at ten percent, and as much at twenty")
}

func TestClawBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := h.deal(80_000, "won", h.now)
	h.book(deal)
	claw := func(key string, minor int64) commissioning.Clawed {
		t.Helper()
		out, err := h.ClawBack(step(key), commissioning.Refund{DealID: deal, AmountMinor: minor})
		require.NoError(t, err)
		return out
	}
	want := commissioning.Clawed{Verdict: commissioning.ClawedBack, TotalMinor: 2_000, Currency: "EUR"}
	require.Equal(t, want, claw("first", 20_000))
	require.Equal(t, want, claw("first", 20_000), "the same refund is clawed back once")
	require.Equal(t, []int64{5_400, 600}, []int64{h.earns(h.rep), h.earns(h.boss)})
	require.Zero(t, claw("a cent", 1).TotalMinor)
	require.Equal(t, int64(6_000), claw("more than the rest", 99_999).TotalMinor)
	require.Equal(t, []int64{0, 0}, []int64{h.earns(h.rep), h.earns(h.boss)})
	require.Equal(t, commissioning.Nothing, claw("nothing is left", 5).Verdict)
	_, err := h.ClawBack(step("no refund"), commissioning.Refund{DealID: deal})
	require.Equal(t, "amount", process.Code(err))
}

func TestAfterTheWindowNothingIsClawedBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := h.deal(80_000, "won", h.now.AddDate(0, 0, -31))
	h.book(deal)
	out, err := h.ClawBack(step("late"), commissioning.Refund{DealID: deal, AmountMinor: 80_000})
	require.NoError(t, err)
	require.Equal(t, commissioning.Clawed{Verdict: commissioning.TooLate}, out)
	require.Equal(t, int64(7_200), h.earns(h.rep))
}

// Refunds that come at once take together what they would take one after the other, and never more than was earned.
func TestManyRefundsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	deal := h.deal(80_000, "won", h.now)
	h.book(deal)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := h.ClawBack(step(fmt.Sprint(i)), commissioning.Refund{DealID: deal, AmountMinor: 50_000}); err != nil {
				t.Errorf("claw back: %v", err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []int64{0, 0}, []int64{h.earns(h.rep), h.earns(h.boss)})
}
