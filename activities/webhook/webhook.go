// Package webhook posts signed messages to an HTTP endpoint, by the Standard Webhooks specification
// (standardwebhooks.com): the receiver verifies the signature and drops a repeated webhook-id.
package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Sender posts messages signed with one secret. It is safe for concurrent use.
type Sender struct {
	signer *standardwebhooks.Webhook
	http   *http.Client
}

// NewSender takes a secret as Standard Webhooks writes it ("whsec_" + base64) and the time-out of one call.
func NewSender(secret string, timeout time.Duration) (*Sender, error) {
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook.secret: it is not whsec_ followed by base64; make one with `echo whsec_$(openssl rand -base64 32)`")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &Sender{signer: signer, http: &http.Client{
		Timeout: timeout, Transport: transport,
		// A redirect would carry the signed body to a host that nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Rejected says that the endpoint will never take this message (4xx other than 408, 425 and 429).
type Rejected struct{ Status int }

func (r Rejected) Error() string {
	return fmt.Sprintf("the webhook endpoint refused with status %d", r.Status)
}

// RateLimited says when the endpoint wants to be called again.
type RateLimited struct{ After time.Duration }

func (r RateLimited) Error() string {
	return fmt.Sprintf("the webhook endpoint asks to wait %s", r.After)
}

// Post delivers body under id, the same for every try of one message. at is the time of this try. It errs with Rejected,
// with RateLimited, or with another error when a later try may succeed.
func (s *Sender) Post(ctx context.Context, url, id string, at time.Time, body []byte) error {
	signature, err := s.signer.Sign(id, at, body)
	if err != nil {
		return fmt.Errorf("sign webhook %s: %w", id, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Rejected{Status: http.StatusBadRequest} // the URL cannot be called; trying again cannot mend it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := s.http.Do(req)
	if err != nil {
		return fmt.Errorf("post webhook %s: no answer", id) // the library's error quotes the URL, which may hold a token
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // lets the connection be used again
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusTooManyRequests:
		return RateLimited{After: retryAfter(res.Header.Get("Retry-After"), at)}
	case res.StatusCode == http.StatusRequestTimeout, res.StatusCode == http.StatusTooEarly, res.StatusCode >= 500:
		return fmt.Errorf("post webhook %s: the endpoint answered %d", id, res.StatusCode)
	default:
		return Rejected{Status: res.StatusCode}
	}
}

// retryAfter reads seconds or an HTTP date (RFC 9110, 10.2.3); a minute when neither is there.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return time.Minute
}
