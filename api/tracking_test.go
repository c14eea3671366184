package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/links"
)

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"

// mailbox is a house with one message that left a while ago, and its links.
type mailbox struct {
	*house
	links   *links.Signer
	message uuid.UUID
}

func newMailbox(t *testing.T) mailbox {
	t.Helper()
	signer, err := links.NewSigner("http://127.0.0.1", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	m := mailbox{house: setup(t, func(o *api.Options) { o.Links = signer }), links: signer, message: uuid.Must(uuid.NewV7())}
	contact, at := uuid.Must(uuid.NewV7()), time.Now().UTC().Add(-time.Hour)
	m.exec(`insert into contacts (id, email, created_at, updated_at) values ($1, 'ada@example.com', $2, $2)`, contact, at)
	m.exec(`insert into messages (id, key, process, run, step, subject, contact_id, channel, template, recipient, state, provider, class, tracked, created_at,
			slot_at, handed_at, sent_at) values ($1::uuid, $1::text, 'order-care', 'order-care:1', 'send', '1', $2, 'email', 'news', 'ada@example.com', 'sent', 'smtp',
			'marketing', true, $3, $3, $3, $3)`, m.message, contact, at)
	m.exec(`insert into message_links (message_id, position, url) values ($1, 1, 'https://example.com/prices?a=1&b=2'), ($1, 2, 'https://example.com/demo')`, m.message)
	return m
}

// visit follows a link without an API key, as whoever reads the mail does.
func (m mailbox) visit(method, link, agent string) reply {
	m.t.Helper()
	u, err := url.Parse(link)
	require.NoError(m.t, err)
	return m.send(method, u.Path, "", "Authorization", "", "User-Agent", agent)
}

func (m mailbox) seen() (opened, clicked bool) {
	m.t.Helper()
	require.NoError(m.t, m.pool.QueryRow(m.t.Context(), `select opened_at is not null, clicked_at is not null from messages where id = $1`, m.message).Scan(&opened, &clicked))
	return opened, clicked
}

func TestAnOpenIsRecordedOnce(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	image := m.links.URL(links.Open, m.message) + ".gif"
	for range 2 {
		got := m.visit(http.MethodGet, image, browser).want(http.StatusOK)
		require.Equal(t, "image/gif", got.Header().Get("Content-Type"))
		require.Contains(t, got.Header().Get("Cache-Control"), "no-store")
	}
	opened, clicked := m.seen()
	require.True(t, opened)
	require.False(t, clicked)
	require.Equal(t, 1, m.number(`select count(*) from message_events`))
	require.Equal(t, 1, m.number(`select count(*) from events where type = 'message.engaged' and data ->> 'kind' = 'opened'`))
}

func (m mailbox) number(sql string) (n int) {
	m.t.Helper()
	require.NoError(m.t, m.pool.QueryRow(m.t.Context(), sql).Scan(&n))
	return n
}

func TestAClickLeadsWhereTheMessageSaysAndNowhereElse(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	got := m.visit(http.MethodGet, m.links.ClickURL(m.message, 1), browser).want(http.StatusFound)
	require.Equal(t, "https://example.com/prices?a=1&b=2", got.Header().Get("Location"))
	opened, clicked := m.seen()
	require.True(t, clicked)
	require.True(t, opened, "who clicks has opened")

	for name, link := range map[string]string{
		"no such position":     m.links.ClickURL(m.message, 9),
		"another message":      m.links.ClickURL(uuid.New(), 1),
		"a link of other kind": strings.Replace(m.links.URL(links.Unsubscribe, m.message), "/u/", "/l/", 1),
		"an altered one":       m.links.ClickURL(m.message, 2) + "x",
		"one of the reader's":  "http://127.0.0.1/l/aHR0cHM6Ly9ldmlsLmV4YW1wbGU",
	} {
		require.Empty(t, m.visit(http.MethodGet, link, browser).want(http.StatusNotFound).Header().Get("Location"), name)
	}
}

func TestMachinesDoNotCount(t *testing.T) {
	t.Parallel()
	for name, visit := range map[string]func(mailbox){
		"a scanner that names itself": func(m mailbox) { m.visit(http.MethodGet, m.links.ClickURL(m.message, 1), "Barracuda Sentinel") },
		"a check of the link":         func(m mailbox) { m.visit(http.MethodHead, m.links.ClickURL(m.message, 1), browser) },
		"a prefetching mailbox":       func(m mailbox) { m.visit(http.MethodGet, m.links.URL(links.Open, m.message)+".gif", "Mozilla/5.0") },
		"a click before anybody reads": func(m mailbox) {
			m.exec(`update messages set handed_at = now()`)
			m.visit(http.MethodGet, m.links.ClickURL(m.message, 1), browser)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t)
			visit(m)
			opened, clicked := m.seen()
			require.False(t, opened || clicked)
			require.Equal(t, 1, m.number(`select count(*) from message_events where filtered <> ''`), "it is kept, and why it does not count")
			require.Zero(t, m.number(`select count(*) from events where type = 'message.engaged'`))
		})
	}
}

func TestNobodyIsWatchedWhoDidNotAgree(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.exec(`update messages set tracked = false`)
	m.visit(http.MethodGet, m.links.URL(links.Open, m.message)+".gif", browser).want(http.StatusOK)
	m.visit(http.MethodGet, m.links.ClickURL(m.message, 2), browser).want(http.StatusFound)
	require.Zero(t, m.number(`select count(*) from message_events`))
}
