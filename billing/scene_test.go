package billing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	clerk = audit.Record{ActorKind: audit.System, ActorID: "test"}
)

// books are a database with one customer.
type books struct {
	*testing.T
	pool *pgxpool.Pool
	who  uuid.UUID
	n    int
}

func open(t *testing.T) *books {
	t.Helper()
	b := &books{T: t, pool: dbtest.New(t)}
	b.who = b.person()
	return b
}

func (b *books) person() uuid.UUID {
	id := uuid.New()
	dbtest.Exec(b.T, b.pool, `insert into contacts (id, email, time_zone, created_at, updated_at) values ($1, $2, 'Europe/Berlin', $3, $3)`, id, id.String()+"@example.com", noon)
	return id
}

func event[T any](id string, e process.Event[T], data T) inbox.Event {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return inbox.Event{Source: "erp", ExternalID: id, Type: e.Name(), Subject: "s", Data: raw}
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func (b *books) invoice(id string, total money.Amount, due string) events.Invoice {
	return events.Invoice{InvoiceID: id, ContactID: b.who, Number: "R-" + id, Total: total, IssuedOn: "2026-02-01", DueOn: due}
}

// tell books one event.
func tell[T any](b *books, e process.Event[T], data T) error {
	b.n++
	return b.accept(event(uuid.NewString(), e, data))
}

func must[T any](b *books, e process.Event[T], data T) {
	b.Helper()
	require.NoError(b.T, tell(b, e, data))
}

func (b *books) accept(list ...inbox.Event) error {
	return db.InTx(b.Context(), b.pool, func(tx pgx.Tx) error {
		_, err := billing.Tell(b.Context(), tx, noon, clerk, list...)
		return err
	})
}

func (b *books) account(also ...uuid.UUID) billing.Account {
	b.Helper()
	a, err := billing.Read(b.Context(), b.pool, noon, b.who, also...)
	require.NoError(b.T, err)
	return a
}

// row reads one invoice as text: state, paid and credited.
func (b *books) row(id string) (state string, paid, credited int64) {
	b.Helper()
	require.NoError(b.T, b.pool.QueryRow(b.Context(), `select state, paid_minor, credited_minor from invoices where external_id = $1`, id).Scan(&state, &paid, &credited))
	return state, paid, credited
}

func (b *books) stands(id, state string, paid, credited int64) {
	b.Helper()
	s, p, c := b.row(id)
	require.Equal(b.T, []any{state, paid, credited}, []any{s, p, c}, "invoice %s", id)
}

// heard counts the events of a type that stand in the inbox.
func (b *books) heard(eventType string) (n int) {
	b.Helper()
	require.NoError(b.T, b.pool.QueryRow(b.Context(), `select count(*) from events where type = $1`, eventType).Scan(&n))
	return n
}
