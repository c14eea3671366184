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
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// debtor is a customer in the real books.
type debtor struct {
	t    *testing.T
	pool *pgxpool.Pool
	c    *collecting.Collecting
	who  uuid.UUID
	file collecting.File
}

func owing(t *testing.T, zone string) *debtor {
	t.Helper()
	d := &debtor{t: t, pool: dbtest.New(t), who: uuid.New()}
	dbtest.Exec(t, d.pool, `insert into contacts (id, email, time_zone, created_at, updated_at) values ($1, 'ada@example.com', $2, $3, $3)`, d.who, zone, noon)
	d.at(noon)
	return d
}

// at lets the clock stand at an instant.
func (d *debtor) at(now time.Time) {
	d.c = collecting.New(d.pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, nil, collecting.Billing{})
	d.file.Now = now
}

func tells[T any](d *debtor, e process.Event[T], data T) {
	d.t.Helper()
	raw, err := json.Marshal(data)
	require.NoError(d.t, err)
	require.NoError(d.t, db.InTx(d.t.Context(), d.pool, func(tx pgx.Tx) error {
		_, err := billing.Tell(d.t.Context(), tx, d.file.Now, audit.Record{ActorKind: audit.System, ActorID: "test"},
			inbox.Event{Source: "https://erp.example.com", ExternalID: uuid.NewString(), Type: e.Name(), Subject: d.who.String(), Data: raw})
		return err
	}))
}

func (d *debtor) owes(invoice, due string, minor int64) {
	tells(d, events.InvoiceIssued, events.Invoice{InvoiceID: invoice, ContactID: d.who, Number: invoice, Total: money.Amount{Minor: minor, Currency: "EUR"}, IssuedOn: "2026-01-01", DueOn: due})
}

func (d *debtor) pays(invoice string, minor int64) {
	tells(d, events.PaymentReceived, events.Payment{PaymentID: uuid.NewString(), InvoiceID: invoice, Amount: money.Amount{Minor: minor, Currency: "EUR"}})
}

func (d *debtor) look() collecting.Standing {
	d.t.Helper()
	d.file.ContactID = d.who
	s, err := d.c.LookAt(d.t.Context(), d.file)
	require.NoError(d.t, err)
	d.file.Plan, d.file.Version, d.file.Since, d.file.BrokenBefore = s.Plan, s.Version, s.Since, s.BrokenBefore
	for _, claim := range s.Claims {
		d.file.Invoices = append(d.file.Invoices, claim.InvoiceID)
	}
	return s
}

func (d *debtor) page(say func(tx pgx.Tx) error) {
	d.t.Helper()
	require.NoError(d.t, db.InTx(d.t.Context(), d.pool, say))
}

func TestTheCollectionReadsTheBooks(t *testing.T) {
	t.Parallel()
	d := owing(t, "Pacific/Auckland") // where it is the 3rd already
	require.Equal(t, collecting.TakenOff, d.look().Stands)
	d.file = collecting.File{Now: noon}
	d.owes("R-1", "2026-03-02", 12000)
	d.owes("R-2", "2026-03-03", 500)
	s := d.look()
	require.Equal(t, []any{collecting.Owing, int64(12000)}, []any{s.Stands, s.Due.Minor}, "what is due today is not overdue yet")
	require.Equal(t, d.who, s.Fence.ID)
	d.file.Said = []collecting.Saying{{MessageID: uuid.New(), Channel: "email"}}
	d.pays("R-1", 5000)
	after := d.look()
	require.Equal(t, []any{collecting.Thank, int64(7000)}, []any{after.Next.Do, after.Due.Minor})
	require.Greater(t, after.Fence.Version, s.Fence.Version)
	d.pays("R-1", 8000)
	s = d.look()
	require.Equal(t, collecting.Settled, s.Stands)
	tells(d, events.DebtorBankrupt, events.Debtor{ContactID: d.who})
	require.Equal(t, collecting.Bankrupt, d.look().Stands)
}

