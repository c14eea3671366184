package notify

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// carrier is a provider at the far end of one channel: it keeps what it is handed and answers as told, then takes all.
type carrier struct {
	name    string
	channel provider.Channel
	mu      sync.Mutex
	calls   []provider.Message
	answers []error
}

func (c *carrier) Name() string              { return c.name }
func (c *carrier) Channel() provider.Channel { return c.channel }

func (c *carrier) Send(_ context.Context, m provider.Message) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, m)
	if len(c.answers) == 0 {
		return "id-" + m.ID.String(), nil
	}
	err := c.answers[0]
	c.answers = c.answers[1:]
	return "", err
}

// repeating is a carrier whose receivers drop what they have seen before, as those of webhooks do.
type repeating struct{ *carrier }

func (repeating) Repeats() {}

type fixture struct {
	pool    *pgxpool.Pool
	mail    *carrier // cannot be asked about a message, as a mail server cannot
	hook    *carrier
	service *Service
	user    uuid.UUID
	lead    uuid.UUID
	contact uuid.UUID
	task    uuid.UUID
	deal    uuid.UUID

	approval uuid.UUID
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		pool: dbtest.New(t),
		mail: &carrier{name: "smtp", channel: provider.Email}, hook: &carrier{name: "webhook", channel: provider.Webhook},
		user: uuid.New(), lead: uuid.New(), contact: uuid.New(), task: uuid.New(), approval: uuid.New(), deal: uuid.New(),
	}
	core := delivery.New(delivery.Options{
		Pool: f.pool, Clock: clock.Clock{}, Providers: []provider.Provider{f.mail, repeating{f.hook}}, Gate: gate.New(),
	})
	f.service = New(Options{Pool: f.pool, Clock: clock.Clock{}, Core: core, PublicURL: "https://perdura.example.com"})
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`insert into users (id, display_name, email, role, team, time_zone, webhook_url, created_at)
		  values ($1, 'Representative One', 'rep1@example.com', 'representative', 'sales', 'Europe/Madrid', 'https://hooks.example.com/rep1', $2)`, []any{f.user, at}},
		{`insert into contacts (id, email, first_name, last_name, company, created_at, updated_at)
		  values ($1, 'ada@example.org', 'Ada', 'Example <b>', 'Example & Co', $2, $2)`, []any{f.contact, at}},
		{`insert into leads (id, status, submission, source, channel, contact_id, score, tier, submitted_at)
		  values ($1, 'captured', '{"message": "Please call\nme <today>"}', 'website', 'form', $2, 81, 'hot', $3)`, []any{f.lead, f.contact, at}},
		{`insert into tasks (id, key, kind, title, state, lead_id, due_at, created_at)
		  values ($1, 'k', 'lead-follow-up', 'Follow up', 'open', $2, $3, $3)`, []any{f.task, f.lead, at}},
		{`insert into approvals (id, key, kind, subject_kind, subject_id, revision, content, content_hash, policy, policy_version, rule, requested_by, state, expires_at, created_at)
		  values ($1, 'k', 'price', 'deal', $1, 1, '{"amount_minor": 129900, "currency": "EUR", "discount_permille": 250}', '', 'price', 0, '[]', $2, 'open', $3, $3)`, []any{f.approval, f.user, at}},
		{`insert into sales_pipeline (id, key, name, contact_id, owner_id, pipeline, pipeline_version, stage, state, amount_minor, currency, probability,
		     stage_since, touched_at, created_at, loss_reason)
		  values ($1, 'k', 'Fleet <1>', $2, $3, 'sales', 0, 'proposal', 'lost', 1250050, 'EUR', 0.5, $4, $4, $4, 'price')`, []any{f.deal, f.contact, f.user, at}},
	} {
		_, err := f.pool.Exec(context.Background(), statement.sql, statement.args...)
		require.NoError(t, err)
	}
	return f
}

func (f *fixture) message(template Template, channel Channel) Message {
	return Message{Template: template, Channel: channel, UserID: f.user, LeadID: f.lead, TaskID: f.task}
}

const key = "lead-capture:1/e/notify.1"

func (f *fixture) send(m Message) (Receipt, error) {
	return f.service.send(process.WithKey(context.Background(), key), m)
}

func (f *fixture) ledger(t *testing.T) (state, reason string, attempts int) {
	t.Helper()
	require.NoError(t, f.pool.QueryRow(context.Background(),
		`select state, coalesce(reason, ''), attempts from messages`).Scan(&state, &reason, &attempts))
	return state, reason, attempts
}
