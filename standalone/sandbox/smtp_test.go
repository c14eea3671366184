package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMailIsReadAsPeopleReadIt(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	lines := []string{
		"From: =?utf-8?q?Ad=C3=A9le_Example?= <adele@example.com>",
		"To: customer@example.org",
		"Subject: =?utf-8?b?R3LDvMOfZSDwn46J?= und =?iso-8859-1?q?=FCber?=",
		"Message-ID: <42@example.com>",
		"MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="outer"`,
		"",
		"--outer",
		`Content-Type: multipart/alternative; boundary="inner"`,
		"",
		"--inner",
		"Content-Type: text/plain; charset=iso-8859-1",
		"Content-Transfer-Encoding: quoted-printable",
		"",
		"Sch=F6n",
		".a line that begins with a dot",
		"--inner",
		"Content-Type: text/html; charset=utf-8",
		"Content-Transfer-Encoding: base64",
		"",
		"PGI+U2Now7ZuPC9iPg==",
		"--inner--",
		"--outer",
		"Content-Type: application/pdf",
		"Content-Transfer-Encoding: base64",
		`Content-Disposition: attachment; filename="../../offer.pdf"`,
		"",
		"aGVsbG8=",
		"--outer--", "",
	}
	require.NoError(t, sendMail(s, "bounce@example.com", []string{"customer@example.org", "second@example.org"}, lines...))

	messages := listed(t, s, "")
	require.Len(t, messages, 2)
	m := messages[0]
	require.Equal(t, "customer@example.org", m.To)
	require.Equal(t, "second@example.org", messages[1].To)
	require.Equal(t, "adele@example.com", m.From)
	require.Equal(t, "Grüße 🎉 und über", m.Subject)
	require.Equal(t, []string{"Adéle Example <adele@example.com>"}, m.Headers["From"])
	require.Equal(t, "Schön\n.a line that begins with a dot", m.Text)
	require.Equal(t, "<b>Schön</b>", m.HTML)
	require.Equal(t, []Attachment{{Name: "offer.pdf", Type: "application/pdf", Size: 5}}, m.Attachments)
	require.Equal(t, "<42@example.com>", m.ProviderID)
	require.Equal(t, testNow, m.SentAt)
	require.Equal(t, ChannelEmail, m.Channel)

	for _, m := range messages {
		status, raw := ask(t, s, http.MethodGet, "/outbox/messages/"+m.ID+"/raw", nil)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, strings.Join(lines, "\r\n"), string(raw))
	}
}

