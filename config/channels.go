package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"
)

// The ways mail may leave by.
const (
	ProviderSMTP     = "smtp"
	ProviderSendGrid = "sendgrid"
	ProviderSES      = "ses"
)

// The vendors' own addresses; a sandbox stands elsewhere.
const (
	sendGridURL = "https://api.sendgrid.com"
	twilioURL   = "https://api.twilio.com"
)

// Email chooses the way mail leaves by.
type Email struct {
	// Provider is smtp, sendgrid or ses.
	Provider string
	// PerSecond is how many mails a second the provider takes from all workers together.
	PerSecond float64
}

// SMS paces text messages.
type SMS struct {
	// PerSecond is how many text messages a second the provider takes from all workers together.
	PerSecond float64
}

// SendGrid is an account at Twilio SendGrid.
type SendGrid struct {
	APIKey string
	// URL is the base of the API, without a trailing slash.
	URL string
	// WebhookKey verifies the event webhook: a P-256 public key, base64 of its DER form, as SendGrid shows it.
	WebhookKey string
	// Lookup is how long after a hand-over the Email Activity API knows a mail for certain; 0 when the account has none.
	Lookup time.Duration
}

// SES is Amazon's Simple Email Service, API version 2.
type SES struct {
	Region string
	// AccessKeyID and SecretAccessKey are empty to take AWS's own environment variables.
	AccessKeyID     string
	SecretAccessKey string
	// URL replaces the regional endpoint; empty for AWS's own.
	URL              string
	ConfigurationSet string
	// TopicARN is the SNS topic that delivery events come from.
	TopicARN string
}

// Twilio is an account for text messages. From or MessagingService names the sender.
type Twilio struct {
	AccountSID       string
	AuthToken        string
	From             string
	MessagingService string
	// URL is the base of the API, without a trailing slash.
	URL string
}

// Configured reports whether text messages can be sent.
func (t Twilio) Configured() bool { return t.AccountSID != "" }

// DKIM signs mail that leaves by SMTP; all empty when the mail server signs, or nobody.
type DKIM struct {
	Domain   string
	Selector string
	// KeyFile holds the private key (RSA or Ed25519) in PEM.
	KeyFile string
}

