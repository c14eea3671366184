// Package webhook posts signed messages to an HTTP endpoint, by the Standard Webhooks specification
// (standardwebhooks.com): the receiver verifies the signature and drops a repeated webhook-id.
package webhook

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/perdura/perdura/activities/provider"
)

// Sender posts messages signed with one secret. It is safe for concurrent use. Receivers drop a repeated webhook-id, so it
// is a provider.Repeater.
type Sender struct {
	signer *standardwebhooks.Webhook
	http   *http.Client
}

var (
	_ provider.Provider = (*Sender)(nil)
	_ provider.Repeater = (*Sender)(nil)
)

// NewSender takes a secret as Standard Webhooks writes it ("whsec_" + base64) and the time-out of one call.
func NewSender(secret string, timeout time.Duration) (*Sender, error) {
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook.secret: it is not whsec_ followed by base64; make one with `echo whsec_$(openssl rand -base64 32)`")
	}
	return &Sender{signer: signer, http: provider.Client(timeout)}, nil
}

// Name is "webhook".
func (*Sender) Name() string { return "webhook" }

// Channel is Webhook.
func (*Sender) Channel() provider.Channel { return provider.Webhook }

// Repeats marks that a message posted twice is taken once.
func (*Sender) Repeats() {}

// Send posts m.Body to the URL m.To and returns the webhook-id, the same for every try of one message.
func (s *Sender) Send(ctx context.Context, m provider.Message) (string, error) {
	id := "msg_" + m.ID.String()
	return id, s.post(ctx, m.To, id, time.Now(), m.Body)
}

// post signs with the time of this try, which receivers compare with the real time.
func (s *Sender) post(ctx context.Context, url, id string, at time.Time, body []byte) error {
	signature, err := s.signer.Sign(id, at, body)
	if err != nil {
		return fmt.Errorf("sign webhook %s: %w", id, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return provider.Rejected{Code: "bad-address", Address: true} // the URL cannot be called; trying again cannot mend it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, _, err := provider.Call(s.http, req, "the webhook endpoint")
	switch {
	case provider.Doubtful(err):
		return err
	case err != nil:
		return fmt.Errorf("post webhook %s: no answer", id) // the cause names the host, which may be a secret
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusTooManyRequests:
		return provider.RateLimited{After: provider.Wait(res.Header, at, time.Minute)}
	case res.StatusCode == http.StatusRequestTimeout, res.StatusCode == http.StatusTooEarly, res.StatusCode >= 500:
		return fmt.Errorf("post webhook %s: the endpoint answered %d", id, res.StatusCode)
	default:
		return provider.Rejected{Code: "http-" + strconv.Itoa(res.StatusCode), Address: res.StatusCode == http.StatusGone}
	}
}
