package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// stripeCall makes the signed call of an event: HMAC-SHA256 of time stamp and
// raw body, as https://docs.stripe.com/webhooks?verify=verify-manually says.
func (s *Sandbox) stripeCall(e stripeEvent) (*webhookCall, error) {
	body, err := json.MarshalIndent(e.object(), "", "  ") // Stripe's bodies are indented, too
	if err != nil {
		return nil, fmt.Errorf("encode an event of Stripe: %w", err)
	}
	stamp := strconv.FormatInt(s.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.options.StripeWebhookSecret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return &webhookCall{
		provider: "stripe", url: s.webhookURL("stripe"), contentType: "application/json; charset=utf-8", body: body,
		header: map[string]string{
			"Stripe-Signature": "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil)),
			"User-Agent":       "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
		},
	}, nil
}

// postStripe posts events once, in order. What is not taken stays with Stripe,
// for whoever asks.
func (s *Sandbox) postStripe(ctx context.Context, events []stripeEvent) ([]*outcome, error) {
	results := []*outcome{}
	for _, e := range events {
		call, err := s.stripeCall(e)
		if err != nil {
			return nil, err
		}
		result := s.call(ctx, call)
		result.Action = e.Type
		results = append(results, result)
	}
	return results, nil
}

// postStripeLater posts events in the background: what was asked for over
// Stripe's API is answered before it is told.
func (s *Sandbox) postStripeLater(events []stripeEvent) {
	if len(events) == 0 || *s.webhookBase.Load() == "" {
		return
	}
	s.work.Go(func() {
		results, err := s.postStripe(s.running, events)
		if err != nil {
			s.log.Error("events of Stripe could not be posted", "error", err)
		}
		for _, r := range results {
			if !r.taken() {
				s.log.Warn("the webhook did not take an event of Stripe", "type", r.Action, "status", r.Status)
			}
		}
	})
}
