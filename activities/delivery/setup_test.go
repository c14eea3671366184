package delivery

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// carrier is a provider whose answers a test scripts. It keeps every message that it takes.
type carrier struct {
	name    string
	channel provider.Channel
	mu      sync.Mutex
	calls   []provider.Message
	taken   []provider.Message
	script  []answer
}

// answer is what becomes of one call: whether the message is taken, and what the caller is told.
type answer struct {
	take  bool
	err   error
	panic bool
	// before runs before the answer, outside of the lock.
	before func(ctx context.Context) error
}

func (c *carrier) Name() string              { return c.name }
func (c *carrier) Channel() provider.Channel { return c.channel }

func (c *carrier) Send(ctx context.Context, m provider.Message) (string, error) {
	c.mu.Lock()
	c.calls = append(c.calls, m)
	a := answer{take: true}
	if len(c.script) > 0 {
		a, c.script = c.script[0], c.script[1:]
	}
	if a.take {
		c.taken = append(c.taken, m)
	}
	c.mu.Unlock()
	if a.before != nil {
		if err := a.before(ctx); err != nil {
			return "", err
		}
	}
	if a.panic {
		panic("ada@example.org is more than I can bear")
	}
	return "id-" + m.ID.String(), a.err
}

func (c *carrier) count() (calls, taken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls), len(c.taken)
}

// faithful can be asked. late is how many questions it answers with "not yet".
type faithful struct {
	*carrier
	late    int
	settled time.Duration
	asked   int
}

func (f *faithful) Find(_ context.Context, m provider.Message, claimed func(string) bool) (string, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.late > 0 {
		f.late--
		return "", false, nil
	}
	for _, t := range f.taken {
		if id := "id-" + t.ID.String(); t.ID == m.ID && !claimed(id) {
			return id, true, nil
		}
	}
	return "", false, nil
}

func (f *faithful) Settled() time.Duration { return f.settled }

// repeating drops what it has seen before.
type repeating struct{ *carrier }

func (repeating) Repeats() {}

func (c *carrier) distinct() int {
	seen := map[uuid.UUID]bool{}
	for _, m := range c.taken {
		seen[m.ID] = true
	}
	return len(seen)
}

// gateFunc decides as a test says, under the lock on the contact.
type gateFunc func(r gate.Request) gate.Verdict

func (f gateFunc) Admit(ctx context.Context, tx pgx.Tx, _ time.Time, r gate.Request) (gate.Verdict, error) {
	if _, err := tx.Exec(ctx, `select from contacts where id = $1 for no key update`, r.ContactID); err != nil {
		return gate.Verdict{}, err
	}
	return f(r), nil
}

func open(gate.Request) gate.Verdict {
	return gate.Verdict{Answer: gate.Allow, Channel: provider.Email, Address: "ada@example.org", Language: "en", Policy: 3, Priority: 7}
}

type fixture struct {
	pool    *pgxpool.Pool
	url     string
	contact uuid.UUID
	user    uuid.UUID
	lead    uuid.UUID
	gate    Gate
}

func setup(t testing.TB) *fixture {
	t.Helper()
	pool, url := dbtest.NewWithURL(t)
	f := &fixture{pool: pool, url: url, contact: uuid.New(), user: uuid.New(), lead: uuid.New(), gate: gateFunc(open)}
	f.exec(t, `insert into users (id, display_name, email, role, team, created_at)
		values ($1, 'Representative One', 'rep1@example.com', 'representative', 'sales', '2026-03-02')`, f.user)
	f.exec(t, `insert into contacts (id, email, first_name, last_name, language, time_zone, owner_id, created_at, updated_at)
		values ($1, 'ada@example.org', 'Ada', 'Example', 'en', 'Europe/Madrid', $2, '2026-03-02', '2026-03-02')`, f.contact, f.user)
	f.exec(t, `insert into leads (id, status, submission, source, channel, contact_id, submitted_at)
		values ($1, 'captured', '{"message": "Please call"}', 'website', 'form', $2, '2026-03-02')`, f.lead, f.contact)
	return f
}

func (f *fixture) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := f.pool.Exec(context.Background(), sql, args...)
	require.NoError(t, err)
}

// core is a worker that has just started.
func (f *fixture) core(pool *pgxpool.Pool, providers ...provider.Provider) *Core {
	return New(Options{Pool: pool, Clock: clock.Clock{}, Providers: providers, Gate: f.gate, CallTimeout: 60 * time.Millisecond})
}

const stepKey = "nurture:3f0e8f0a-3c4f-4a4e-9a57-0e60a1d1a111/entry/say-it.1/message"

// order is one message to the person, or to the user when its class is internal.
func (f *fixture) order(class string) Order {
	o := Order{
		Key: stepKey, Class: class, Department: "marketing", Template: "welcome", ContactID: f.contact, LeadID: f.lead, Urgency: Normal,
		Channels: []provider.Channel{provider.Email, provider.SMS},
		Compose: func(_ context.Context, p Parcel) (Composed, error) {
			return Composed{Version: 4, Message: provider.Message{Language: "en", Subject: "Hello", Text: "Hello " + string(p.Channel), Category: "welcome"}}, nil
		},
	}
	switch class {
	case gate.Marketing:
		o.Purpose, o.Topic = "email_marketing", "news"
	case gate.Internal:
		o.ContactID, o.UserID, o.Channel, o.Address = uuid.Nil, f.user, provider.Email, "rep1@example.com"
	}
	return o
}

// age lets so much real time pass for whatever was handed over.
func (f *fixture) age(t testing.TB) {
	f.exec(t, `update messages set handed_at = handed_at - interval '1 hour', first_handed_at = first_handed_at - interval '1 hour'`)
}

type ledgerRow struct {
	State, Reason, Provider, ProviderID string
	Attempts, Resends                   int
}

func (f *fixture) ledger(t testing.TB) ledgerRow {
	t.Helper()
	rows, err := f.pool.Query(context.Background(),
		`select state, coalesce(reason, ''), provider, coalesce(provider_id, ''), attempts, resends from messages`)
	require.NoError(t, err)
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ledgerRow])
	require.NoError(t, err)
	return row
}

// insist retries as the engine does, with a new worker each time, until the step ends.
func (f *fixture) insist(t testing.TB, o Order, providers ...provider.Provider) Receipt {
	t.Helper()
	for range 8 {
		r, err := f.core(f.pool, providers...).Deliver(context.Background(), o)
		if err == nil {
			return r
		}
		require.False(t, process.IsType(err, process.TypeInvalid), "%v", err)
		f.age(t)
	}
	t.Fatal("the step never ends")
	return Receipt{}
}
