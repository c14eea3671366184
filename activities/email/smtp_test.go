package email_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/provider"
)

// server is a small SMTP server whose answer to a finished message the test decides.
type server struct {
	addr        *net.TCPAddr
	connections atomic.Int32
	mu          sync.Mutex
	messages    []string
	open        sync.Map
}

func (s *server) dropAll() {
	s.open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
}

// hangUp makes the server close the connection instead of answering.
const hangUp = ""

// listen runs a server; answer says what a finished message gets, refuse what another command gets, if anything.
func listen(t *testing.T, answer func(n int) string, refuse ...func(verb string) string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{addr: l.Addr().(*net.TCPAddr)}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		s.dropAll()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			s.open.Store(c, true)
			wg.Go(func() { s.talk(c, answer, refuse) })
		}
	})
	return s
}

func (s *server) talk(c net.Conn, answer func(n int) string, refuse []func(verb string) string) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprint(c, line+"\r\n") }
	say("220 test ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.Fields(line + " x")[0])
		if len(refuse) > 0 && refuse[0](verb) != "" {
			say(refuse[0](verb))
			continue
		}
		switch verb {
		case "EHLO":
			say("250-test")
			say("250 8BITMIME")
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(line)
			}
			s.mu.Lock()
			s.messages = append(s.messages, b.String())
			n := len(s.messages)
			s.mu.Unlock()
			reply := answer(n)
			if reply == hangUp {
				return
			}
			say(reply)
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func provide(t *testing.T, s *server, change ...func(*email.SMTPOptions)) *email.SMTP {
	t.Helper()
	options := email.SMTPOptions{
		Host: "127.0.0.1", Port: s.addr.Port, Security: email.None,
		From: "Perdura <no-reply@example.com>", Timeout: 2 * time.Second,
	}
	for _, f := range change {
		f(&options)
	}
	p, err := email.NewSMTP(options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

var (
	letterID = uuid.MustParse("0190a000-0000-7000-8000-000000000001")
	letter   = provider.Message{
		ID: letterID, To: "rep@example.com", Subject: "Nuevo lead: Ñandú", Text: "text", HTML: "<p>html</p>", Language: "es-419", Category: "welcome",
	}
	campaign = provider.Message{
		ID: letterID, To: "rep@example.com", Subject: "News", Text: "text", HTML: "<p>html</p>", Bulk: true, Category: "news",
		Unsubscribe: "https://perdura.example.com/u/AAAAAAGQoAAAAHAAgAAAAAAAAAEabcdefghijklmnopqrstuv",
	}
)

const kept = "250 kept"

func TestSendKeepsOneConnectionAndTheMessageID(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return kept })
	p := provide(t, s)
	for range 5 {
		id, err := p.Send(context.Background(), letter)
		require.NoError(t, err)
		require.Equal(t, letterID.String()+"@example.com", id)
	}
	require.EqualValues(t, 1, s.connections.Load())
	require.Len(t, s.messages, 5)
	require.Contains(t, s.messages[0], "Message-ID: <"+letterID.String()+"@example.com>")
	require.Contains(t, s.messages[0], "multipart/alternative")
	require.Contains(t, s.messages[0], "=?UTF-8?q?Nuevo_lead:_=C3=91and=C3=BA?=")
}

func TestSendTellsWhatBecameOfTheMessage(t *testing.T) {
	t.Parallel()
	bad := func(code string, address bool) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			require.Equal(t, provider.Rejected{Code: code, Address: address}, err)
		}
	}
	later := func(says string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			require.ErrorContains(t, err, says)
			require.NotErrorAs(t, err, new(provider.Rejected))
			require.False(t, provider.Doubtful(err))
		}
	}
	busy := func(t *testing.T, err error) { require.ErrorAs(t, err, new(provider.RateLimited)) }
	doubt := func(t *testing.T, err error) { require.True(t, provider.Doubtful(err), "%v", err) }
	for name, c := range map[string]struct {
		at, reply string
		check     func(*testing.T, error)
	}{
		"no such user":               {"RCPT", "550 5.1.1 no rep@example.com here", bad("smtp-550", true)},
		"no such user, in old words": {"RCPT", "550 no such user", bad("smtp-550", true)},
		"no such domain":             {"RCPT", "550 5.1.2 bad domain", bad("smtp-550", true)},
		"mailbox disabled":           {"RCPT", "550 5.2.1 disabled", bad("smtp-550", true)},
		"name not allowed":           {"RCPT", "553 rep@example.com?", bad("smtp-553", true)},
		"mailbox full":               {"RCPT", "552 5.2.2 full", bad("smtp-552", false)},
		"policy":                     {"RCPT", "550 5.7.1 not from you", bad("smtp-550", false)},
		"greylisted":                 {"RCPT", "451 4.2.0 greylisted", later("try later (reply 451)")},
		"refused after the data":     {".", "550 5.7.1 spam", bad("smtp-550", false)},
		"refused, old words":         {".", "554 no", bad("smtp-554", false)},
		"no user after the data":     {".", "550 5.1.1 no such user", bad("smtp-550", true)},
		"sender refused":             {"MAIL", "550 5.7.1 rep@example.com may not send", later("check smtp.from")},
		"no log-in":                  {"MAIL", "530 5.7.0 Authentication required", later("check smtp.from, smtp.username")},
		"too busy at first":          {"MAIL", "421 4.7.0 too many connections", busy},
		"try later":                  {".", "451 busy", later("try later (reply 451)")},
		"too many":                   {".", "450 4.7.1 slow down", busy},
		"closing":                    {".", "421 bye", busy},
		"taken, no answer":           {".", hangUp, doubt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, func(int) string { return map[bool]string{true: c.reply, false: kept}[c.at == "."] }, func(verb string) string {
				return map[bool]string{true: c.reply}[c.at == verb]
			})
			_, err := provide(t, s).Send(context.Background(), letter)
			require.Error(t, err)
			c.check(t, err)
			require.NotContains(t, err.Error(), "rep@", "an address must not get into an error")
			require.Len(t, s.messages, map[bool]int{true: 1}[c.at == "."], "a doubtful message must not be sent again by the transport")
		})
	}
}

