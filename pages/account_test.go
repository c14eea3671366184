package pages_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/money"
)

var bill = uuid.MustParse("00000000-0000-7000-8000-00000000000b")

// debtor owes two invoices, one of them overdue.
func (h *house) debtor() uuid.UUID {
	h.t.Helper()
	who := h.person()
	h.books.Put(who, collecting.Account{
		Due:   []collecting.Owed{{InvoiceID: bill, Number: "R-1001", Left: money.Amount{Minor: 12000, Currency: "EUR"}, DueOn: noon.AddDate(0, 0, -9), PayURL: "https://pay.example.com/1?a=b&c=d"}},
		Later: []collecting.Owed{{InvoiceID: uuid.New(), Number: "<b>R-1002", Left: money.Amount{Minor: 2550, Currency: "EUR"}, DueOn: noon.AddDate(0, 0, 9)}},
	})
	return who
}

// browser is a request by a person.
func browser(r *http.Request) {
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
}

func (h *house) look(who uuid.UUID, change func(*http.Request)) string {
	h.t.Helper()
	w := h.serve(h.pages, links.Account, h.links.Token(links.Account, who, 0), http.MethodGet, "", change)
	require.Equal(h.t, http.StatusOK, w.Code)
	return w.Body.String()
}

func TestTheAccountShowsWhatIsOpen(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	page := h.look(who, browser)
	for _, text := range []string{"Invoice R-1001", "€120.00", "€145.50", "Pay €120.00", `href="https://pay.example.com/1?a=b&amp;c=d"`, "Invoice &lt;b&gt;R-1002", `min="2026-03-03" max="2026-04-01"`} {
		require.Contains(t, page, text)
	}
	h.books.Put(who, collecting.Account{})
	page = h.look(who, browser)
	require.Contains(t, page, "Nothing is owed")
	require.NotContains(t, page, "<form")
	h.books.Put(who, collecting.Account{Bankrupt: true, Due: []collecting.Owed{{InvoiceID: bill, PayURL: "https://pay.example.com", Left: money.Amount{Minor: 1, Currency: "JPY"}}}})
	page = h.look(who, browser)
	require.NotContains(t, page, "pay.example.com")
	require.NotContains(t, page, "<form")
	h.exec(`update contacts set language = 'de' where id = $1`, who)
	require.Contains(t, h.look(who, browser), "Was offen ist")
}

// Opening the page changes nothing of the account; that it was opened is told once a day, and not for programs.
func TestOpeningTheAccountIsToldOnceADay(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	told := func() int {
		return one[int](h, `select count(*) from events where type = 'account.page-opened' and subject = $1`, who.String())
	}
	before := h.contents()
	h.look(who, nil)
	h.look(who, func(r *http.Request) { browser(r); r.Header.Set("Sec-Purpose", "prefetch") })
	h.look(who, func(r *http.Request) { r.Header.Set("User-Agent", "Barracuda Sentinel") })
	w := h.serve(h.pages, links.Account, h.links.Token(links.Account, who, 0), http.MethodHead, "", browser)
	require.Equal(t, http.StatusOK, w.Code)
	require.Zero(t, told())
	require.Equal(t, before, h.contents())
	h.look(who, browser)
	h.look(who, browser)
	require.Equal(t, 1, told())
	require.EqualValues(t, 2, h.poked.Load())
	require.Empty(t, h.books.Changes)
	h.pages = h.at(noon.AddDate(0, 0, 1), "")
	h.look(who, browser)
	require.Equal(t, 2, told())
}

func TestPromisesAndObjectionsAreTakenByPost(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	post := func(form url.Values) string {
		w := h.post(links.Account, who, form)
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	require.Contains(t, post(url.Values{"do": {"promise"}, "day": {"2027-01-01"}}), "Please choose a day")
	require.Contains(t, post(url.Values{"do": {"promise"}, "day": {"<script>"}}), `value="&lt;script&gt;"`)
	require.Contains(t, post(url.Values{"do": {"dispute"}, "invoice": {bill.String()}, "reason": {"rude"}}), "Please choose an invoice")
	require.Contains(t, post(url.Values{"do": {"dispute"}, "invoice": {uuid.NewString()}, "reason": {"other"}}), "Please choose an invoice")
	require.Equal(t, http.StatusBadRequest, h.post(links.Account, who, url.Values{"do": {"pay"}}).Code)
	require.Empty(t, h.books.Changes)
	require.Zero(t, h.poked.Load())

	page := post(url.Values{"do": {"promise"}, "day": {"2026-03-10"}})
	require.Contains(t, page, "We have noted the day")
	require.Contains(t, page, "You said that you will pay on")
	page = post(url.Values{"do": {"dispute"}, "invoice": {bill.String()}, "reason": {"wrong-amount"}})
	require.Contains(t, page, "You told us that something is wrong")
	require.NotContains(t, page, "pay.example.com", "nobody is asked to pay it")
	require.Equal(t, []string{"promised 2026-03-10", "disputed wrong-amount"}, h.books.Changes)
	require.EqualValues(t, 2, h.poked.Load())
	require.Equal(t, 2, one[int](h, `select count(*) from events where type = 'account.changed' and subject = $1`, who.String()))
}

func TestAnAccountNeedsItsLink(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who := h.debtor()
	for kind, token := range map[links.Kind]string{
		links.Account: h.links.Token(links.Preferences, who, 0), links.Preferences: h.links.Token(links.Account, who, 0),
	} {
		require.Equal(t, http.StatusNotFound, h.serve(h.pages, kind, token, http.MethodGet, "", browser).Code)
	}
	w := h.serve(h.pages, links.Account, h.links.Token(links.Account, uuid.New(), 0), http.MethodGet, "", browser)
	require.Equal(t, http.StatusNotFound, w.Code)
}