func TestBrokenMailIsShownNotLost(t *testing.T) {
	t.Parallel()
	deep := strings.Builder{}
	for i := range 5_000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for name, c := range map[string]struct{ raw, text string }{
		"no header":           {"just words without any header", "just words without any header"},
		"empty":               {"", ""},
		"not UTF-8":           {"Subject: a\r\n\r\n\xff\xfeb", "\uFFFDb"},
		"unknown charset":     {"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH", "nuqneH"},
		"unknown encoding":    {"Content-Type: text/plain\r\nContent-Transfer-Encoding: rot13\r\n\r\nuryyb", "uryyb"},
		"broken base64":       {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=!!!!", "hello"},
		"boundary is missing": {"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhello", ""},
		"very deep":           {deep.String(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := parseMail([]byte(c.raw))
			require.Equal(t, c.text, mail.text)
			require.LessOrEqual(t, mail.parts, maxDepth+1, "what is nested deeper is not opened")
		})
	}
}

func TestMailServerTakesAuthAndRefusesSize(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	auth := smtp.PlainAuth("", "anybody", "anything", "127.0.0.1")
	require.NoError(t, smtp.SendMail(s.SMTPAddr(), auth, "a@example.com", []string{"b@example.org"}, []byte("Subject: hi\r\n\r\nhi\r\n")))

	big := bytes.Repeat([]byte(strings.Repeat("x", 998)+"\r\n"), maxMailBytes/1000+1)
	err := smtp.SendMail(s.SMTPAddr(), nil, "a@example.com", []string{"b@example.org"}, append([]byte("Subject: big\r\n\r\n"), big...))
	require.Equal(t, 552, codeOf(err), "%v", err)
	require.Len(t, listed(t, s, ""), 1)
}

func codeOf(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

func TestMailFaults(t *testing.T) {
	t.Parallel()
	for mode, c := range map[string]struct {
		code int // 0: the connection ends without an answer
		kept int
	}{
		FaultFail:               {451, 0},
		FaultReject:             {550, 0},
		FaultRateLimit:          {421, 0},
		FaultTimeout:            {0, 0},
		FaultTimeoutAfterAccept: {0, 1},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil)
			status, _ := ask(t, s, http.MethodPost, "/outbox/faults", Fault{Channel: ChannelEmail, Mode: mode, Count: 2, DelayMS: 1})
			require.Equal(t, http.StatusCreated, status)
			for range 2 {
				err := sendMail(s, "a@example.com", []string{"b@example.org"}, "Subject: hi", "", "hi")
				require.Error(t, err)
				require.Equal(t, c.code, codeOf(err), "%v", err)
				if c.code == 0 {
					require.ErrorIs(t, err, io.EOF)
				}
			}
			require.NoError(t, sendMail(s, "a@example.com", []string{"b@example.org"}, "Subject: hi", "", "hi"), "the fault is used up")
			require.Len(t, listed(t, s, ""), 2*c.kept+1)
		})
	}
}

func TestRateLimitHangsUp(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	ask(t, s, http.MethodPost, "/outbox/faults", Fault{Mode: FaultRateLimit, Count: 1})
	conn, err := net.Dial("tcp", s.SMTPAddr())
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	client, err := smtp.NewClient(conn, "localhost")
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Mail("a@example.com"))
	require.NoError(t, client.Rcpt("b@example.org"))
	data, err := client.Data()
	require.NoError(t, err)
	require.Equal(t, 421, codeOf(data.Close()))
	_, err = client.Text.ReadLine()
	require.ErrorIs(t, err, io.EOF)
}

func TestCloseEndsAHangingMail(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	ask(t, s, http.MethodPost, "/outbox/faults", Fault{Mode: FaultTimeoutAfterAccept, Count: 1, DelayMS: 600_000})
	sent := make(chan error, 1)
	go func() { sent <- sendMail(s, "a@example.com", []string{"b@example.org"}, "Subject: hi", "", "hi") }()
	require.Eventually(t, func() bool { return len(listed(t, s, "")) == 1 }, 5*time.Second, 5*time.Millisecond)
	select {
	case err := <-sent:
		t.Fatalf("the mail was answered though it should hang: %v", err)
	default:
	}
	require.NoError(t, s.Close())
	require.Error(t, <-sent)
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	const senders, each = 20, 50
	var group sync.WaitGroup
	failures := make(chan error, senders)
	for i := range senders {
		group.Go(func() {
			for n := range each {
				if err := sendMail(s, "a@example.com", []string{fmt.Sprintf("c%d-%d@example.org", i, n)}, "Subject: hi", "", "hi"); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	require.NoError(t, <-failures)
	messages := listed(t, s, "?limit=5000")
	require.Len(t, messages, senders*each)
	seen := map[string]bool{}
	for _, m := range messages {
		require.False(t, seen[m.ID] || seen[m.To])
		seen[m.ID], seen[m.To] = true, true
	}
}

func BenchmarkMail(b *testing.B) {
	s, err := New(Options{DataDir: b.TempDir()})
	require.NoError(b, err)
	require.NoError(b, s.Start(b.Context()))
	defer s.Close()
	body := strings.Repeat("A line of an ordinary mail, as long as they are.\r\n", 100)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := sendMail(s, "a@example.com", []string{"b@example.org"}, "Subject: hi", "", body); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
