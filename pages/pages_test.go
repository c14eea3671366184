package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/links"
)

// every is one working link of each kind.
func (h *house) every() map[links.Kind]uuid.UUID {
	h.t.Helper()
	who := h.person()
	optIn, _ := h.asked()
	return map[links.Kind]uuid.UUID{
		links.Unsubscribe: h.sent(who, "email_marketing"), links.Preferences: who, links.OptIn: optIn, links.Survey: h.invite("satisfaction", who),
	}
}

// Scanners of mail gateways follow every link, and some ask HEAD first: looking never changes anything.
func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	all := h.every()
	before := h.contents()
	for kind, id := range all {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, query := range []string{"", "do=unsubscribe", "do=stop", "do=confirm", "List-Unsubscribe=One-Click", "q=satisfied&a=5&do=next"} {
				w := h.serve(h.pages, kind, h.links.Token(kind, id, 0), method, "List-Unsubscribe=One-Click", func(r *http.Request) { r.URL.RawQuery = query })
				require.Equal(t, http.StatusOK, w.Code)
				require.Contains(t, w.Body.String(), `<form method="post"`, "%s: the way on is a button", kind)
			}
		}
	}
	require.Equal(t, before, h.contents())
	require.Zero(t, h.poked.Load())
}

func TestAForgedLinkLeadsToAFriendlyPage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	all := h.every()
	before := h.contents()
	for kind, id := range all {
		token := h.links.Token(kind, id, 0)
		other, err := links.NewSigner("https://perdura.example", []byte(strings.Repeat("x", links.MinKey)))
		require.NoError(t, err)
		for name, forged := range map[string]string{
			"altered": flip(token), "cut short": token[:len(token)-1], "another's": other.Token(kind, id, 0), "an id": id.String(), "nothing": "",
			"another kind's": h.links.Token(links.Open, id, 0), "nobody's": h.links.Token(kind, uuid.New(), 0),
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w := h.serve(h.pages, kind, forged, method, oneClick.Encode(), nil)
				require.Equal(t, http.StatusNotFound, w.Code, "%s %s %s", kind, name, method)
				require.Contains(t, w.Body.String(), "This link does not work")
				require.NotContains(t, w.Body.String(), "example.com", "it says nothing about anybody")
			}
		}
	}
	require.Equal(t, before, h.contents())
}

// flip changes the last but one character, which carries bits of the signature.
func flip(token string) string {
	b := []byte(token)
	if i := len(b) - 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestWhatIsNoRequestOfAPage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	all := h.every()
	before := h.contents()
	for kind, id := range all {
		token := h.links.Token(kind, id, 0)
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			w := h.serve(h.pages, kind, token, method, "", nil)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code)
			require.Equal(t, "GET, HEAD, POST", w.Header().Get("Allow"))
		}
		require.Equal(t, http.StatusRequestEntityTooLarge, h.serve(h.pages, kind, token, http.MethodPost, "a="+strings.Repeat("b", 600<<10), nil).Code)
		if kind != links.Unsubscribe { // whose form cannot be read wants to be left alone all the same
			require.Equal(t, http.StatusBadRequest, h.serve(h.pages, kind, token, http.MethodPost, "a=%zz", nil).Code)
		}
	}
	require.Equal(t, before, h.contents())
}

var styled = regexp.MustCompile(`(?s)<style>(.*)</style>`)

// Whatever is answered, the page runs no script, sends no address of ours on, and is kept by nobody.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := setup(t)
	answers := map[string]*httptest.ResponseRecorder{}
	for kind, id := range h.every() {
		answers["get "+string(kind)] = h.get(kind, id)
		answers["post "+string(kind)] = h.post(kind, id, url.Values{"do": {"save"}})
		answers["forged "+string(kind)] = h.get(kind, uuid.New())
		answers["put "+string(kind)] = h.serve(h.pages, kind, h.links.Token(kind, id, 0), http.MethodPut, "", nil)
	}
	down := httptest.NewRecorder()
	require.NoError(t, h.pages.Fail(down, httptest.NewRequest(http.MethodGet, "/u/x", nil), http.StatusServiceUnavailable))
	require.Equal(t, http.StatusServiceUnavailable, down.Code)
	require.Equal(t, "60", down.Header().Get("Retry-After"))
	answers["down"] = down
	for name, w := range answers {
		page := w.Body.String()
		style := styled.FindStringSubmatch(page)
		require.Len(t, style, 2, name)
		sum := sha256.Sum256([]byte(style[1]))
		require.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
			"'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"), name)
		require.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"), name)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"), name)
		require.Equal(t, "noindex, nofollow", w.Header().Get("X-Robots-Tag"), name)
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"), name)
		require.Empty(t, w.Header().Values("Set-Cookie"), name)
		require.NotContains(t, page, "<script", name)
		require.NotRegexp(t, ` style="| on[a-z]+="`, page, name)
		require.NotRegexp(t, `(href|src|action)="(https?:)?//`, page, "%s: a page needs nothing from elsewhere", name)
	}
}

// Whatever people, companies or links say stands on the page as words.
func TestWordsAreNeverMarkup(t *testing.T) {
	t.Parallel()
	h := setup(t)
	const script = `"'><script>alert(1)</script>`
	p := h.at(noon, script)
	all := h.every()
	h.exec(`update contacts set first_name = $1, email = 'a@' || $1, language = $1`, script)
	h.exec(`update messages set recipient = 'a@' || $1`, script)
	h.exec(`insert into topic_choices (contact_id, topic, wanted, source, at) values ($1, $2, true, 'api', $3)`, all[links.Preferences], script, noon)
	var survey map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{"fallback": "en", "expires": "30d",
		"questions": [{"id": "words", "kind": "text"}, {"id": "more", "kind": "csat", "required": true}]}`), &survey))
	for _, field := range []string{"title", "thanks", "intro"} {
		survey[field] = map[string]string{"en": script}
	}
	for _, q := range survey["questions"].([]any) {
		q.(map[string]any)["words"] = map[string]any{"en": map[string]any{"label": script, "help": script, "options": map[string]string{"low": script}}}
	}
	body, err := json.Marshal(survey)
	require.NoError(t, err)
	h.exec(`insert into definitions (kind, name, version, body, author, created_at) values ('survey', 'satisfaction', 1, $1, 'test', $2)`, body, noon)
	all[links.Survey] = h.invite("satisfaction", all[links.Preferences])
	form := url.Values{"do": {"next"}, "q.words": {script}, "q.more": {script}, "now": {script}, "asked": {script}}
	for kind, id := range all {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := h.serve(p, kind, h.links.Token(kind, id, 0), method, form.Encode(), func(r *http.Request) { r.URL.RawQuery = "q=words&a=" + url.QueryEscape(script) })
			require.NotContains(t, w.Body.String(), "<script", "%s %s", kind, method)
			require.Contains(t, w.Body.String(), "&lt;script&gt;alert(1)&lt;/script&gt;", "%s %s", kind, method)
			require.NotContains(t, w.Body.String(), script)
		}
	}
	require.Contains(t, h.serve(p, links.Survey, h.links.Token(links.Survey, all[links.Survey], 0), http.MethodPost, form.Encode(), nil).Body.String(),
		"&lt;script&gt;alert(1)&lt;/script&gt;</textarea>", "what somebody wrote is there again, as they wrote it")
}
