// Package email sends mail: by SMTP, by SendGrid's API version 3, or by Amazon SES's API version 2. Each way is a
// provider.Provider. SMTP (RFC 5321) runs over TLS by STARTTLS (RFC 3207) or from the first byte (RFC 8314), authenticated
// by whatever the server offers and the configuration allows.
package email

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/perdura/perdura/activities/provider"
)

// Security is how a connection is protected.
type Security string

const (
	STARTTLS Security = "starttls" // mandatory: a server without it is refused
	Implicit Security = "implicit"
	None     Security = "none" // loopback and tests only
)

// SMTPOptions configure an SMTP provider.
type SMTPOptions struct {
	Host               string
	Port               int
	Username, Password string
	Security           Security
	// From is the sender's address, with or without a display name (RFC 5322 mailbox).
	From string
	// Timeout bounds one delivery, connection included.
	Timeout time.Duration
	// UniqueArgs adds the header X-SMTPAPI, for a server that is SendGrid's relay.
	UniqueArgs bool
	// DKIM signs each mail; nil when the server does, or nobody.
	DKIM *DKIM
}

// SMTP sends mail through one server over a few connections that are kept open. It is safe for concurrent use. A server
// cannot be asked what it took: SMTP is neither provider.Finder nor provider.Repeater.
type SMTP struct {
	client *mail.Client
	opts   SMTPOptions
	from   sender
	signer *signer
	pool   pool
}

var _ provider.Provider = (*SMTP)(nil)

// NewSMTP checks the options and reads the DKIM key; it does not connect.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	from, err := parseSender(o.From)
	if err != nil {
		return nil, err
	}
	s := &SMTP{opts: o, from: from}
	if o.DKIM != nil {
		if s.signer, err = newSigner(*o.DKIM); err != nil {
			return nil, err
		}
	}
	opts := []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(o.Timeout)}
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
	if s.client, err = mail.NewClient(o.Host, opts...); err != nil {
		return nil, fmt.Errorf("set up SMTP for %s:%d: %w", o.Host, o.Port, err)
	}
	return s, nil
}

// Name is "smtp".
func (*SMTP) Name() string { return "smtp" }

// Channel is Email.
func (*SMTP) Channel() provider.Channel { return provider.Email }

// Send delivers m and returns its Message-ID, without angle brackets.
func (s *SMTP) Send(ctx context.Context, m provider.Message) (string, error) {
	to, err := recipient(m.To)
	if err != nil {
		return "", err
	}
	raw, err := s.compose(m, to)
	if err != nil {
		return "", err
	}
	conn := s.pool.take()
	if conn != nil {
		err := s.transfer(ctx, conn, to, raw)
		if err == nil {
			s.pool.keep(conn)
			return s.from.messageID(m), nil
		}
		_ = conn.Close()
		if !errors.As(err, new(stale)) {
			return "", err
		}
	}
	if conn, err = s.client.DialToSMTPClientWithContext(ctx); err != nil {
		return "", fmt.Errorf("connect to the mail server %s:%d: %w", s.opts.Host, s.opts.Port, err)
	}
	if err := s.transfer(ctx, conn, to, raw); err != nil {
		_ = conn.Close()
		return "", outright(err)
	}
	s.pool.keep(conn)
	return s.from.messageID(m), nil
}

// transfer is one mail transaction on an open connection. It errs with stale when the server had hung up before it.
func (s *SMTP) transfer(ctx context.Context, conn *smtp.Client, to string, raw []byte) error {
	timeout := s.opts.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(deadline))
	}
	if err := conn.UpdateDeadline(timeout); err != nil {
		return stale{err}
	}
	if local, _ := conn.Extension("SMTPUTF8"); !local && printable(to) != to {
		return provider.Rejected{Code: "smtp-553", Address: true} // RFC 6531, 3.2
	}
	if err := conn.Mail("<" + s.from.address + ">"); err != nil {
		return atSender(err)
	}
	if err := conn.Rcpt(envelope(to)); err != nil {
		return atRecipient(err)
	}
	body, err := conn.Data()
	if err != nil {
		return atData(err)
	}
	if _, err := body.Write(raw); err != nil {
		return fmt.Errorf("the mail server stopped taking the message: %w", err)
	}
	if err := body.Close(); err != nil {
		return atEnd(err)
	}
	return nil
}

// Close ends the idle connections.
func (s *SMTP) Close() error { return s.pool.close() }
