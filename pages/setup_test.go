package pages_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/perdura/perdura/activities/collecting/standin"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/pages"
)

// noon is the business time of every visit; it stands still.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is a database with pages on it.
type house struct {
	t      testing.TB
	pool   *pgxpool.Pool
	links  *links.Signer
	pages  *pages.Pages
	poked  atomic.Int32
	people int
	books  *standin.Books
}

func (h *house) Poke() { h.poked.Add(1) }

func setup(t testing.TB) *house {
	t.Helper()
	signer, err := links.NewSigner("https://perdura.example", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	h := &house{t: t, pool: dbtest.New(t), links: signer, books: standin.New()}
	h.pages = h.at(noon, "Example Ltd")
	return h
}

// at are the pages of a company at a business time.
func (h *house) at(now time.Time, sender string) *pages.Pages {
	h.t.Helper()
	p, err := pages.New(pages.Options{
		Pool: h.pool, Clock: clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, Links: h.links, Poke: h, Sender: sender, Books: h.books,
	})
	require.NoError(h.t, err)
	return p
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	dbtest.Exec(h.t, h.pool, sql, args...)
}

func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	return dbtest.One[T](h.t, h.pool, sql, args...)
}

// person is somebody who agreed to mail and text messages an hour ago.
func (h *house) person() uuid.UUID {
	h.t.Helper()
	h.people++
	id, email, phone := uuid.New(), fmt.Sprintf("ada%d@example.com", h.people), fmt.Sprintf("+4915112345%03d", h.people)
	before := noon.Add(-time.Hour)
	h.exec(`insert into contacts (id, email, phone, first_name, created_at, updated_at) values ($1, $2, $3, 'Ada', $4, $4)`, id, email, phone, before)
	h.exec(`insert into contact_identities (kind, value, contact_id) values ('email', $2, $1), ('phone', $3, $1)`, id, email, phone)
	h.exec(`insert into consents (contact_id, purpose, granted, source, at)
		values ($1, 'email_marketing', true, 'form', $2), ($1, 'sms_marketing', true, 'form', $2)`, id, before)
	return id
}

// sent is a mail that left ten minutes ago; a purpose makes it marketing.
func (h *house) sent(contact uuid.UUID, purpose string) uuid.UUID {
	h.t.Helper()
	id, class := uuid.New(), "marketing"
	if purpose == "" {
		class = "transactional"
	}
	h.exec(`insert into messages (id, key, process, run, step, contact_id, channel, template, recipient, state, provider, attempts, created_at, sent_at, subject, class, purpose)
		values ($1::uuid, ($1::uuid)::text, 'nurture', 'nurture:42', 'Send', $2, 'email', 'news', 'ada@example.com', 'sent', 'smtp', 1, $3, $3, '42', $4, $5)`,
		id, contact, noon.Add(-10*time.Minute), class, purpose)
	return id
}

// serve answers a request for a token; change is for what is special about it.
func (h *house) serve(p *pages.Pages, kind links.Kind, token, method, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, "/"+string(kind)+"/x", strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	require.NoError(h.t, p.Serve(kind, token, w, r))
	return w
}

func (h *house) get(kind links.Kind, id uuid.UUID) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.serve(h.pages, kind, h.links.Token(kind, id, 0), http.MethodGet, "", nil)
}

func (h *house) post(kind links.Kind, id uuid.UUID, form url.Values) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.serve(h.pages, kind, h.links.Token(kind, id, 0), http.MethodPost, form.Encode(), nil)
}

// contents is everything that stands in the database, by table.
func (h *house) contents() map[string]string {
	h.t.Helper()
	rows, err := h.pool.Query(context.Background(), `select tablename from pg_tables where schemaname = 'public'`)
	require.NoError(h.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	require.Contains(h.t, tables, "consents")
	out := map[string]string{}
	for _, table := range tables {
		out[table] = one[string](h, `select coalesce(string_agg(x::text, E'\n' order by x::text), '') from `+table+` x`)
	}
	return out
}

// granted is what somebody decided last about a purpose.
func (h *house) granted(contact uuid.UUID, purpose string) bool {
	h.t.Helper()
	return one[bool](h, `select granted from consents where contact_id = $1 and purpose = $2 order by at desc limit 1`, contact, purpose)
}

// fields are the values that a page's forms would send by themselves: what is checked, hidden or written, by name.
func fields(t testing.TB, page string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	out := url.Values{}
	for n := range root.Descendants() {
		a := map[string]string{}
		for _, attribute := range n.Attr {
			a[attribute.Key] = attribute.Val
		}
		_, checked := a["checked"]
		switch {
		case n.Data == "input" && (a["type"] == "hidden" || checked):
			out.Add(a["name"], a["value"])
		case n.Data == "textarea" && n.FirstChild != nil:
			out.Add(a["name"], n.FirstChild.Data)
		case n.Data == "option":
			if _, selected := a["selected"]; selected {
				out.Add("language", a["value"])
			}
		}
	}
	return out
}
