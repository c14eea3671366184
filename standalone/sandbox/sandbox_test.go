package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	testAccount = "AC00000000000000000000000000000001"
	testToken   = "12345"
)

var testNow = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// product is a Perdura API that remembers the webhooks it got.
type product struct {
	*httptest.Server
	mu     sync.Mutex
	answer int
	calls  []received
}

type received struct {
	path   string
	header http.Header
	body   []byte
}

func (r *received) form(t *testing.T) url.Values {
	form, err := url.ParseQuery(string(r.body))
	require.NoError(t, err)
	return form
}

func newProduct(t *testing.T) *product {
	p := &product{answer: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, received{r.URL.Path, r.Header, body})
		w.WriteHeader(p.answer)
		io.WriteString(w, "heard")
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *product) received() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]received{}, p.calls...)
}

func (p *product) answers(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = status
}

// start runs a sandbox that ends with the test.
func start(t *testing.T, change func(*Options)) *Sandbox {
	t.Helper()
	options := Options{
		DataDir: t.TempDir(), Now: func() time.Time { return testNow }, TwilioAccountSID: testAccount,
		TwilioAuthToken: testToken, StatusDelay: -1, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&options)
	}
	s, err := New(options)
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// ask makes a request of the sandbox; body is sent as JSON unless nil.
func ask(t *testing.T, s *Sandbox, method, path string, body any) (status int, answer []byte) {
	t.Helper()
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, s.URL()+path, reader)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, answer
}

func listed(t *testing.T, s *Sandbox, query string) []Message {
	t.Helper()
	status, answer := ask(t, s, http.MethodGet, "/outbox/messages"+query, nil)
	require.Equal(t, http.StatusOK, status, string(answer))
	var messages []Message
	require.NoError(t, json.Unmarshal(answer, &messages))
	return messages
}

func sendMail(s *Sandbox, from string, to []string, lines ...string) error {
	return smtp.SendMail(s.SMTPAddr(), nil, from, to, []byte(strings.Join(lines, "\r\n")))
}

// sendPlain sends a small mail and returns it as the outbox shows it.
func sendPlain(t *testing.T, s *Sandbox, to, subject string) Message {
	t.Helper()
	require.NoError(t, sendMail(s, "shop@example.com", []string{to},
		"From: Shop <shop@example.com>", "To: <"+to+">", "Subject: "+subject,
		"Message-ID: <1@example.com>", "", "Hello https://example.com/a."))
	messages := listed(t, s, "")
	return messages[len(messages)-1]
}

func TestNewRefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		says    string
	}{
		"no directory":      {Options{}, "DataDir"},
		"mail for everyone": {Options{DataDir: "x", SMTPAddr: "0.0.0.0:0"}, "loopback"},
		"web for everyone":  {Options{DataDir: "x", HTTPAddr: ":8025"}, "loopback"},
		"no port":           {Options{DataDir: "x", HTTPAddr: "127.0.0.1"}, "host:port"},
		"odd webhook":       {Options{DataDir: "x", WebhookBase: "ftp://example.com"}, "http URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(c.options)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestCloseEndsWithContextAndTwice(t *testing.T) {
	t.Parallel()
	s, err := New(Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, s.Close(), "closing what never started")
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(t, s.Start(ctx))
	require.Error(t, s.Start(ctx))
	cancel()
	require.Eventually(t, func() bool {
		_, err := http.Get(s.URL() + "/healthz")
		return err != nil
	}, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
}

func TestForeignSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for name, c := range map[string]struct {
		host, site string
		method     string
		want       int
	}{
		"address":            {s.HTTPAddr(), "", http.MethodDelete, http.StatusNoContent},
		"localhost":          {"localhost:8025", "", http.MethodDelete, http.StatusNoContent},
		"IPv6":               {"[::1]:8025", "", http.MethodDelete, http.StatusNoContent},
		"rebound name":       {"attacker.example", "", http.MethodGet, http.StatusMisdirectedRequest},
		"name that ends so":  {"notlocalhost", "", http.MethodGet, http.StatusMisdirectedRequest},
		"address in a name":  {"127.0.0.1.example.com", "", http.MethodGet, http.StatusMisdirectedRequest},
		"form of other site": {s.HTTPAddr(), "cross-site", http.MethodDelete, http.StatusForbidden},
		"own page":           {s.HTTPAddr(), "same-origin", http.MethodDelete, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequest(c.method, s.URL()+"/outbox/messages", nil)
			require.NoError(t, err)
			request.Host = c.host
			if c.site != "" {
				request.Header.Set("Sec-Fetch-Site", c.site)
			}
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			response.Body.Close()
			require.Equal(t, c.want, response.StatusCode)
		})
	}
}
