package worker

import (
	"cmp"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/sms"
	"github.com/perdura/perdura/activities/webhook"
	"github.com/perdura/perdura/config"
)

// providerTimeout bounds one call of a provider over HTTP.
const providerTimeout = 10 * time.Second

// Senders are the ways out of the house. Messages for a channel without one are refused.
type Senders struct {
	// Providers holds at most one of each channel.
	Providers []provider.Provider
	// Limits are the calls a second that a provider takes from all workers together, by its name. A provider that is
	// not named has no limit.
	Limits map[string]float64
}

// NewSenders makes the providers that the settings describe; it does not connect.
func NewSenders(cfg config.Config) (Senders, error) {
	s := Senders{Limits: map[string]float64{}}
	mail, err := mailProvider(cfg)
	if err != nil {
		return s, err
	}
	if mail != nil {
		s.Providers = append(s.Providers, mail)
		s.Limits[mail.Name()] = cfg.Email.PerSecond
	}
	if cfg.Twilio.Configured() {
		text, err := sms.NewTwilio(sms.Options{
			AccountSID: cfg.Twilio.AccountSID, AuthToken: cfg.Twilio.AuthToken, From: cfg.Twilio.From,
			MessagingService: cfg.Twilio.MessagingService, URL: cfg.Twilio.URL, Callback: twilioCallback(cfg.API),
			Timeout: providerTimeout,
		})
		if err != nil {
			return s, err
		}
		s.Providers = append(s.Providers, text)
		s.Limits[text.Name()] = cfg.SMS.PerSecond
	}
	if cfg.Webhook.Secret != "" {
		caller, err := webhook.NewSender(cfg.Webhook.Secret, providerTimeout)
		if err != nil {
			return s, err
		}
		s.Providers = append(s.Providers, caller)
	}
	return s, nil
}

// mailProvider is the one that email.provider chooses; nil when it is a mail server and none is named.
func mailProvider(cfg config.Config) (provider.Provider, error) {
	switch cfg.Email.Provider {
	case config.ProviderSendGrid:
		return email.NewSendGrid(email.SendGridOptions{
			APIKey: cfg.SendGrid.APIKey, URL: cfg.SendGrid.URL, From: cfg.SMTP.From, Timeout: providerTimeout, Lookup: cfg.SendGrid.Lookup,
		})
	case config.ProviderSES:
		return email.NewSES(email.SESOptions{
			Region: cfg.SES.Region, AccessKeyID: cfg.SES.AccessKeyID, SecretAccessKey: cfg.SES.SecretAccessKey, URL: cfg.SES.URL,
			From: cfg.SMTP.From, ConfigurationSet: cfg.SES.ConfigurationSet, Timeout: providerTimeout,
		})
	}
	if cfg.SMTP.Host == "" {
		return nil, nil
	}
	o := email.SMTPOptions{
		Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, Username: cfg.SMTP.Username, Password: cfg.SMTP.Password,
		Security: email.Security(cfg.SMTP.TLS), From: cfg.SMTP.From, Timeout: cfg.SMTP.Timeout,
		UniqueArgs: cfg.Providers.Sandbox || isSendGridRelay(cfg.SMTP.Host),
	}
	if cfg.DKIM.Domain != "" {
		o.DKIM = &email.DKIM{Domain: cfg.DKIM.Domain, Selector: cfg.DKIM.Selector, KeyFile: cfg.DKIM.KeyFile}
	}
	return email.NewSMTP(o)
}

// isSendGridRelay reports whether a mail server reads X-SMTPAPI. To any other the header is noise that the reader gets.
func isSendGridRelay(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "smtp.sendgrid.net" || strings.HasSuffix(host, ".sendgrid.net")
}

// twilioCallback is where Twilio tells what became of a text message. Twilio refuses an address that it cannot reach, so
// there is none until somebody says where the outside reaches us.
func twilioCallback(cfg config.API) string {
	if cfg.PublicURL == "" {
		return ""
	}
	return cfg.PublicURL + "/v1/webhooks/twilio"
}

// Close ends the connections that are kept open.
func (s Senders) Close() error {
	var errs []error
	for _, p := range s.Providers {
		if closer, ok := p.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	return errors.Join(errs...)
}

// PublicURL is the base of the links in messages.
func PublicURL(cfg config.API) string { return cmp.Or(cfg.PublicURL, "http://"+cfg.Listen) }
