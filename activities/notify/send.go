package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/email"
	"github.com/perdura/perdura/activities/webhook"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// Mailer sends one mail and returns the provider's id of it. *email.Sender is one.
type Mailer interface {
	Send(ctx context.Context, m email.Mail) (id string, err error)
}

// Caller posts one signed webhook. *webhook.Sender is one.
type Caller interface {
	Post(ctx context.Context, url, id string, at time.Time, body []byte) error
}

// Options configure the Service. Mailer and Caller may be nil: their channel then refuses with "channel-not-configured".
type Options struct {
	Pool   *pgxpool.Pool
	Clock  clock.Clock
	Mailer Mailer
	Caller Caller
	// PublicURL is the base of the links in messages, without a trailing slash.
	PublicURL string
}

// Service implements Send.
type Service struct {
	pool    *pgxpool.Pool
	queries *query.Queries
	clock   clock.Clock
	mailer  Mailer
	caller  Caller
	links   string
}

// New returns the service.
func New(o Options) *Service {
	return &Service{pool: o.Pool, queries: query.New(), clock: o.Clock, mailer: o.Mailer, caller: o.Caller, links: o.PublicURL}
}

// Activities joins the service to its contracts.
func (s *Service) Activities() []process.Implementation {
	return []process.Implementation{Send.Implement(s.send)}
}

// send is the one way out: look up, reserve, hand over, settle. A try after a crash or a silent provider sends again
// under the same message id, by which mail systems and webhook receivers recognise a repeat.
func (s *Service) send(ctx context.Context, m Message) (Receipt, error) {
	if process.Key(ctx) == "" {
		return Receipt{}, process.Invalid("no-key", "a message needs the key of its step")
	}
	facts, err := s.queries.MessageFacts(ctx, s.pool, query.MessageFactsParams{
		UserID: m.UserID, ContactID: m.ContactID, LeadID: m.LeadID, TaskID: m.TaskID, ImportID: m.ImportID,
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("look up what a message speaks of: %w", err)
	}
	to, reason := s.address(m, facts)
	e, err := s.reserve(ctx, m, to)
	if err != nil {
		return Receipt{}, err
	}
	if receipt, done := e.settled(); done {
		return receipt, nil
	}
	if reason != "" {
		return Receipt{MessageID: e.id, State: Refused, Reason: reason}, s.settle(ctx, e, stateRefused, reason, "")
	}
	providerID, err := s.handOver(ctx, m, facts, e, to)
	switch verdict, code := judge(err); verdict {
	case stateSent:
		return Receipt{MessageID: e.id, State: Sent}, s.settle(ctx, e, stateSent, "", providerID)
	case stateFailed:
		return Receipt{MessageID: e.id, State: Refused, Reason: code}, s.settle(ctx, e, stateFailed, code, "")
	case stateUnknown:
		return Receipt{}, errors.Join(err, s.settle(ctx, e, stateUnknown, code, ""))
	default:
		return Receipt{}, later(err)
	}
}

// address returns where the message goes, or the reason why it cannot.
func (s *Service) address(m Message, f query.MessageFactsRow) (to, refusal string) {
	switch {
	case m.Channel == Email && s.mailer == nil, m.Channel == Webhook && s.caller == nil, m.Channel == SMS:
		return "", "channel-not-configured"
	case m.Channel == Webhook:
		to = f.UserWebhook
	case m.ContactID != uuid.Nil: // the person outside; a UserID beside it is who will answer them
		to = f.ContactEmail
	default:
		to = f.UserEmail
	}
	if to == "" {
		return "", "no-address"
	}
	return to, ""
}

func (s *Service) handOver(ctx context.Context, m Message, f query.MessageFactsRow, e entry, to string) (string, error) {
	if m.Channel == Webhook {
		body, err := s.event(m, f)
		if err != nil {
			return "", err
		}
		id := "msg_" + e.id.String()
		return id, s.caller.Post(ctx, to, id, time.Now(), body) // receivers compare the stamp with real time
	}
	words, err := s.render(m, f)
	if err != nil {
		return "", err
	}
	return s.mailer.Send(ctx, email.Mail{
		ID: e.id.String(), To: to, Subject: words.Subject, Text: words.Text, HTML: words.HTML,
	})
}

// judge maps a provider's answer to a ledger state and a reason; "" means that a later try may succeed.
func judge(err error) (state, reason string) {
	var mailRejected email.Rejected
	var hookRejected webhook.Rejected
	switch {
	case err == nil:
		return stateSent, ""
	case errors.As(err, &mailRejected):
		return stateFailed, "smtp-" + strconv.Itoa(mailRejected.Code)
	case errors.As(err, &hookRejected):
		return stateFailed, "http-" + strconv.Itoa(hookRejected.Status)
	case errors.As(err, &email.Unknown{}):
		return stateUnknown, "no-answer"
	default:
		return "", ""
	}
}

// later says in Temporal's words when to try again.
func later(err error) error {
	var limited webhook.RateLimited
	if errors.As(err, &limited) {
		return process.RateLimited(limited.Error(), limited.After)
	}
	return err
}
