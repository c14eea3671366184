package webhooks

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // SNS signature version 1
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// snsMessage is the envelope of Amazon SNS:
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html.
type snsMessage struct {
	Type             string
	MessageId        string //nolint:revive // as SNS spells it
	TopicArn         string
	Token            string
	Subject          *string
	Message          string
	SubscribeURL     string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
}

const (
	snsNotification = "Notification"
	snsSubscribe    = "SubscriptionConfirmation"
	snsUnsubscribe  = "UnsubscribeConfirmation"
)

// snsHost are the hosts whose certificates and confirmations are fetched: SNS's own, in AWS and in AWS China.
var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// snsURL refuses every URL that does not lead to SNS, so that nobody can make us call elsewhere.
func snsURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || u.Fragment != "" || !snsHost.MatchString(u.Host) {
		return ErrSignature
	}
	return nil
}

// readSNS proves that a call comes from the configured topic. The topic is looked at first, and nothing is fetched for
// another one. SNS repeats a notification under its first time stamp for as long as its delivery policy says, so age is
// not judged; a repeat is known by its MessageId.
func (r *Readers) readSNS(ctx context.Context, c Call) (snsMessage, error) {
	var m snsMessage
	if r.o.SESTopicARN == "" {
		return m, ErrNotServed
	}
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return m, fmt.Errorf("%w: a message of Amazon SNS is expected", ErrGarbage)
	}
	signature, err := base64.StdEncoding.DecodeString(m.Signature)
	if err != nil || m.TopicArn != r.o.SESTopicARN || snsURL(m.SigningCertURL) != nil || !strings.HasSuffix(m.SigningCertURL, ".pem") {
		return m, ErrSignature
	}
	signed, err := m.signed()
	if err != nil {
		return m, err
	}
	key, err := r.certificates.key(ctx, m.SigningCertURL)
	if err != nil {
		return m, err
	}
	if m.SignatureVersion == "2" {
		digest := sha256.Sum256(signed)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	} else {
		digest := sha1.Sum(signed)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, digest[:], signature)
	}
	if err != nil {
		return m, ErrSignature
	}
	return m, nil
}

// signed is what SNS signs: names and values, each on a line, in this order.
func (m snsMessage) signed() ([]byte, error) {
	if m.SignatureVersion != "1" && m.SignatureVersion != "2" {
		return nil, ErrSignature
	}
	var b strings.Builder
	line := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	line("Message", m.Message)
	line("MessageId", m.MessageId)
	switch m.Type {
	case snsNotification:
		if m.Subject != nil {
			line("Subject", *m.Subject)
		}
		line("Timestamp", m.Timestamp)
	case snsSubscribe, snsUnsubscribe:
		line("SubscribeURL", m.SubscribeURL)
		line("Timestamp", m.Timestamp)
		line("Token", m.Token)
	default:
		return nil, fmt.Errorf("%w: the type of the SNS message is unknown", ErrGarbage)
	}
	line("TopicArn", m.TopicArn)
	line("Type", m.Type)
	return []byte(b.String()), nil
}

// confirm visits the address by which a subscription is confirmed.
func (r *Readers) confirm(ctx context.Context, m snsMessage) error {
	if snsURL(m.SubscribeURL) != nil {
		return ErrSignature
	}
	if _, err := r.o.Fetch(ctx, m.SubscribeURL); err != nil {
		return ErrUnreachable
	}
	return nil
}

// ErrUnreachable means that Amazon did not give what the call refers to; the provider calls again.
var ErrUnreachable = errors.New("what the call refers to could not be fetched from Amazon")

// certificates keeps the certificates that SNS signs with.
type certificates struct {
	fetch func(ctx context.Context, url string) ([]byte, error)
	mu    sync.Mutex
	known map[string]*certificate
}

type certificate struct {
	key   *rsa.PublicKey
	until time.Time
}

// maxCertificates bounds what is kept; SNS changes its certificate every few months.
const maxCertificates = 16

// key is the public key of the certificate at an SNS URL. The certificate is genuine because SNS's own host gave it over
// TLS; it has to be valid today and to be made out to SNS.
func (s *certificates) key(ctx context.Context, from string) (*rsa.PublicKey, error) {
	now := time.Now()
	s.mu.Lock()
	c := s.known[from]
	s.mu.Unlock()
	if c != nil && now.Before(c.until) {
		return c.key, nil
	}
	raw, err := s.fetch(ctx, from)
	if err != nil {
		return nil, ErrUnreachable
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, ErrSignature
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, ErrSignature
	}
	u, err := url.Parse(from)
	if err != nil {
		return nil, ErrSignature
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 || (cert.VerifyHostname(u.Host) != nil && cert.VerifyHostname("sns.amazonaws.com") != nil) {
		return nil, ErrSignature
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxCertificates {
		clear(s.known)
	}
	s.known[from] = &certificate{key: key, until: cert.NotAfter}
	return key, nil
}

// fetchTimeout bounds one call to SNS; maxFetched is the most that is read.
const (
	fetchTimeout = 5 * time.Second
	maxFetched   = 64 << 10
)

var fetcher = &http.Client{
	Timeout:       fetchTimeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// fetch gets a URL that was found to lead to SNS, and follows no redirection away from there.
func fetch(ctx context.Context, from string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	res, err := fetcher.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("amazon SNS answered %d", res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxFetched))
}
