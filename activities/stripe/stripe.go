package stripe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	stripego "github.com/stripe/stripe-go/v85"

	"github.com/perdura/perdura/activities/provider"
	books "github.com/perdura/perdura/billing/stripe"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Options configure the activities.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	// Poke may be nil.
	Poke   inbox.Poker
	APIKey string
	// URL is the base of the API, without a trailing slash.
	URL string
	// Timeout bounds one call; 20 s when 0.
	Timeout time.Duration
}

// Stripe implements the contracts of this package.
type Stripe struct {
	o      Options
	client *stripego.Client
}

const defaultTimeout = 20 * time.Second

// New returns the implementation; it does not connect.
func New(o Options) *Stripe {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL: &o.URL, HTTPClient: provider.Client(o.Timeout),
		// Temporal tries again, and the worker's log is written by the house itself.
		MaxNetworkRetries: stripego.Int64(0), LeveledLogger: &stripego.LeveledLogger{Level: stripego.LevelNull}, EnableTelemetry: stripego.Bool(false),
	})
	return &Stripe{o, stripego.NewClient(o.APIKey, stripego.WithBackends(&stripego.Backends{API: backend}))}
}

// Activities lists what a worker registers.
func (s *Stripe) Activities() []process.Implementation {
	return []process.Implementation{Pull.Implement(s.Pull), Backfill.Implement(s.Backfill), MarkUncollectible.Implement(s.MarkUncollectible)}
}

// Pull implements the contract of the same name.
func (s *Stripe) Pull(ctx context.Context, i Invoice) (Pulled, error) {
	params := &stripego.InvoiceRetrieveParams{}
	params.AddExpand("payments")
	asked := s.o.Clock.Now()
	invoice, err := s.client.V1Invoices.Retrieve(ctx, i.InvoiceID, params)
	if err != nil {
		return Pulled{}, failure(i.InvoiceID, err)
	}
	raw := json.RawMessage(invoice.LastResponse.RawJSON)
	sum := sha256.Sum256(raw)
	// The same answer is the same event; it is so since before it was asked for, in real time.
	e := books.Event{ID: "pull_" + i.InvoiceID + "_" + hex.EncodeToString(sum[:8]), Type: "invoice.updated", Created: time.Now().Unix()}
	e.Data.Object = raw
	at := func(t time.Time) time.Time {
		if t.Unix() == e.Created {
			return asked
		}
		return s.o.Clock.At(t)
	}
	taken, err := s.take(ctx, at, e)
	if err != nil {
		return Pulled{}, err
	}
	if taken.Booked > 0 {
		s.poke()
	}
	return Pulled{Changed: taken.Booked > 0, Reason: taken.Reason}, nil
}

// take books an event as the webhook does.
func (s *Stripe) take(ctx context.Context, at func(time.Time) time.Time, e books.Event) (taken books.Taken, err error) {
	err = db.InTx(ctx, s.o.Pool, func(tx pgx.Tx) error {
		taken, err = books.Take(ctx, tx, s.o.Clock.Now(), at, e)
		return err
	})
	if err != nil {
		return taken, fmt.Errorf("book an event of Stripe: %w", err)
	}
	return taken, nil
}

func (s *Stripe) poke() {
	if s.o.Poke != nil {
		s.o.Poke.Poke()
	}
}

// MarkUncollectible implements the contract of the same name.
func (s *Stripe) MarkUncollectible(ctx context.Context, i Invoice) (struct{}, error) {
	params := &stripego.InvoiceMarkUncollectibleParams{}
	if key := process.Key(ctx); key != "" {
		params.SetIdempotencyKey(key)
	}
	_, err := s.client.V1Invoices.MarkUncollectible(ctx, i.InvoiceID, params)
	if err != nil {
		return struct{}{}, failure(i.InvoiceID, err)
	}
	return struct{}{}, nil
}

// failure is an error of Stripe as Temporal is to see it. Stripe's own text may quote what was sent.
func failure(id string, err error) error {
	var e *stripego.Error
	if !errors.As(err, &e) {
		return process.Unavailable("Stripe did not answer")
	}
	switch {
	case e.HTTPStatusCode == http.StatusNotFound:
		return process.NotFound("invoice of Stripe", id)
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return process.RateLimited("Stripe asks to wait", time.Second)
	case e.HTTPStatusCode >= 500 || e.HTTPStatusCode == http.StatusConflict || e.HTTPStatusCode == 0:
		return process.Unavailable(fmt.Sprintf("Stripe answered %d", e.HTTPStatusCode))
	case e.HTTPStatusCode == http.StatusUnauthorized || e.HTTPStatusCode == http.StatusForbidden:
		return process.Refused("stripe-key", fmt.Sprintf("Stripe answered %d: the key in stripe.api_key may not do this", e.HTTPStatusCode))
	}
	return process.Invalid("stripe-request", fmt.Sprintf("Stripe answered %d", e.HTTPStatusCode))
}
