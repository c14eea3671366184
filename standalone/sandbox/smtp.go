package sandbox

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	maxMailBytes  = 25 << 20
	maxRecipients = 100
	smtpIdle      = 2 * time.Minute
)

// newSMTPServer returns a server that accepts any mail for anybody, with or
// without AUTH PLAIN. Faults meet a mail after its DATA.
func newSMTPServer(s *Sandbox) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{sandbox: s, conn: c.Conn().(*smtpConn)}, nil
	}))
	server.Domain = "localhost"
	server.MaxMessageBytes = maxMailBytes
	server.MaxRecipients = maxRecipients
	server.AllowInsecureAuth = true // loopback only
	server.EnableSMTPUTF8 = true
	server.ReadTimeout, server.WriteTimeout = smtpIdle, smtpIdle
	server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	return server
}

// smtpListener gives each connection the means to hang up after an answer.
type smtpListener struct{ net.Listener }

func (l smtpListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &smtpConn{Conn: conn}, nil
}

// smtpConn closes after its next write once hangUp is set, as RFC 5321 wants
// it of a server that answers 421.
type smtpConn struct {
	net.Conn
	hangUp atomic.Bool
}

func (c *smtpConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.hangUp.Load() {
		c.Close()
	}
	return n, err
}

// smtpSession is one client's connection.
type smtpSession struct {
	sandbox *Sandbox
	conn    *smtpConn
	from    string
	to      []string
}

// AuthMechanisms offers PLAIN to clients that insist on authenticating.
func (*smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth accepts any user and password.
func (*smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *smtpSession) Reset() { s.from, s.to = "", nil }

func (s *smtpSession) Logout() error { return nil }

func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	fault := s.sandbox.faults.take(ChannelEmail)
	if fault != nil && fault.Mode != FaultTimeoutAfterAccept {
		return s.fail(fault)
	}
	if err := s.sandbox.keepMail(s.from, s.to, raw); err != nil {
		if s.sandbox.running.Err() == nil {
			s.sandbox.log.Error("a mail could not be kept", "error", err)
		}
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The sandbox cannot store the message"}
	}
	if fault != nil {
		return s.fail(fault)
	}
	return nil
}

// fail plays a fault and returns the answer, if there is to be one.
func (s *smtpSession) fail(fault *Fault) error {
	fault.wait(s.sandbox.running)
	switch fault.Mode {
	case FaultRateLimit:
		s.conn.hangUp.Store(true)
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many messages, try again later (sandbox fault)"}
	case FaultReject:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Message refused (sandbox fault)"}
	case FaultTimeout, FaultTimeoutAfterAccept:
		s.conn.Close()
		return context.Canceled // nobody hears it
	default:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Local error, try again later (sandbox fault)"}
	}
}

// keepMail stores one message for each recipient.
func (s *Sandbox) keepMail(from string, to []string, raw []byte) error {
	mail := parseMail(raw)
	if mail.from == "" {
		mail.from = from
	}
	now := s.now().UTC()
	messages := make([]*Message, len(to))
	for i, recipient := range to {
		messages[i] = &Message{
			ID: newID(now), Channel: ChannelEmail, To: validText([]byte(recipient)), From: validText([]byte(mail.from)),
			Subject: mail.subject, Text: mail.text, HTML: mail.html, Calendar: mail.calendar, Headers: mail.headers,
			SentAt: now, Attachments: mail.attachments, Status: "delivered", Size: len(raw),
			ProviderID: strings.TrimSpace(mail.messageID),
		}
	}
	if err := s.outbox.add(raw, nil, messages...); err != nil {
		return err
	}
	if !s.mute.Load() {
		s.delivered(messages...)
	}
	return nil
}
