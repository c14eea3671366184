package sandbox

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPageEscapesHostileContent(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	const attack = `<script>alert(1)</script>"><img src=x onerror=alert(2)>`
	require.NoError(t, sendMail(s, "a@example.com", []string{"c@example.org"},
		"From: a@example.com", "Subject: "+attack, "X-Attack: "+attack, "Content-Type: multipart/mixed; boundary=b", "",
		"--b", "Content-Type: text/plain", "", attack+"</pre>", "--b", "Content-Type: text/html", "", attack+"&amp;</iframe>",
		"--b", `Content-Disposition: attachment; filename="<script>x.pdf"`, "Content-Type: application/pdf", "", "x", "--b--", ""))
	_, err := http.PostForm(s.URL()+"/hooks/"+url.PathEscape(strings.ReplaceAll(attack, "/", "")), nil)
	require.NoError(t, err)
	for _, m := range listed(t, s, "") {
		for _, path := range []string{"/", "/messages/" + m.ID, "/messages/" + url.PathEscape(attack), "/?to=" + url.QueryEscape(attack)} {
			response, err := http.Get(s.URL() + path)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			require.NoError(t, err)
			page := string(body)
			require.NotContains(t, page, "<script>", path)
			require.NotContains(t, page, "<img", path)
			require.Equal(t, strings.Count(page, "<iframe"), strings.Count(page, "</iframe>"), path)
			policy := response.Header.Get("Content-Security-Policy")
			require.Contains(t, policy, "script-src 'self';")
			require.Contains(t, policy, "default-src 'none'")
		}
	}
	_, body := ask(t, s, http.MethodGet, "/messages/"+listed(t, s, "")[0].ID, nil)
	page := string(body)
	require.Contains(t, page, "sandbox srcdoc=")
	// One escaping of the mail's HTML: the frame gets what was sent, no more.
	require.Contains(t, page, "&amp;amp;&lt;/iframe&gt;")
	require.Contains(t, page, "Content-Security-Policy&#34; content=&#34;default-src &#39;none&#39;; style-src")
}

func TestRawSourceIsNeverRun(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	m := sendPlain(t, s, "c@example.org", "<script>")
	response, err := http.Get(s.URL() + "/outbox/messages/" + m.ID + "/raw")
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "sandbox")
}

func TestPageWorksWithoutScript(t *testing.T) {
	t.Parallel()
	s, product := withProduct(t)
	_, body := ask(t, s, http.MethodGet, "/", nil)
	require.Contains(t, string(body), "Nothing was sent yet")
	m := sendPlain(t, s, "c@example.org", "Hello")
	_, body = ask(t, s, http.MethodGet, "/", nil)
	require.Contains(t, string(body), `href="/messages/`+m.ID+`"`)
	_, body = ask(t, s, http.MethodGet, "/?channel=sms", nil)
	require.Contains(t, string(body), "No message matches")

	request, err := http.NewRequest(http.MethodPost, s.URL()+"/outbox/messages/"+m.ID+"/reply", strings.NewReader("text=Thank+you"))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "text/html,application/xhtml+xml")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	shown, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "/messages/"+m.ID, response.Request.URL.Path, "the form leads back to the message")
	require.Contains(t, string(shown), "<b>reply</b> — the sendgrid-inbound webhook answered 200")
	require.Len(t, product.received(), 1)

	status, body := ask(t, s, http.MethodGet, "/messages/unknown", nil)
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, string(body), "No such message")
	for path, kind := range map[string]string{"/page.css": "text/css", "/page.js": "text/javascript"} {
		response, err := http.Get(s.URL() + path)
		require.NoError(t, err)
		response.Body.Close()
		require.Contains(t, response.Header.Get("Content-Type"), kind)
	}
}

func TestLinksAreFound(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"https://example.com/?a=1&b=2", "http://example.com/c"}, links(&Message{
		HTML: `<a class="x" href="https://example.com/?a=1&amp;b=2">1</a><A HREF='http://example.com/c'>2</A>
			<a href=mailto:a@example.com>3</a><a href="javascript:alert(1)">4</a><a href="https://example.com/?a=1&amp;b=2">5</a>`,
		Text: "https://example.com/text",
	}))
	require.Equal(t, []string{"https://example.com/a"}, links(&Message{Text: "See https://example.com/a. Bye"}))
	require.Empty(t, links(&Message{Text: "no link"}))
}
