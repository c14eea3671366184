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

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/email"
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

func listen(t *testing.T, answer func(n int) string) *server {
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
			wg.Go(func() { s.talk(c, answer) })
		}
	})
	return s
}

func (s *server) talk(c net.Conn, answer func(n int) string) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprint(c, line+"\r\n") }
	say("220 test ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " x")[0]); verb {
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

func newSender(t *testing.T, s *server) *email.Sender {
	t.Helper()
	sender, err := email.NewSender(email.Options{
		Host: "127.0.0.1", Port: s.addr.Port, Security: email.None,
		From: "Perdura <no-reply@example.com>", Timeout: 2 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = sender.Close() })
	return sender
}

var letter = email.Mail{ID: "step-1", To: "rep@example.com", Subject: "Nuevo lead: Ñandú", Text: "text", HTML: "<p>html</p>"}

func TestSendKeepsOneConnectionAndTheMessageID(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return "250 kept" })
	sender := newSender(t, s)
	for range 5 {
		id, err := sender.Send(context.Background(), letter)
		require.NoError(t, err)
		require.Equal(t, "step-1@example.com", id)
	}
	require.EqualValues(t, 1, s.connections.Load())
	require.Len(t, s.messages, 5)
	require.Contains(t, s.messages[0], "Message-ID: <step-1@example.com>")
	require.Contains(t, s.messages[0], "multipart/alternative")
	require.Contains(t, s.messages[0], "=?UTF-8?q?Nuevo_lead:_=C3=91and=C3=BA?=")
}

func TestSendTellsWhatBecameOfTheMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply string
		check func(t *testing.T, err error)
	}{
		"refused for good": {"550 no such user", func(t *testing.T, err error) {
			require.ErrorAs(t, err, &email.Rejected{})
		}},
		"try later": {"451 busy", func(t *testing.T, err error) {
			require.ErrorContains(t, err, "try later (reply 451)")
		}},
		"taken, no answer": {hangUp, func(t *testing.T, err error) {
			require.ErrorAs(t, err, &email.Unknown{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, func(int) string { return c.reply })
			_, err := newSender(t, s).Send(context.Background(), letter)
			c.check(t, err)
			require.NotContains(t, err.Error(), "rep@", "an address must not get into an error")
			require.Len(t, s.messages, 1, "a doubtful message must not be sent again by the transport")
		})
	}
}

func TestSendIsSafeFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return "250 kept" })
	sender := newSender(t, s)
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, errs[i] = sender.Send(context.Background(), letter) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, s.messages, 20)
}

func TestSendSurvivesAServerThatDroppedAnIdleConnection(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return "250 kept" })
	sender := newSender(t, s)
	_, err := sender.Send(context.Background(), letter)
	require.NoError(t, err)
	s.dropAll()
	_, err = sender.Send(context.Background(), letter)
	require.NoError(t, err)
	require.EqualValues(t, 2, s.connections.Load())
	require.Len(t, s.messages, 2)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	sender, err := email.NewSender(email.Options{Host: "127.0.0.1", Port: 1, Security: email.None, From: "a@example.com", Timeout: time.Second})
	require.NoError(t, err)
	_, err = sender.Send(context.Background(), letter)
	require.ErrorContains(t, err, "connect to the mail server 127.0.0.1:1")
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := email.NewSender(email.Options{Host: "h", Port: 25, Security: email.None, From: "nobody"})
	require.ErrorContains(t, err, "smtp.from")
	_, err = email.NewSender(email.Options{Host: "h", Port: 25, Security: "maybe", From: "a@example.com"})
	require.ErrorContains(t, err, "smtp.tls")
}
