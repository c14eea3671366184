package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/worker"
)

const (
	headerTimeout = 10 * time.Second
	// bodyTimeout lets a large import through a slow line; the API bounds everything else much closer.
	bodyTimeout = 6 * time.Minute
	idleTimeout = 2 * time.Minute
	maxHeader   = 64 << 10
	// drainTimeout bounds how long a stopping API waits for the requests it has begun.
	drainTimeout = 20 * time.Second
)

// startAPI begins to answer and returns the base URL and how to stop: no new requests, those begun are seen through.
func (h *house) startAPI(background context.Context, e *engine) (string, func(context.Context) error, error) {
	server, err := api.New(h.apiOptions(e))
	if err != nil {
		return "", nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(background, "tcp", h.cfg.API.Listen)
	if err != nil {
		return "", nil, fmt.Errorf("listen at %s: %w; free the port, or set PERDURA_API_LISTEN or --api.listen to another", h.cfg.API.Listen, err)
	}
	web := &http.Server{
		Handler:           server.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return background },
	}
	go func() {
		if err := web.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fail(e.failed, "answer requests: %w", err)
		}
	}()
	return "http://" + listener.Addr().String(), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, drainTimeout)
		defer cancel()
		if err := web.Shutdown(ctx); err != nil {
			return errors.Join(fmt.Errorf("see requests through: %w", err), web.Close())
		}
		return nil
	}, nil
}

func (h *house) apiOptions(e *engine) api.Options {
	o := api.Options{
		Pool: h.pool, Clock: h.clock, Log: h.log, Definitions: h.table.Processes, Kinds: h.table.Kinds,
		Access: access.NewKeys(h.pool, h.clock), Poke: e.poker(), Runs: newRuns(h.temporal), Maps: h.maps,
		Links: h.links, Evidence: h.evidence,
		Webhooks: webhooks.Options{
			PublicURL: worker.PublicURL(h.cfg.API), SendGridKey: h.cfg.SendGrid.WebhookKey, TwilioAuthToken: h.cfg.Twilio.AuthToken,
			SESTopicARN: h.cfg.SES.TopicARN, InboundSecret: h.cfg.Webhook.InboundSecret, StripeSecret: h.cfg.Stripe.WebhookSecret,
		},
		Ready: h.readiness(e), Limits: limits(h.cfg.API.RateLimit), Version: version(),
	}
	if h.codec != nil {
		o.Codec = codec.Handler(h.codec)
	}
	return o
}

// limits spell the rate limit out; without one the bucket never runs dry.
func limits(perSecond int) api.Limits {
	if perSecond == 0 {
		return api.Limits{Rate: math.MaxFloat64, Burst: math.MaxInt}
	}
	return api.Limits{Rate: float64(perSecond), Burst: 2 * perSecond}
}

// readiness lists what /readyz looks at. Only PostgreSQL is needed to accept.
func (h *house) readiness(e *engine) []api.Check {
	checks := []api.Check{
		{Name: "postgresql", Needed: true, Ping: h.pool.Ping},
		{Name: "temporal", Ping: func(ctx context.Context) error {
			_, err := h.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
			return err
		}},
	}
	if e.dispatcher != nil {
		checks = append(checks, api.Check{Name: "deliveries", Ping: deliveries(e.dispatcher)})
	}
	return checks
}
