package feedback_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/feedback"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type house struct {
	t    testing.TB
	ctx  context.Context
	pool *pgxpool.Pool
	n    int
}

func setup(t testing.TB) *house {
	return &house{t: t, ctx: context.Background(), pool: dbtest.New(t)}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

// person makes a contact with one address of each channel and a consent for both.
func (h *house) person() (id uuid.UUID, email, phone string) {
	h.t.Helper()
	h.n++
	id = uuid.Must(uuid.NewV7())
	email, phone = fmt.Sprintf("ada%d@example.com", h.n), fmt.Sprintf("+4915112345%03d", h.n)
	h.exec(`insert into contacts (id, email, phone, first_name, created_at, updated_at) values ($1, $2, $3, 'Ada', $4, $4)`, id, email, phone, now.Add(-time.Hour))
	h.exec(`insert into contact_identities (kind, value, contact_id) values ('email', $2, $1), ('phone', $3, $1)`, id, email, phone)
	h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, 'email_marketing', true, 'form', $2), ($1, 'sms_marketing', true, 'form', $2)`, id, now.Add(-time.Hour))
	return id, email, phone
}

// sent is a row of the ledger; set changes columns of it.
func (h *house) sent(contact uuid.UUID, channel, recipient, set string) uuid.UUID {
	h.t.Helper()
	id := uuid.Must(uuid.NewV7())
	provider := map[string]string{"email": "sendgrid", "sms": "twilio"}[channel]
	h.exec(`insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, provider_id, attempts,
		created_at, sent_at, subject, class, purpose, handed_at, slot_at, tracked)
		values ($1::uuid, gen_random_uuid()::text, 'nurture', 'nurture:42', 'Send', $2, $3, 'news', $4, 'sent', $5, 'p-' || ($1::uuid)::text, 1, $6, $6, '42', 'marketing', 'email_marketing', $6, $6, true)`,
		id, contact, channel, recipient, provider, now.Add(-10*time.Minute))
	if set != "" {
		h.exec(`update messages set `+set+` where id = $1`, id)
	}
	return id
}

func (h *house) take(reports ...feedback.Report) int {
	h.t.Helper()
	taken, err := h.tryTake(reports...)
	require.NoError(h.t, err)
	return taken
}

func (h *house) tryTake(reports ...feedback.Report) (taken int, err error) {
	err = db.InTx(h.ctx, h.pool, func(tx pgx.Tx) (err error) {
		taken, err = feedback.Take(h.ctx, tx, now, reports)
		return err
	})
	return taken, err
}

func report(message uuid.UUID, kind feedback.Kind, after time.Duration) feedback.Report {
	return feedback.Report{Provider: "sendgrid", ExternalID: fmt.Sprint(message, kind, after), Kind: kind, MessageID: message, At: now.Add(-9*time.Minute + after)}
}

// row is what reports may change of a row of the ledger, as JSON.
func (h *house) row(message uuid.UUID) map[string]any {
	h.t.Helper()
	raw := one[[]byte](h, `select to_jsonb(x) from (select state, reason, provider_id, sent_at, delivery, delivered_at, bounced_at, opened_at, clicked_at,
		replied_at, complained_at, unsubscribed_at from messages where id = $1) x`, message)
	var out map[string]any
	require.NoError(h.t, json.Unmarshal(raw, &out))
	return out
}

// told are the kinds of engagement that were emitted about a message, in the order of their acceptance.
func (h *house) told(message uuid.UUID) []string {
	h.t.Helper()
	rows, err := h.pool.Query(h.ctx, `select data->>'kind' from events where type = $1 and data->>'message_id' = $2 order by seq`, events.MessageEngaged.Name(), message.String())
	require.NoError(h.t, err)
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	return kinds
}

func (h *house) suppressed(address string) []string {
	h.t.Helper()
	rows, err := h.pool.Query(h.ctx, `select reason || '/' || scope from suppressions where address = $1 and lifted_at is null order by 1`, address)
	require.NoError(h.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	return list
}

// granted is whether the person's last word on a purpose is yes.
func (h *house) granted(contact uuid.UUID, purpose string) bool {
	h.t.Helper()
	return one[bool](h, `select granted from consents where contact_id = $1 and purpose = $2 order by at desc limit 1`, contact, purpose)
}