func TestPromisesInTheBooks(t *testing.T) {
	t.Parallel()
	d := owing(t, "Europe/Berlin")
	d.owes("R-1", "2026-02-01", 12000)
	d.look()
	on := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	d.page(func(tx pgx.Tx) error {
		return collecting.PromiseIn(t.Context(), tx, collecting.Billing{}, noon, d.who, on)
	})
	s := d.look()
	require.Equal(t, []any{collecting.Promised, time.Date(2026, 3, 7, 23, 0, 0, 0, time.UTC)}, []any{s.Stands, s.Until})
	d.at(s.Until)
	lapsed := d.look()
	require.Equal(t, collecting.Lapsed, lapsed.Stands)
	for range 2 {
		_, err := d.c.BreakOff(process.WithKey(t.Context(), "run/entry/break.1"), collecting.Promise{ContactID: d.who, PromiseID: lapsed.PromiseID})
		require.NoError(t, err)
	}
	broken := d.look()
	require.Equal(t, []any{collecting.Owing, 1, collecting.AnswerBroken}, []any{broken.Stands, broken.Broken, broken.Next.Do})
	require.Equal(t, lapsed.Fence.Version+1, broken.Fence.Version, "once")
	d.page(func(tx pgx.Tx) error {
		return collecting.PromiseIn(t.Context(), tx, collecting.Billing{}, d.file.Now, d.who, on.AddDate(0, 0, 9))
	})
	d.pays("R-1", 12000)
	require.Equal(t, collecting.Settled, d.look().Stands)
	require.Equal(t, "broken,kept", dbtest.One[string](t, d.pool, `select string_agg(state, ',' order by made_at) from promises`))
}

func TestDisputesInTheBooks(t *testing.T) {
	t.Parallel()
	d := owing(t, "UTC")
	d.owes("R-1", "2026-02-01", 12000)
	d.owes("R-2", "2026-02-02", 3000)
	s := d.look()
	one, two := s.Claims[0].InvoiceID, s.Claims[1].InvoiceID
	d.page(func(tx pgx.Tx) error {
		return collecting.ContestIn(t.Context(), tx, collecting.Billing{}, noon, d.who, one, "wrong-amount")
	})
	s = d.look()
	require.Equal(t, []uuid.UUID{one}, s.Disputed)
	require.Equal(t, []collecting.Claim{{InvoiceID: two, Left: money.Amount{Minor: 3000, Currency: "EUR"}}}, s.Claims)
	require.Equal(t, "wrong-amount", dbtest.One[string](t, d.pool, `select dispute_reason from invoices where id = $1`, one))
	for range 2 {
		_, err := d.c.ContestOff(process.WithKey(t.Context(), "run/entry/dispute.1"), collecting.Dispute{ContactID: d.who, Invoices: []uuid.UUID{two, one}})
		require.NoError(t, err)
	}
	require.Equal(t, collecting.Disputed, d.look().Stands)
	for range 2 {
		_, err := d.c.SettleOff(process.WithKey(t.Context(), "run/entry/settle.1"), collecting.Dispute{ContactID: d.who, Invoices: []uuid.UUID{one, two}})
		require.NoError(t, err)
	}
	s = d.look()
	require.Equal(t, collecting.Owing, s.Stands)
	require.Equal(t, int64(15000), s.Due.Minor)
}

func TestAWriteOffInTheBooks(t *testing.T) {
	t.Parallel()
	d := owing(t, "UTC")
	d.owes("R-1", "2026-02-01", 12000)
	s := d.look()
	approval := uuid.New()
	dbtest.Exec(t, d.pool, `insert into approvals (id, key, kind, subject_kind, subject_id, revision, content, content_hash, policy, policy_version, rule, state, expires_at, created_at)
		values ($1, 'a', 'write-off', 'account', $2, 1, '{}', '', 'write-off', 0, '[]', 'approved', $3, $3)`, approval, d.who, noon)
	write := func(key string, s collecting.Standing) bool {
		t.Helper()
		out, err := d.c.WriteOff(process.WithKey(t.Context(), key), collecting.Loss{ContactID: d.who, Claims: s.Claims, Fence: s.Fence, ApprovalID: approval})
		require.NoError(t, err)
		return out.Done
	}
	d.pays("R-1", 1)
	require.False(t, write("run/entry/write.1", s), "not what was approved")
	s = d.look()
	require.True(t, write("run/entry/write.2", s))
	require.True(t, write("run/entry/write.2", s))
	require.Equal(t, "written-off", dbtest.One[string](t, d.pool, `select state from invoices`))
	statement, err := collecting.ReadStatement(t.Context(), d.pool, collecting.Billing{}, noon, d.who)
	require.NoError(t, err)
	require.Empty(t, statement.Open)
	require.Equal(t, 1, dbtest.One[int](t, d.pool, `select count(*) from write_offs`))
}
