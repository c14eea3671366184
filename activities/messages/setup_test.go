package messages_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/perdura/perdura/activities/collecting/standin"
	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// ten is a Monday at eleven where Ada lives: an hour at which everything may arrive.
var ten = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// carrier takes every message and keeps it.
type carrier struct {
	channel provider.Channel
	mu      sync.Mutex
	taken   []provider.Message
	err     error
}

func (c *carrier) Name() string              { return "test-" + string(c.channel) }
func (c *carrier) Channel() provider.Channel { return c.channel }

func (c *carrier) Send(_ context.Context, m provider.Message) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, m)
	return "id-" + m.ID.String(), c.err
}

// house is a database with the built-in templates, Ada, who agreed to mail, and two providers.
type house struct {
	t     testing.TB
	pool  *pgxpool.Pool
	links *links.Signer
	mail  *carrier
	sms   *carrier
	ada   uuid.UUID
	books *standin.Books
}

func setup(t testing.TB) *house {
	t.Helper()
	signer, err := links.NewSigner("https://perdura.example", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	h := &house{
		t: t, pool: dbtest.New(t), links: signer, ada: uuid.New(),
		mail: &carrier{channel: provider.Email}, sms: &carrier{channel: provider.SMS}, books: standin.New(),
	}
	require.NoError(t, templates.Seed(context.Background(), h.pool, ten.AddDate(0, -1, 0)))
	h.exec(`insert into contacts (id, email, first_name, country, time_zone, language, created_at, updated_at)
		values ($1, 'ada@example.com', 'Ada', 'DE', 'Europe/Berlin', 'en', $2, $2)`, h.ada, ten.AddDate(0, -1, 0))
	h.agree("email_marketing")
	return h
}

func (h *house) agree(purpose string) {
	h.t.Helper()
	h.exec(`insert into consents (contact_id, purpose, granted, source, at) values ($1, $2, true, 'form', $3)`, h.ada, purpose, ten.AddDate(0, -1, 0))
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

// publish makes a template with these English words the one that is sent.
func (h *house) publish(name, class string, words templates.Words) {
	h.t.Helper()
	t := templates.Template{Name: name, Class: class, Definition: templates.Definition{Fallback: "en", Languages: map[string]templates.Words{"en": words}}}
	if class == gate.Marketing {
		t.Purpose, t.Topic = "email_marketing", "news"
	}
	problems, _ := templates.Check(t)
	require.Empty(h.t, problems)
	require.NoError(h.t, db.InTx(context.Background(), h.pool, func(tx pgx.Tx) error {
		if _, _, err := templates.Create(context.Background(), tx, ten, t, "test"); err != nil {
			return err
		}
		_, _, err := templates.Publish(context.Background(), tx, ten, name, 1)
		return err
	}))
}

// worker is one that has just started, with its activities by name.
type worker map[string]any

func (w worker) RegisterActivityWithOptions(a any, o activity.RegisterOptions) { w[o.Name] = a }

func (h *house) worker(now time.Time) worker {
	w := worker{}
	core := delivery.New(delivery.Options{
		Pool: h.pool, Clock: clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, Providers: []provider.Provider{h.mail, h.sms},
		Gate: gate.New(), Links: h.links, SenderName: "Example Ltd", Books: h.books,
	})
	service := messages.New(messages.Options{
		Pool: h.pool, Core: core, Templates: &templates.Store{}, Links: h.links, Frame: templates.Frame{Sender: "Example Ltd", Address: "1 Example Street"},
	})
	for _, a := range service.Activities() {
		a.Register(w)
	}
	return w
}

// call carries a step out at a business time.
func call[A, R any](h *house, now time.Time, a process.Activity[A, R], key string, arg A) (R, error) {
	h.t.Helper()
	run, ok := h.worker(now)[a.Name()].(func(context.Context, process.Call[A]) (R, error))
	require.True(h.t, ok, a.Name())
	return run(context.Background(), process.Call[A]{Key: key, Arg: arg})
}

const step = "nurture:42/entry/Send the first letter"

func (h *house) send(now time.Time, m messages.Message) messages.Receipt {
	h.t.Helper()
	r, err := call(h, now, messages.Send, step, m)
	require.NoError(h.t, err)
	return r
}

func letter(subject, body string) templates.Words {
	return templates.Words{Email: &templates.EmailWords{Subject: subject, Body: body}}
}
