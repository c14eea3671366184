// Package email sends mail. Its one transport today is SMTP (RFC 5321) with TLS by STARTTLS (RFC 3207) or from the first
// byte (RFC 8314), authenticated by whatever the server offers and the configuration allows.
package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Security is how a connection is protected.
type Security string

const (
	STARTTLS Security = "starttls" // mandatory: a server without it is refused
	Implicit Security = "implicit"
	None     Security = "none" // loopback and tests only
)

// Options configure an SMTP sender.
type Options struct {
	Host               string
	Port               int
	Username, Password string
	Security           Security
	// From is the sender's address, with or without a display name (RFC 5322 mailbox).
	From string
	// Timeout bounds one delivery, connection included.
	Timeout time.Duration
}

// Mail is one message to one person. Text is required; HTML is optional.
type Mail struct {
	// ID becomes the Message-ID (RFC 5322, 3.6.4): equal IDs are the same message, sent again.
	ID      string
	To      string
	Subject string
	Text    string
	HTML    string
}

// Rejected says that the server will never take this message, with its reply code (5xx).
type Rejected struct{ Code int }

func (r Rejected) Error() string {
	return fmt.Sprintf("the mail server refused the message (reply %d)", r.Code)
}

// Unknown says that the connection broke after the message was handed over and before the server's answer came: the
// message may or may not be on its way.
type Unknown struct{ cause error }

func (u Unknown) Error() string { return "the mail server took the message and did not answer" }
func (u Unknown) Unwrap() error { return u.cause }

// Sender sends mail through one SMTP server over a few connections that are kept open. It is safe for concurrent use.
type Sender struct {
	client *mail.Client
	opts   Options
	domain string

	mu   sync.Mutex
	idle []*idleConn
}

type idleConn struct {
	smtp *smtp.Client
	used time.Time
}

const (
	maxIdle    = 8
	idleExpiry = 20 * time.Second // servers commonly drop a silent client after 30 s and more
)

// NewSender checks the options; it does not connect.
func NewSender(o Options) (*Sender, error) {
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("smtp.from: %q is no mail address", o.From)
	}
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	opts := []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(o.Timeout), mail.WithoutNoop()}
	switch o.Security {
	case STARTTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case Implicit:
		opts = append(opts, mail.WithSSL())
	case None:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("smtp.tls: %q is none of starttls, implicit, none", o.Security)
	}
	if o.Username != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(o.Username), mail.WithPassword(o.Password))
	}
	client, err := mail.NewClient(o.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("set up SMTP for %s:%d: %w", o.Host, o.Port, err)
	}
	return &Sender{client: client, opts: o, domain: domain}, nil
}

// Send delivers m and returns its Message-ID. It errs with Rejected when the server refuses for good, with Unknown when
// nobody can say, and with another error when a later try may succeed.
func (s *Sender) Send(ctx context.Context, m Mail) (string, error) {
	msg, id, err := s.compose(m)
	if err != nil {
		return "", err
	}
	conn, fresh, err := s.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("connect to the mail server %s:%d: %w", s.opts.Host, s.opts.Port, err)
	}
	err = s.client.SendWithSMTPClient(conn, msg)
	if err != nil && !fresh && !isReply(err) && !handedOver(err) { // the server had dropped an idle connection
		_ = conn.Close()
		if conn, err = s.client.DialToSMTPClientWithContext(ctx); err != nil {
			return "", fmt.Errorf("connect to the mail server %s:%d: %w", s.opts.Host, s.opts.Port, err)
		}
		err = s.client.SendWithSMTPClient(conn, msg)
	}
	if err != nil {
		_ = conn.Close()
		return "", classify(err)
	}
	s.release(conn)
	return id, nil
}

// Close ends the idle connections.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.idle {
		errs = append(errs, s.client.CloseWithSMTPClient(c.smtp))
	}
	s.idle = nil
	return errors.Join(errs...)
}

func (s *Sender) compose(m Mail) (*mail.Msg, string, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.opts.From); err != nil {
		return nil, "", err
	}
	if err := msg.To(m.To); err != nil {
		return nil, "", Rejected{Code: 501} // the reply a server gives to an address it cannot parse
	}
	id := m.ID + "@" + s.domain
	msg.SetMessageIDWithValue(id)
	msg.SetDate()
	msg.Subject(m.Subject)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return msg, id, nil
}

// connect takes an idle connection or dials; fresh tells which.
func (s *Sender) connect(ctx context.Context) (conn *smtp.Client, fresh bool, err error) {
	s.mu.Lock()
	for len(s.idle) > 0 {
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if time.Since(c.used) < idleExpiry {
			s.mu.Unlock()
			return c.smtp, false, nil
		}
		_ = c.smtp.Close()
	}
	s.mu.Unlock()
	conn, err = s.client.DialToSMTPClientWithContext(ctx)
	return conn, true, err
}

func (s *Sender) release(conn *smtp.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) >= maxIdle {
		_ = s.client.CloseWithSMTPClient(conn)
		return
	}
	s.idle = append(s.idle, &idleConn{conn, time.Now()})
}

func isReply(err error) bool {
	var sent *mail.SendError
	return errors.As(err, &sent) && sent.ErrorCode() > 0
}

// handedOver reports whether the break came after the end of the message data was written.
func handedOver(err error) bool {
	var sent *mail.SendError
	return errors.As(err, &sent) && sent.Reason == mail.ErrSMTPDataClose
}

func classify(err error) error {
	var sent *mail.SendError
	if !errors.As(err, &sent) {
		return err
	}
	switch code := sent.ErrorCode(); {
	case code >= 500:
		return Rejected{Code: code}
	case code >= 400:
		return fmt.Errorf("the mail server asks to try later (reply %d)", code)
	case handedOver(err):
		return Unknown{cause: err}
	}
	var netErr net.Error
	if errors.As(err, &netErr) {
		return fmt.Errorf("the mail server stopped answering: %w", netErr)
	}
	return err
}
