// Package sandbox stands in for the mail, text message, notification and
// payment providers while Perdura runs on one machine. It accepts what is sent,
// shows it in the browser, and plays the customer: opens, clicks, replies,
// bounces, complaints, unsubscribes and payments reach Perdura's webhooks signed
// as the real provider signs them. Faults make it fail on purpose.
//
// It listens on loopback addresses only and sends nothing to anybody but the
// webhooks it was given.
package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// Options configure a Sandbox. Only DataDir is required.
type Options struct {
	SMTPAddr string           // loopback host:port; 127.0.0.1:0 when empty
	HTTPAddr string           // loopback host:port; 127.0.0.1:0 when empty
	Now      func() time.Time // sandbox clock; time.Now when nil
	DataDir  string           // messages are kept here, in messages.jsonl
	// WebhookBase is the URL of the Perdura API, such as
	// http://127.0.0.1:8080. It may come later through SetWebhookBase.
	WebhookBase string
	// TwilioAccountSID and TwilioAuthToken are what callers authenticate with
	// and what callbacks are signed with; random when empty.
	TwilioAccountSID string
	TwilioAuthToken  string
	// SendGridKey (P-256) signs event webhooks; a random one when nil.
	SendGridKey *ecdsa.PrivateKey
	// SendGridAPIKey is what callers of the mail API authenticate with; random
	// when empty.
	SendGridAPIKey string
	// SESAccessKeyID is the access key that signed calls of the SES API must
	// name; random when empty.
	SESAccessKeyID string
	// StripeAPIKey is what callers of the payment API authenticate with, and
	// StripeWebhookSecret signs its events; random when empty.
	StripeAPIKey        string
	StripeWebhookSecret string
	// DeliveryEvents posts processed and delivered events for mails that carry a
	// unique argument, as SendGrid does.
	DeliveryEvents bool
	// ActivityDelay is the real time after which the e-mail activity lists a
	// mail, as the real one lags behind; 500 ms when zero, none when negative.
	ActivityDelay time.Duration
	// StatusDelay is the real time between two delivery statuses of a text
	// message; 100 ms when zero.
	StatusDelay time.Duration
	Logger      *slog.Logger // slog.Default when nil
}

// Sandbox is the running stand-in. Its methods may be called concurrently.
type Sandbox struct {
	options     Options
	now         func() time.Time
	log         *slog.Logger
	webhookBase atomic.Pointer[string]
	faults      faults
	outbox      *outbox
	stripe      *stripeLedger
	client      *http.Client
	deliveries  deliveries
	mute        atomic.Bool // mail that comes by SMTP is reported to nobody

	smtp                       *smtp.Server
	http                       *http.Server
	smtpListener, httpListener net.Listener

	running   context.Context // ends with Close
	stop      context.CancelFunc
	work      sync.WaitGroup // servers and status callbacks
	callbacks chan struct{}  // one slot for each callback under way
	closing   sync.Once
	closeErr  error
}

// New checks the options. It neither listens nor touches the disk.
func New(options Options) (*Sandbox, error) {
	if options.DataDir == "" {
		return nil, errors.New("create the sandbox: DataDir is empty; name a directory for its messages")
	}
	for _, addr := range []*string{&options.SMTPAddr, &options.HTTPAddr} {
		if *addr == "" {
			*addr = "127.0.0.1:0"
		}
		if err := requireLoopback(*addr); err != nil {
			return nil, err
		}
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.StatusDelay == 0 {
		options.StatusDelay = 100 * time.Millisecond
	}
	if options.TwilioAccountSID == "" {
		options.TwilioAccountSID = "AC" + randomHex(16)
	}
	if options.TwilioAuthToken == "" {
		options.TwilioAuthToken = randomHex(16)
	}
	if options.SendGridAPIKey == "" {
		options.SendGridAPIKey = "SG." + randomHex(16)
	}
	if options.SESAccessKeyID == "" {
		options.SESAccessKeyID = "AKIA" + strings.ToUpper(randomHex(8))
	}
	if options.StripeAPIKey == "" {
		options.StripeAPIKey = "sk_test_" + randomHex(16)
	}
	if options.StripeWebhookSecret == "" {
		options.StripeWebhookSecret = "whsec_" + randomHex(16)
	}
	if options.ActivityDelay == 0 {
		options.ActivityDelay = 500 * time.Millisecond
	}
	if options.SendGridKey == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("create the sandbox's webhook key: %w", err)
		}
		options.SendGridKey = key
	}
	if options.SendGridKey.Curve != elliptic.P256() {
		return nil, errors.New("create the sandbox: SendGridKey must be a P-256 key, as SendGrid's are")
	}
	s := &Sandbox{
		options: options, now: options.Now, log: options.Logger, callbacks: make(chan struct{}, 16),
		// A provider waits only so long for a webhook and follows no redirect.
		client: &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	if err := s.SetWebhookBase(options.WebhookBase); err != nil {
		return nil, err
	}
	return s, nil
}

