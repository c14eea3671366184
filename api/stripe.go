package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/db"
)

func (s *Server) stripeOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodPost, Path: "/v1/webhooks/stripe", ID: "takeStripeEvent", Tag: "webhooks", Raw: true,
		Summary: "An event of Stripe",
		Description: "Signed with stripe.webhook_secret (Stripe-Signature, v1), not older than five minutes. What it says stands in the books when the call returns. " +
			"What cannot be booked yet, such as an invoice of a customer whom nobody here knows, is kept and answered 200 all the same.",
		Problems: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge},
		Answers:  []Answer{answer[WebhookTaken](200, "What was new is booked, or kept.")},
		Handle:   s.takeStripe,
	}}
}

func (s *Server) takeStripe(c *Call) error {
	r := c.Request()
	if r.ContentLength > webhookBytes {
		return problem.TooLarge(webhookBytes)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, webhookBytes))
	if err != nil {
		return bodyError(err)
	}
	e, err := s.readers.Stripe(webhooks.Call{Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Body: raw}, time.Now())
	if err != nil {
		return webhookProblem(err)
	}
	var taken stripe.Taken
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		taken, err = stripe.Take(c.Ctx(), tx, s.clock.Now(), s.clock.At, e)
		return err
	})
	if errors.Is(err, stripe.ErrGarbage) {
		return webhookProblem(webhooks.ErrGarbage)
	}
	if err != nil {
		return err
	}
	if taken.Reason != "" {
		s.log.WarnContext(c.Ctx(), "an event of Stripe could not be booked and is kept", "event", e.ID, "type", e.Type, "reason", taken.Reason)
	}
	s.wake()
	return c.OK(WebhookTaken{Taken: min(taken.Booked, 1)})
}
