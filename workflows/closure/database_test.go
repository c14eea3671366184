package closure_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/activities/commissioning"
	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/work"
	"github.com/perdura/perdura/workflows/closure"
	"github.com/perdura/perdura/workflows/signature"
)

// house has real approvals, commissions and tasks; deals and contracts are pretended, a customer signs after a day.
type house struct {
	*processtest.Env
	t         *testing.T
	pool      *pgxpool.Pool
	rep, boss uuid.UUID
	deal      uuid.UUID
	revision  int
	onWon     func()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t), rep: uuid.New(), boss: uuid.New(), deal: uuid.New(), revision: 1, onWon: func() {}}
	contact := uuid.New()
	user := `insert into users (id, display_name, email, role, team, manager_id, created_at) values ($1::uuid, 'A', $1 || '@example.com', $2, 'sales', $3, now())`
	dbtest.Exec(t, h.pool, user, h.boss.String(), "manager", nil)
	dbtest.Exec(t, h.pool, user, h.rep.String(), "representative", h.boss)
	dbtest.Exec(t, h.pool, `insert into contacts (id, owner_id, created_at, updated_at) values ($1, $2, now(), now())`, contact, h.rep)
	dbtest.Exec(t, h.pool, `insert into sales_pipeline (id, key, name, contact_id, owner_id, pipeline, pipeline_version, stage, state, amount_minor, currency, probability,
		stage_since, touched_at, created_at) values ($1::uuid, $1, 'Deal', $2, $3, 'standard', 0, 'closing', 'closing', 100000, 'EUR', 0, now(), now(), now())`,
		h.deal.String(), contact, h.rep)
	signing := process.New("signature", func(ctx workflow.Context, _ signature.Input) (signature.Outcome, error) {
		return signature.Outcome{Status: signature.Signed}, process.Sleep(ctx, "The customer signs", process.For(24*time.Hour))
	}, process.OneRunPer(func(in signature.Input) string { return in.ContractID.String() }))
	h.Env = processtest.New(t, closure.Process, work.Approval, signing)
	h.Register(approving.New(h.pool, clock.Clock{}, nil).Activities()...)
	h.Register(commissioning.New(h.pool, clock.Clock{}).Activities()...)
	h.Register(tasks.New(h.pool, clock.Clock{}).Activities()...)
	processtest.Stub(h.Env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	processtest.Stub(h.Env, dealing.ReadTerms, func(uuid.UUID) (dealing.Terms, error) {
		return dealing.Terms{DealID: h.deal, ContactID: contact, OwnerID: h.rep, Revision: h.revision, Amount: money.Amount{Minor: 100_000, Currency: "EUR"},
			DiscountPermille: 200, Policy: "price", Template: "contract"}, nil
	})
	processtest.Stub(h.Env, contracting.Issue, processtest.Returns[contracting.Draft](contracting.Issued{ContractID: uuid.New()}))
	processtest.Stub(h.Env, contracting.Void, processtest.Returns[uuid.UUID](struct{}{}))
	processtest.Stub(h.Env, dealing.Close, func(c dealing.Closing) (struct{}, error) {
		state := map[string]string{dealing.Won: "won", dealing.Back: "open"}[c.Result]
		dbtest.Exec(t, h.pool, `update sales_pipeline set state = $1, closed_at = now() where state = 'closing'`, state)
		if c.Result == dealing.Won {
			h.onWon()
		}
		return struct{}{}, nil
	})
	processtest.Stub(h.Env, dealing.Reopen, func(dealing.Closing) (struct{}, error) {
		dbtest.Exec(t, h.pool, `update sales_pipeline set state = 'closing', closed_at = null`)
		return struct{}{}, nil
	})
	return h
}

// approves lets the manager read the open approval after a while, and agree to what they see.
func (h *house) approves(after time.Duration) {
	h.After(after, func() {
		id := dbtest.One[uuid.UUID](h.t, h.pool, `select id from approvals where state = 'open'`)
		hash := dbtest.One[[]byte](h.t, h.pool, `select content_hash from approvals where id = $1`, id)
		require.NoError(h.t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
			_, err := approvals.Decide(context.Background(), tx, time.Now(), audit.Record{ActorKind: audit.Key, ActorID: "key"},
				approvals.Decision{ApprovalID: id, UserID: h.boss, Verdict: approvals.Approved, Hash: hash})
			return err
		}))
		h.tell(id, work.ApprovalDecided)
	})
}

// tell signals the run of an approval, as the dispatcher does.
func (h *house) tell(id uuid.UUID, fact process.Signal[work.ApprovalFact]) {
	require.NoError(h.t, h.SignalWorkflowByID("approval:"+id.String(), fact.Name(), process.Delivery{Data: []byte(`{}`)}))
}

func (h *house) counts(sql string, args ...any) int {
	h.t.Helper()
	return dbtest.One[int](h.t, h.pool, sql, args...)
}

func TestADealIsWonInTheDatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.approves(time.Hour)
	h.Run(closure.Process, closure.Input{DealID: h.deal})
	require.NoError(t, h.GetWorkflowError())
	require.Equal(t, closure.Won, h.Ended().Outcome)
	require.Equal(t, 1, h.counts(`select count(*) from approvals where state = 'approved' and subject_id = $1 and revision = 1`, h.deal))
	require.Equal(t, 5_000, h.counts(`select sum(amount_minor)::int from commissions where deal_id = $1 and reversed_at is null`, h.deal))
	require.Equal(t, 1, h.counts(`select count(*) from tasks where kind = 'onboarding' and assignee_id = $1`, h.rep))
}

func TestAClosingThatIsCancelledLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.approves(time.Hour)
	h.onWon = h.CancelWorkflow
	h.Run(closure.Process, closure.Input{DealID: h.deal})
	require.True(t, temporal.IsCanceledError(h.GetWorkflowError()))
	require.Equal(t, "open", dbtest.One[string](t, h.pool, `select state from sales_pipeline`))
	require.Equal(t, "withdrawn", dbtest.One[string](t, h.pool, `select state from approvals`))
	require.Zero(t, h.counts(`select count(*) from commissions where reversed_at is null`))
	require.Zero(t, h.counts(`select count(*) from tasks`))
}

// Terms that change while the manager reads them void the question, and they are asked about the new ones.
func TestAnApprovalOfOldTermsCountsNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.After(time.Hour, func() {
		h.revision = 2
		old := dbtest.One[uuid.UUID](t, h.pool, `select id from approvals`)
		require.NoError(t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
			return approvals.Void(context.Background(), tx, time.Now(), "deal", h.deal, 2)
		}))
		h.tell(old, work.ApprovalVoided)
	})
	h.approves(2 * time.Hour)
	h.Run(closure.Process, closure.Input{DealID: h.deal})
	require.NoError(t, h.GetWorkflowError())
	require.Equal(t, closure.Won, h.Ended().Outcome)
	require.Equal(t, "voided 1,approved 2", dbtest.One[string](t, h.pool, `select string_agg(state || ' ' || revision, ',' order by revision) from approvals`))
}