// requireLoopback refuses an address that other machines could reach: the
// sandbox accepts mail from anybody and shows it to anybody.
func requireLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("sandbox address %q: %w; give host:port", addr, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("sandbox address %q is not a loopback address; use 127.0.0.1 or [::1]", addr)
	}
	return nil
}

// Start reads the messages of earlier runs, listens and returns. The sandbox
// runs until Close is called or ctx ends. It can be started once.
func (s *Sandbox) Start(ctx context.Context) (err error) {
	if s.outbox != nil {
		return errors.New("start the sandbox: it was started before; make a new one")
	}
	if s.outbox, err = openOutbox(s.options.DataDir, s.log); err != nil {
		return err
	}
	if s.stripe, err = openStripeLedger(s.options.DataDir, s.log); err != nil {
		return errors.Join(err, s.outbox.close())
	}
	if s.smtpListener, err = net.Listen("tcp", s.options.SMTPAddr); err != nil {
		return errors.Join(fmt.Errorf("start the sandbox mail server: %w", err), s.outbox.close(), s.stripe.close())
	}
	if s.httpListener, err = net.Listen("tcp", s.options.HTTPAddr); err != nil {
		return errors.Join(fmt.Errorf("start the sandbox web server: %w", err), s.smtpListener.Close(), s.outbox.close(), s.stripe.close())
	}
	s.running, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.smtp = newSMTPServer(s)
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return s.running },
	}
	s.work.Go(func() { s.serve("mail", func() error { return s.smtp.Serve(smtpListener{s.smtpListener}) }) })
	s.work.Go(func() { s.serve("web", func() error { return s.http.Serve(s.httpListener) }) })
	s.resumeDeliveries()
	if s.options.DeliveryEvents {
		s.deliveries.news = make(chan struct{}, 1)
		s.work.Go(s.postDeliveries)
	}
	context.AfterFunc(ctx, func() { s.Close() })
	return nil
}

func (s *Sandbox) serve(name string, serve func() error) {
	if err := serve(); err != nil && s.running.Err() == nil {
		s.log.Error("a sandbox server ended", "server", name, "error", err)
	}
}

// Close stops the servers and the callbacks, then closes the file. Calls under
// way are cut off, as a provider's outage would. Closing twice is harmless.
func (s *Sandbox) Close() error {
	if s.stop == nil {
		return nil
	}
	s.closing.Do(func() {
		s.stop()
		err := errors.Join(ignoreClosed(s.smtp.Close()), ignoreClosed(s.smtpListener.Close()))
		// Handlers are waited for: they may be about to start a callback.
		patience, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if s.http.Shutdown(patience) != nil {
			err = errors.Join(err, s.http.Close())
		}
		s.work.Wait()
		s.closeErr = errors.Join(err, s.outbox.close(), s.stripe.close())
	})
	return s.closeErr
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// SetWebhookBase says where the Perdura API is; an empty string means nowhere.
func (s *Sandbox) SetWebhookBase(base string) error {
	if base != "" {
		if u, err := url.Parse(base); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("sandbox webhook base %q is not an http URL; give one like http://127.0.0.1:8080", base)
		}
	}
	base = strings.TrimRight(base, "/")
	s.webhookBase.Store(&base)
	return nil
}

// SMTPAddr returns the host:port the mail server listens on, once started.
func (s *Sandbox) SMTPAddr() string { return s.smtpListener.Addr().String() }

// HTTPAddr returns the host:port the web server listens on, once started.
func (s *Sandbox) HTTPAddr() string { return s.httpListener.Addr().String() }

// URL returns the address of the page that shows the messages, once started;
// it is also the base URL of the Twilio-shaped API.
func (s *Sandbox) URL() string { return "http://" + s.HTTPAddr() }

// TwilioAccountSID returns the account that callers must name.
func (s *Sandbox) TwilioAccountSID() string { return s.options.TwilioAccountSID }

// TwilioAuthToken returns the password of that account, which also signs
// callbacks.
func (s *Sandbox) TwilioAuthToken() string { return s.options.TwilioAuthToken }

// SendGridAPIKey returns the key that callers of the mail API must show.
func (s *Sandbox) SendGridAPIKey() string { return s.options.SendGridAPIKey }

// SESAccessKeyID returns the access key that calls of the SES API must name.
func (s *Sandbox) SESAccessKeyID() string { return s.options.SESAccessKeyID }

// SendGridPublicKey returns the verification key of the event webhook as
// SendGrid shows it: base64 of the DER public key.
func (s *Sandbox) SendGridPublicKey() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&s.options.SendGridKey.PublicKey)
	if err != nil {
		return "", fmt.Errorf("encode the sandbox's verification key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}