func TestASilentServerLeavesTheMessageUnknown(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := listen(t, func(int) string { <-release; return kept })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := provide(t, s).Send(ctx, letter)
	require.True(t, provider.Doubtful(err), "%v", err)
}

func TestSendIsSafeFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return kept })
	p := provide(t, s)
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, errs[i] = p.Send(context.Background(), letter) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, s.messages, 20)
}

func TestSendSurvivesAServerThatDroppedAnIdleConnection(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return kept })
	p := provide(t, s)
	_, err := p.Send(context.Background(), letter)
	require.NoError(t, err)
	s.dropAll()
	_, err = p.Send(context.Background(), letter)
	require.NoError(t, err)
	require.EqualValues(t, 2, s.connections.Load())
	require.Len(t, s.messages, 2)
}

func TestARefusalDoesNotSpoilTheNextMail(t *testing.T) {
	t.Parallel()
	s := listen(t, func(n int) string { return map[bool]string{true: "554 no", false: kept}[n == 1] })
	p := provide(t, s)
	_, err := p.Send(context.Background(), letter)
	require.ErrorAs(t, err, new(provider.Rejected))
	_, err = p.Send(context.Background(), letter)
	require.NoError(t, err)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	p, err := email.NewSMTP(email.SMTPOptions{Host: "127.0.0.1", Port: 1, Security: email.None, From: "a@example.com", Timeout: time.Second})
	require.NoError(t, err)
	_, err = p.Send(context.Background(), letter)
	require.ErrorContains(t, err, "connect to the mail server 127.0.0.1:1")
	require.False(t, provider.Doubtful(err))
}

func TestAddressesThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return kept })
	p := provide(t, s)
	for _, to := range []string{"", "nobody", "a@", "a@example.com\r\nRCPT TO:<b@example.com>", "a@example.com, b@example.com", "ñ@example.com"} {
		m := letter
		m.To = to
		_, err := p.Send(context.Background(), m)
		var rejected provider.Rejected
		require.ErrorAs(t, err, &rejected, "%q", to)
		require.True(t, rejected.Address, "%q", to)
	}
	require.Empty(t, s.messages)
	m := letter
	m.To = "a@bücher.example"
	_, err := p.Send(context.Background(), m)
	require.NoError(t, err)
	require.Contains(t, s.messages[0], "a@xn--bcher-kva.example")
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := email.NewSMTP(email.SMTPOptions{Host: "h", Port: 25, Security: email.None, From: "nobody"})
	require.ErrorContains(t, err, "smtp.from")
	_, err = email.NewSMTP(email.SMTPOptions{Host: "h", Port: 25, Security: "maybe", From: "a@example.com"})
	require.ErrorContains(t, err, "smtp.tls")
}
