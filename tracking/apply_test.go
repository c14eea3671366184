package tracking_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/tracking"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func signer(t *testing.T) *links.Signer {
	t.Helper()
	s, err := links.NewSigner("https://perdura.example", []byte(strings.Repeat("k", links.MinKey)))
	require.NoError(t, err)
	return s
}

// message is a row of the ledger that links may belong to.
func message(t *testing.T, pool *pgxpool.Pool) uuid.UUID {
	t.Helper()
	id := uuid.New()
	_, err := pool.Exec(t.Context(), `insert into messages (id, key, process, run, step, channel, template, recipient, state, provider, created_at)
		values ($1::uuid, ($1::uuid)::text, 'nurture', 'nurture:42', 'Send', 'email', 'news', 'ada@example.com', 'reserved', 'smtp', $2)`, id, noon)
	require.NoError(t, err)
	return id
}

// stored is where the links of a message lead, by position.
func stored(t *testing.T, pool *pgxpool.Pool, message uuid.UUID) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `select url from message_links where message_id = $1 order by position`, message)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

// Everything but links to the web stays as it is to the byte.
func TestLinksLeadOverUs(t *testing.T) {
	t.Parallel()
	pool, s := dbtest.New(t), signer(t)
	id := message(t, pool)
	click := func(position int) string { return s.ClickURL(id, position) }
	image := `<img src="` + tracking.ImageURL(s, id) + `" width="1" height="1" alt="" style="border:0;width:1px;height:1px">`
	own := s.URL(links.Unsubscribe, id)
	html := `<!doctype html><BODY  class=x><p>A &amp; B<a href="https://shop.example/a?x=1&amp;y=2" title="t">a</a>` +
		`<a href='HTTP://shop.example/b'>b</a><a href="https://shop.example/a?x=1&amp;y=2">a again</a>` +
		`<a href="` + own + `">leave</a><a href="mailto:a@example.com">m</a><a href="tel:+441632960100">t</a><a href="#top">u</a><a name="n">n</a>` +
		`<a href="https://perdura.example/news">our own news</a><img src="https://shop.example/i.png"><link href="https://shop.example/s.css"></p></BODY></html>`
	want := `<!doctype html><BODY  class=x><p>A &amp; B<a href="` + click(1) + `" title="t">a</a>` +
		`<a href="` + click(2) + `">b</a><a href="` + click(1) + `">a again</a>` +
		`<a href="` + own + `">leave</a><a href="mailto:a@example.com">m</a><a href="tel:+441632960100">t</a><a href="#top">u</a><a name="n">n</a>` +
		`<a href="` + click(3) + `">our own news</a><img src="https://shop.example/i.png"><link href="https://shop.example/s.css"></p>` + image + `</BODY></html>`
	for range 2 { // a message may be put into words twice
		got, err := tracking.Apply(t.Context(), pool, s, id, html)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, []string{"https://shop.example/a?x=1&y=2", "HTTP://shop.example/b", "https://perdura.example/news"}, stored(t, pool, id))
	}
}

// None of our own pages leads over a tracked link: nobody is counted for leaving.
func TestOurOwnPagesStayDirect(t *testing.T) {
	t.Parallel()
	pool, s := dbtest.New(t), signer(t)
	id := message(t, pool)
	for _, kind := range []links.Kind{links.Unsubscribe, links.Preferences, links.OptIn, links.Survey, links.Open, links.Click} {
		got, err := tracking.Apply(t.Context(), pool, s, id, `<a href="`+s.URL(kind, id)+`">x</a>`)
		require.NoError(t, err)
		require.Contains(t, got, `<a href="`+s.URL(kind, id)+`">`)
	}
	require.Empty(t, stored(t, pool, id))
}

func TestWhatIsNotTracked(t *testing.T) {
	t.Parallel()
	pool, s := dbtest.New(t), signer(t)
	id := message(t, pool)
	for _, empty := range []string{"", " \n"} {
		got, err := tracking.Apply(t.Context(), pool, s, id, empty)
		require.NoError(t, err)
		require.Equal(t, empty, got, "a mail without HTML gets none")
	}
	for _, to := range []string{
		"javascript:alert(1)", "/relative", "//shop.example/x", "https:///no-host", "ftp://shop.example/", "data:text/html,x",
		"https://shop.example/" + strings.Repeat("x", 4096),
	} {
		got, err := tracking.Apply(t.Context(), pool, s, id, `<a href="`+to+`">x</a>`)
		require.NoError(t, err)
		require.Contains(t, got, `<a href="`+to+`">x</a>`)
	}
	require.Empty(t, stored(t, pool, id))
}

// A mail with endless links is sent all the same; only so many of them are tracked.
func TestTrackedLinksAreBounded(t *testing.T) {
	t.Parallel()
	pool, s := dbtest.New(t), signer(t)
	id := message(t, pool)
	var html strings.Builder
	for i := range 250 {
		fmt.Fprintf(&html, `<a href="https://shop.example/%d">x</a>`, i)
	}
	got, err := tracking.Apply(context.Background(), pool, s, id, html.String())
	require.NoError(t, err)
	require.Len(t, stored(t, pool, id), 200)
	require.Contains(t, got, `<a href="https://shop.example/200">`)
	require.NotContains(t, got, `<a href="https://shop.example/199">`)
}