// channelSettings are the settings of the providers that carry messages.
func channelSettings() []Setting {
	host := matches(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`, "is no host name")
	return []Setting{
		{
			Key: "email.provider", Default: ProviderSMTP, Example: ProviderSMTP,
			Doc: "How mail leaves: `smtp`, `sendgrid` or `ses`.",
			put: text(func(c *Config) *string { return &c.Email.Provider }, oneOf(ProviderSMTP, ProviderSendGrid, ProviderSES)),
		},
		{
			Key: "email.per_second", Default: "20", Example: "20",
			Doc: "Most mails a second, of all workers together.",
			put: decimal(func(c *Config) *float64 { return &c.Email.PerSecond }, between(0.01, 10_000)),
		},
		{
			Key: "sms.per_second", Default: "5", Example: "5",
			Doc: "Most text messages a second, of all workers together.",
			put: decimal(func(c *Config) *float64 { return &c.SMS.PerSecond }, between(0.01, 10_000)),
		},
		{
			Key: "sendgrid.api_key", Secret: true,
			Doc: "API key of SendGrid with the permission Mail Send, and Email Activity for sendgrid.lookup.",
			put: text(func(c *Config) *string { return &c.SendGrid.APIKey }),
		},
		{
			Key: "sendgrid.url", Default: sendGridURL, Example: "https://api.eu.sendgrid.com",
			Doc: "SendGrid's API; that of the EU for accounts there.",
			put: text(func(c *Config) *string { return &c.SendGrid.URL }, webURL),
		},
		{
			Key: "sendgrid.webhook_key", Example: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==",
			Doc: "Verification key of SendGrid's signed event webhook and inbound parse.",
			put: text(func(c *Config) *string { return &c.SendGrid.WebhookKey }, verificationKey),
		},
		{
			Key: "sendgrid.lookup", Example: "10m",
			Doc: "How long after a hand-over SendGrid's Email Activity lists a mail for certain; then a mail whose answer was lost is looked up before it is sent again. Empty without the Email Activity add-on: such a mail stays unknown.",
			put: duration(func(c *Config) *time.Duration { return &c.SendGrid.Lookup }, between(time.Second, 24*time.Hour)),
		},
		{
			Key: "ses.region", Example: "eu-central-1",
			Doc: "AWS region of Amazon SES.",
			put: text(func(c *Config) *string { return &c.SES.Region }, matches(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`, "is no AWS region")),
		},
		{
			Key: "ses.access_key_id", Example: "AKIAIOSFODNN7EXAMPLE",
			Doc: "Access key with the permission ses:SendEmail. Empty: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
			put: text(func(c *Config) *string { return &c.SES.AccessKeyID }),
		},
		{
			Key: "ses.secret_access_key", Secret: true,
			Doc: "Secret of ses.access_key_id.",
			put: text(func(c *Config) *string { return &c.SES.SecretAccessKey }),
		},
		{
			Key: "ses.url", Example: "https://email.eu-central-1.amazonaws.com",
			Doc: "Endpoint of Amazon SES; empty for that of the region.",
			put: text(func(c *Config) *string { return &c.SES.URL }, webURL),
		},
		{
			Key: "ses.configuration_set", Example: "perdura",
			Doc: "Configuration set whose events come back by SNS; empty for the identity's own.",
			put: text(func(c *Config) *string { return &c.SES.ConfigurationSet }, matches(`^[A-Za-z0-9_-]{1,64}$`, "is no name of a configuration set")),
		},
		{
			Key: "ses.topic_arn", Example: "arn:aws:sns:eu-central-1:123456789012:perdura",
			Doc: "SNS topic of SES's events; events of any other are refused.",
			put: text(func(c *Config) *string { return &c.SES.TopicARN }, matches(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\.fifo)?$`, "is no ARN of an SNS topic")),
		},
		{
			Key: "twilio.account_sid", Example: "AC00000000000000000000000000000001",
			Doc: "Twilio account for text messages; empty when none are sent.",
			put: text(func(c *Config) *string { return &c.Twilio.AccountSID }, matches(`^AC[0-9a-fA-F]{32}$`, "is not AC and 32 hexadecimal digits")),
		},
		{
			Key: "twilio.auth_token", Secret: true,
			Doc: "Auth token of the Twilio account; it also verifies Twilio's callbacks.",
			put: text(func(c *Config) *string { return &c.Twilio.AuthToken }),
		},
		{
			Key: "twilio.from", Example: "+15005550006",
			Doc: "Sender of text messages: an E.164 number, a short code or a sender ID.",
			put: text(func(c *Config) *string { return &c.Twilio.From },
				matches(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 +_&-]{1,11})$`, "is no number in E.164 form, short code or sender ID")),
		},
		{
			Key: "twilio.messaging_service", Example: "MG00000000000000000000000000000001",
			Doc: "Messaging service that chooses the sender; instead of twilio.from.",
			put: text(func(c *Config) *string { return &c.Twilio.MessagingService }, matches(`^MG[0-9a-fA-F]{32}$`, "is not MG and 32 hexadecimal digits")),
		},
		{
			Key: "twilio.url", Default: twilioURL, Example: twilioURL,
			Doc: "Twilio's API.",
			put: text(func(c *Config) *string { return &c.Twilio.URL }, webURL),
		},
		{
			Key: "dkim.domain", Example: "example.com",
			Doc: "Domain that signs mail sent by SMTP (DKIM); empty when the mail server signs.",
			put: text(func(c *Config) *string { return &c.DKIM.Domain }, host),
		},
		{
			Key: "dkim.selector", Example: "perdura",
			Doc: "Selector of the DKIM key: its public half stands at SELECTOR._domainkey.DOMAIN.",
			put: text(func(c *Config) *string { return &c.DKIM.Selector }, host),
		},
		{
			Key: "dkim.key_file", Example: "/etc/perdura/dkim.pem",
			Doc: "File with the private DKIM key, RSA of 2048 bits or more or Ed25519, in PEM.",
			put: text(func(c *Config) *string { return &c.DKIM.KeyFile }),
		},
	}
}

