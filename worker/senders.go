package worker

import (
	"cmp"
	"io"
	"time"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/webhook"
	"github.com/perdura/perdura/config"
)

// webhookTimeout bounds one outgoing webhook.
const webhookTimeout = 10 * time.Second

// Senders are the ways out of the house. A nil one is not configured, and messages that need it are refused.
type Senders struct {
	Mailer notify.Mailer
	Caller notify.Caller
}

// NewSenders makes the senders that the settings describe; it does not connect.
func NewSenders(cfg config.Config) (Senders, error) {
	var s Senders
	if cfg.SMTP.Host != "" {
		mailer, err := email.NewSender(email.Options{
			Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, Username: cfg.SMTP.Username, Password: cfg.SMTP.Password,
			Security: email.Security(cfg.SMTP.TLS), From: cfg.SMTP.From, Timeout: cfg.SMTP.Timeout,
		})
		if err != nil {
			return s, err
		}
		s.Mailer = mailer
	}
	if cfg.Webhook.Secret != "" {
		caller, err := webhook.NewSender(cfg.Webhook.Secret, webhookTimeout)
		if err != nil {
			return s, err
		}
		s.Caller = caller
	}
	return s, nil
}

// Close ends the connections that are kept open.
func (s Senders) Close() error {
	if closer, ok := s.Mailer.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// publicURL is the base of links in messages.
func publicURL(cfg config.API) string { return cmp.Or(cfg.PublicURL, "http://"+cfg.Listen) }
