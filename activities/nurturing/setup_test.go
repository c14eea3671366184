package nurturing_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// monday is Monday, 5 January 2026, 10:00 UTC.
var monday = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// house is a database with the standard templates.
type house struct {
	t         *testing.T
	pool      *pgxpool.Pool
	nurturing *nurturing.Nurturing
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, pool: dbtest.New(t)}
	require.NoError(t, templates.Seed(t.Context(), h.pool, monday))
	h.nurturing = h.at(monday)
	return h
}

// at is the implementation at a business time.
func (h *house) at(now time.Time) *nurturing.Nurturing {
	h.t.Helper()
	c, err := clock.New(time.Now(), now, 1)
	require.NoError(h.t, err)
	return nurturing.New(h.pool, c, nil)
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

// define writes the next version of a definition.
func (h *house) define(kind, name string, body any) {
	h.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(h.t, err)
	h.exec(`insert into definitions (kind, name, version, body, author, created_at)
		select $1, $2, coalesce(max(version), 0) + 1, $3, 'test', $4 from definitions where kind = $1 and name = $2`, kind, name, raw, monday)
}

// lead is somebody who asked for something and agreed to mail.
type lead struct{ contact, id uuid.UUID }

func (h *house) lead() lead {
	h.t.Helper()
	l := lead{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
	h.exec(`insert into contacts (id, email, country, time_zone, language, created_at, updated_at)
		values ($1::uuid, $1::text || '@example.com', 'DE', 'Europe/Berlin', 'de-DE', $2, $2)`, l.contact, monday)
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, score, tier, submitted_at)
		values ($1, 'captured', '{"attributes": {"company_size": 40}}', 'download', 'form', $2, 20, 'cold', $3)`, l.id, l.contact, monday)
	h.agree(l, "email_marketing", true, monday)
	return l
}

func (h *house) agree(l lead, purpose string, granted bool, at time.Time) {
	h.t.Helper()
	h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, $2, $3, 'form', $4)`, l.contact, purpose, granted, at)
}

// phone gives somebody a number, and the consent to text messages.
func (h *house) phone(l lead) {
	h.t.Helper()
	h.exec(`update contacts set phone = '+4930901820' where id = $1`, l.contact)
	h.agree(l, "sms_marketing", true, monday)
}

// sent is a message that left, with when the person opened and clicked it; nil for never.
func (h *house) sent(l lead, channel, template string, at time.Time, opened, clicked *time.Time) uuid.UUID {
	h.t.Helper()
	id := uuid.Must(uuid.NewV7())
	h.exec(`insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, class, tracked,
			created_at, sent_at, opened_at, clicked_at)
		values ($1::uuid, $1::text, 'lead-nurture', 'lead-nurture:' || $2::text, 'send', $2::uuid, $3, $4, 'x', 'sent', 'smtp', 'marketing', true, $5, $5, $6, $7)`,
		id, l.contact, channel, template, at, opened, clicked)
	return id
}

// as is the context of a step of the run of a process about somebody.
func as(name string, l lead, step string) context.Context {
	return process.WithKey(context.Background(), name+":"+l.contact.String()+"/entry/"+step)
}
