package receivables_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/receivables"
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

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func tell[T any](t *testing.T, pool *pgxpool.Pool, e process.Event[T], data T) {
	t.Helper()
	raw, err := json.Marshal(data)
	require.NoError(t, err)
	require.NoError(t, db.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := billing.Tell(t.Context(), tx, noon, audit.Record{ActorKind: audit.System, ActorID: "test"},
			inbox.Event{Source: "erp", ExternalID: uuid.NewString(), Type: e.Name(), Subject: "s", Data: raw})
		return err
	}))
}

// invoice books one that is due on a day, of somebody who lives in a zone.
func invoice(t *testing.T, pool *pgxpool.Pool, zone, due string) (id uuid.UUID, external string) {
	t.Helper()
	who := uuid.New()
	dbtest.Exec(t, pool, `insert into contacts (id, email, time_zone, created_at, updated_at) values ($1, $2, $3, $4, $4)`, who, who.String()+"@example.com", zone, noon)
	external = uuid.NewString()
	tell(t, pool, events.InvoiceIssued, events.Invoice{InvoiceID: external, ContactID: who, Total: money.Amount{Minor: 1000, Currency: "EUR"}, IssuedOn: "2026-01-01", DueOn: due})
	require.NoError(t, pool.QueryRow(t.Context(), `select id from invoices where external_id = $1`, external).Scan(&id))
	return id, external
}

func build(pool *pgxpool.Pool) *receivables.Receivables {
	return receivables.New(pool, clock.Clock{Origin: time.Now(), Business: noon, Speed: 1e-9}, nil)
}

// The day ends where the customer lives; two days of grace are the standard.
func TestWhenADayEnds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	r := build(pool)
	for _, test := range []struct{ zone, due, want string }{
		{"Europe/Berlin", "2026-03-10", "2026-03-12T23:00:00Z"},
		{"Europe/Berlin", "2026-03-27", "2026-03-29T22:00:00Z"}, // the clocks go forward on the last day of grace
		{"Europe/Berlin", "2026-10-23", "2026-10-25T23:00:00Z"}, // and back
		{"Asia/Beirut", "2026-03-26", "2026-03-28T22:00:00Z"},   // the day after has no midnight
		{"Pacific/Auckland", "2026-03-05", "2026-03-07T11:00:00Z"},
		{"America/Los_Angeles", "2028-02-27", "2028-03-01T08:00:00Z"}, // over a leap day
		{"America/Los_Angeles", "2027-02-27", "2027-03-02T08:00:00Z"},
		{"Europe/Berlin", "2026-12-31", "2027-01-02T23:00:00Z"},
	} {
		id, _ := invoice(t, pool, test.zone, test.due)
		got, err := r.Look(t.Context(), receivables.Invoice{InvoiceID: id})
		require.NoError(t, err)
		want, err := time.Parse(time.RFC3339, test.want)
		require.NoError(t, err)
		require.Equal(t, receivables.Standing{Stands: receivables.Open, OverdueAt: want}, got, "%s in %s", test.due, test.zone)
	}
	got, err := r.Look(t.Context(), receivables.Invoice{InvoiceID: uuid.New()})
	require.NoError(t, err)
	require.Equal(t, receivables.Void, got.Stands)
}

func TestItIsToldOnceAndNotOfWhatIsPaid(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	r := build(pool)
	heard := func() (n int) {
		require.NoError(t, pool.QueryRow(t.Context(), `select count(*) from events where type = $1`, events.InvoiceOverdue.Name()).Scan(&n))
		return n
	}
	id, external := invoice(t, pool, "Europe/Berlin", "2026-02-10")
	s, err := r.Look(t.Context(), receivables.Invoice{InvoiceID: id})
	require.NoError(t, err)
	told, err := r.Tell(t.Context(), receivables.Passed{InvoiceID: id, At: s.OverdueAt.Add(-time.Second)})
	require.NoError(t, err)
	require.False(t, told.Told, "it got a later day")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _, _ = r.Tell(t.Context(), receivables.Passed{InvoiceID: id, At: s.OverdueAt}) })
	}
	wg.Wait()
	require.Equal(t, 1, heard())
	tell(t, pool, events.PaymentReceived, events.Payment{PaymentID: "p", InvoiceID: external, Amount: money.Amount{Minor: 1000, Currency: "EUR"}})
	told, err = r.Tell(t.Context(), receivables.Passed{InvoiceID: id, At: s.OverdueAt})
	require.NoError(t, err)
	require.False(t, told.Told)
	s, err = r.Look(t.Context(), receivables.Invoice{InvoiceID: id})
	require.NoError(t, err)
	require.Equal(t, receivables.Paid, s.Stands)
}
