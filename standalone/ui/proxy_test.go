package ui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// served is a proxy in front of a page and a codec that repeats what it gets.
type served struct {
	proxy  http.Handler
	cookie *http.Cookie
	seen   http.Header // what the interface's own server was sent last
}

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{}
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen = r.Header.Clone()
		if r.URL.Path == "/data.js" {
			w.Header().Set("Content-Type", "text/javascript")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html>"+r.Host)
	}))
	t.Cleanup(pages.Close)
	target, err := url.Parse(pages.URL)
	require.NoError(t, err)
	codec := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.WriteString(w, r.URL.Path+" "+string(body))
	})
	s.proxy = newProxy(target, codec, 8233)

	page := s.ask(httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8233/namespaces/default", http.NoBody))
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Len(t, page.Cookies(), 1)
	s.cookie = page.Cookies()[0]
	return s
}

func (s *served) ask(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	s.proxy.ServeHTTP(recorder, r)
	return recorder.Result()
}

// decode is what the interface sends from its page.
func (s *served) decode() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8233/codec/decode?preserveStorageRefs=true", strings.NewReader("payloads"))
	r.Header.Set("Origin", "http://127.0.0.1:8233")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(s.cookie)
	return r
}

func TestPagesGetACookieThatScriptsAndOtherSitesCannotUse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	require.True(t, s.cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, s.cookie.SameSite)
	require.Equal(t, "/codec", s.cookie.Path)
	require.GreaterOrEqual(t, len(s.cookie.Value), 26, "128 bits at least")
	require.NotEqual(t, s.cookie.Value, serve(t).cookie.Value, "every start has its own")

	script := s.ask(httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8233/data.js", http.NoBody))
	require.Empty(t, script.Cookies())
}

func TestOwnPageMayUseTheCodec(t *testing.T) {
	t.Parallel()
	s := serve(t)
	answer := s.ask(s.decode())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, "/decode payloads", string(body))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
}

func TestOthersMayNotUseTheCodec(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"no cookie":            {func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusUnauthorized},
		"wrong cookie":         {func(r *http.Request) { r.Header.Set("Cookie", s.cookie.Name+"=guess") }, http.StatusUnauthorized},
		"empty cookie":         {func(r *http.Request) { r.Header.Set("Cookie", s.cookie.Name+"=") }, http.StatusUnauthorized},
		"cookie of other port": {func(r *http.Request) { r.Header.Set("Cookie", "perdura_codec_1="+s.cookie.Value) }, http.StatusUnauthorized},
		"other site":           {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"other port":           {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9999") }, http.StatusForbidden},
		"same site only":       {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		"opaque origin":        {func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		"no page at all":       {func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, http.StatusForbidden},
		"rebound name":         {func(r *http.Request) { r.Host = "evil.example.com:8233" }, http.StatusMisdirectedRequest},
		"name that looks like": {func(r *http.Request) { r.Host = "127.0.0.1.example.com:8233" }, http.StatusMisdirectedRequest},
		"get":                  {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.decode()
			test.change(request)
			answer := s.ask(request)
			require.Equal(t, test.status, answer.StatusCode)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NotContains(t, string(body), "payloads")
		})
	}
}

func TestLoopbackNames(t *testing.T) {
	t.Parallel()
	for host, loopback := range map[string]bool{
		"127.0.0.1:8233": true, "localhost:8233": true, "LOCALHOST": true, "[::1]:8233": true, "127.8.8.8": true,
		"example.com": false, "localhost.example.com:8233": false, "0.0.0.0:8233": false, "10.0.0.1": false, "": false,
	} {
		require.Equal(t, loopback, isLoopback(host), host)
	}
}

func TestForeignNamesReachNoPage(t *testing.T) {
	t.Parallel()
	s := serve(t)
	answer := s.ask(httptest.NewRequest(http.MethodGet, "http://evil.example.com:8233/", http.NoBody))
	require.Equal(t, http.StatusMisdirectedRequest, answer.StatusCode)
	require.Empty(t, answer.Cookies())
}

func TestInterfaceSeesItsOwnHostAndCookiesOnly(t *testing.T) {
	t.Parallel()
	s := serve(t)
	request := httptest.NewRequest(http.MethodGet, "http://localhost:8233/", http.NoBody)
	request.AddCookie(s.cookie)
	request.AddCookie(&http.Cookie{Name: "_csrf", Value: "theirs"})
	answer := s.ask(request)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, "<!doctype html>localhost:8233", string(body))
	require.Equal(t, "_csrf=theirs", s.seen.Get("Cookie"))
}

func TestLargeRequestsAreCutOff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	request := s.decode()
	request.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", codecLimit+1)))
	require.Equal(t, http.StatusRequestEntityTooLarge, s.ask(request).StatusCode)
}