// verificationKey accepts what SendGrid shows: base64 of a P-256 public key in DER.
func verificationKey(v string) error {
	der, err := base64.StdEncoding.DecodeString(v)
	if err == nil {
		var key any
		key, err = x509.ParsePKIXPublicKey(der)
		if public, ok := key.(*ecdsa.PublicKey); err == nil && (!ok || public.Curve != elliptic.P256()) {
			err = fmt.Errorf("curve")
		}
	}
	if err != nil {
		return fmt.Errorf("is no P-256 public key in base64")
	}
	return nil
}

// channelContradictions are settings of the providers that lack or exclude one another.
func channelContradictions(c Config, needs Need, wrong map[string]bool) Problems {
	var p Problems
	lacks := func(needed bool, key, value, why, how string) {
		if needed && value == "" && !wrong[key] {
			p = append(p, fmt.Sprintf("%s: it has no value%s; %s", key, why, how))
		}
	}
	if needs&NeedWorker != 0 {
		sendGrid, ses := c.Email.Provider == ProviderSendGrid, c.Email.Provider == ProviderSES
		lacks(c.Email.Provider == ProviderSMTP, "smtp.host", c.SMTP.Host, "", "set PERDURA_SMTP_HOST or --smtp.host to e.g. smtp.example.com, or choose another email.provider")
		lacks(sendGrid, "sendgrid.api_key", c.SendGrid.APIKey, ", but email.provider is sendgrid", "set PERDURA_SENDGRID_API_KEY")
		lacks(ses, "ses.region", c.SES.Region, ", but email.provider is ses", "set PERDURA_SES_REGION or --ses.region to e.g. eu-central-1")
	}
	keys := (c.SES.AccessKeyID == "") == (c.SES.SecretAccessKey == "")
	lacks(!keys, "ses.access_key_id", c.SES.AccessKeyID, ", but ses.secret_access_key has", "set PERDURA_SES_ACCESS_KEY_ID, or remove the secret")
	lacks(!keys, "ses.secret_access_key", c.SES.SecretAccessKey, ", but ses.access_key_id has", "set PERDURA_SES_SECRET_ACCESS_KEY, or remove the key id")
	twilio := c.Twilio.Configured()
	lacks(twilio, "twilio.auth_token", c.Twilio.AuthToken, ", but twilio.account_sid has", "set PERDURA_TWILIO_AUTH_TOKEN, or remove the account")
	lacks(twilio && !wrong["twilio.messaging_service"], "twilio.from", c.Twilio.From+c.Twilio.MessagingService, ", nor has twilio.messaging_service", "set PERDURA_TWILIO_FROM to the number that text messages come from, or PERDURA_TWILIO_MESSAGING_SERVICE")
	if c.Twilio.From != "" && c.Twilio.MessagingService != "" {
		p = append(p, "twilio.from: a messaging service chooses the sender; set PERDURA_TWILIO_FROM or PERDURA_TWILIO_MESSAGING_SERVICE, not both")
	}
	if d := c.DKIM; d != (DKIM{}) && (d.Domain == "" || d.Selector == "" || d.KeyFile == "") && !wrong["dkim.domain"] && !wrong["dkim.selector"] {
		p = append(p, "dkim.domain: signing needs dkim.domain, dkim.selector and dkim.key_file; set all three or none")
	}
	if c.Providers.Sandbox {
		p = append(p, realProviders(c)...)
	}
	return p
}

// realProviders are those that break the promise of providers.sandbox.
func realProviders(c Config) Problems {
	var p Problems
	complain := func(key, variable string) {
		p = append(p, fmt.Sprintf("%s: it is the real provider, but providers.sandbox promises one that reaches nobody; set %s to the sandbox's address, or PERDURA_PROVIDERS_SANDBOX to false", key, variable))
	}
	if c.Email.Provider == ProviderSendGrid && c.SendGrid.URL == sendGridURL {
		complain("sendgrid.url", "PERDURA_SENDGRID_URL")
	}
	if c.Email.Provider == ProviderSES && c.SES.URL == "" {
		complain("ses.url", "PERDURA_SES_URL")
	}
	if c.Twilio.Configured() && c.Twilio.URL == twilioURL {
		complain("twilio.url", "PERDURA_TWILIO_URL")
	}
	if c.Stripe.Configured() && c.Stripe.URL == stripeURL {
		complain("stripe.url", "PERDURA_STRIPE_URL")
	}
	return p
}
