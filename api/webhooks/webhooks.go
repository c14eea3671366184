// Package webhooks reads what providers post to us: it proves that a call comes from the provider, over the raw body,
// and turns its payload into reports for package feedback. It touches no database; package api does the rest.
package webhooks

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/links"
)

// Options are what the calls of each provider are recognised by. What is empty is not served: its calls are refused.
type Options struct {
	// PublicURL is the base of the address that providers call, as they know it: scheme, host and path, without a
	// trailing slash. Twilio signs it along.
	PublicURL string
	// SendGridKey is the verification key of SendGrid's signed event webhook and inbound parse: base64 of a P-256 public
	// key in DER. Several, separated by commas, are all recognised: each webhook may have a key of its own.
	SendGridKey     string
	TwilioAuthToken string
	// SESTopicARN is the SNS topic of SES's events.
	SESTopicARN string
	// StripeSecret signs Stripe's events; several, separated by commas, are all recognised.
	StripeSecret string
	// InboundSecret is a Standard Webhooks secret: whsec_ and base64.
	InboundSecret string
	// Links recognises our own click links in providers' click events; may be nil.
	Links *links.Signer
	// Fetch gets what SNS refers to, its certificates and confirmations; nil for HTTPS.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// At converts a real instant to business time; nil for none to convert.
	At func(time.Time) time.Time
}

// Errors of the readers.
var (
	// ErrSignature means that nothing proves that the call comes from the provider.
	ErrSignature = errors.New("the signature is missing or wrong")
	// ErrNotServed means that nothing is configured by which the provider could be recognised.
	ErrNotServed = errors.New("no key is configured to recognise this provider by")
	// ErrGarbage means that the provider sent what cannot be read.
	ErrGarbage = errors.New("the payload cannot be read")
)

// Call is one request of a provider.
type Call struct {
	Path   string // escaped
	Query  string // raw
	Header http.Header
	Body   []byte
}

// Readers read the calls of each provider. Safe for concurrent use.
type Readers struct {
	o             Options
	sendGridKeys  []*ecdsa.PublicKey
	stripeSecrets []string
	inbound       *standardwebhooks.Webhook
	certificates  *certificates
}

// New checks the options.
func New(o Options) (*Readers, error) {
	r := &Readers{o: o}
	if r.o.At == nil {
		r.o.At = func(t time.Time) time.Time { return t.UTC() }
	}
	if r.o.Fetch == nil {
		r.o.Fetch = fetch
	}
	r.certificates = &certificates{fetch: r.o.Fetch, known: map[string]*certificate{}}
	r.stripeSecrets = stripeSecrets(o.StripeSecret)
	var err error
	if r.sendGridKeys, err = sendGridKeys(o.SendGridKey); err != nil {
		return nil, err
	}
	if o.TwilioAuthToken != "" && o.PublicURL == "" {
		return nil, errors.New("api.public_url: Twilio signs the address it calls; set it to the address under which Twilio reaches the API")
	}
	if o.InboundSecret != "" {
		if r.inbound, err = standardwebhooks.NewWebhook(o.InboundSecret); err != nil {
			return nil, errors.New("webhook.inbound_secret: it is not whsec_ and base64; set it to whsec_$(openssl rand -base64 32)")
		}
	}
	return r, nil
}

// business is the business time of a real instant; zero stays zero, which means now.
func (r *Readers) business(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return r.o.At(t)
}

// link is the position of a clicked link: exact when it is one of ours.
func (r *Readers) link(clicked string) int {
	if r.o.Links == nil {
		return 0
	}
	u, err := url.Parse(clicked)
	if err != nil {
		return 0
	}
	_, position, err := r.o.Links.Read(links.Click, path.Base(u.Path))
	if err != nil {
		return 0
	}
	return position
}

// messageIDs finds our Message-IDs, whose left side is the ledger's id, in a header such as References.
var messageIDs = regexp.MustCompile(`<?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})@[^\s<>@]+>?`)

// ledgerID is the ledger's id in the last of our Message-IDs in text: the nearest one in References. Zero for none.
func ledgerID(text string) uuid.UUID {
	all := messageIDs.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return uuid.Nil
	}
	id, _ := uuid.Parse(all[len(all)-1][1]) // the pattern is a UUID's
	return id
}

// parseID reads an id that a provider tells back; what is no id is none.
func parseID(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil
	}
	return id
}

// contentID names an event that has no id of its own.
func contentID(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return "sha256-" + hex.EncodeToString(h.Sum(nil))
}

// maxID is the longest id of a provider that is kept as it is, in bytes.
const maxID = 200

// eventID is the provider's id of an event, or one made from its content.
func eventID(given string, content []byte) string {
	if given == "" || len(given) > maxID || strings.ContainsFunc(given, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return contentID([]byte(given), content)
	}
	return given
}

var (
	enhanced = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`) // RFC 3463
	codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$`)
)

// code is the first of the candidates that is a code, and so cannot hold an address or words of a person.
func code(candidates ...string) string {
	for _, c := range candidates {
		if enhanced.MatchString(c) {
			return c
		}
		if codeForm.MatchString(c) {
			return strings.ReplaceAll(strings.ToLower(c), " ", "-")
		}
	}
	return ""
}

// watched finishes the report of an open or a click.
func watched(r feedback.Report, reason string) feedback.Report {
	if r.Filtered == "" {
		r.Filtered = reason
	}
	return r
}
