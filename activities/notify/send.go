package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
)

// Options configure the Service.
type Options struct {
	Pool  *pgxpool.Pool
	Clock clock.Clock
	// Core delivers. A channel that it has no provider for refuses with "channel-not-configured".
	Core *delivery.Core
	// PublicURL is the base of the links in messages, without a trailing slash.
	PublicURL string
	// Organizer is the mailbox that invitations come from, with or without a name; empty for none.
	Organizer string
}

// Service implements Send.
type Service struct {
	pool    *pgxpool.Pool
	queries *query.Queries
	clock   clock.Clock
	core    *delivery.Core
	links   string

	organizer string
}

// New returns the service.
func New(o Options) *Service {
	return &Service{pool: o.Pool, queries: query.New(), clock: o.Clock, core: o.Core, links: o.PublicURL, organizer: o.Organizer}
}

// Activities joins the service to its contracts.
func (s *Service) Activities() []process.Implementation {
	return []process.Implementation{Send.Implement(s.send)}
}

// department speaks in these messages: they are those of the lead processes.
const department = "sales"

// send orders one message. What goes to people of the house is internal and always leaves; what goes to the person
// outside is owed to them and passes the gate.
func (s *Service) send(ctx context.Context, m Message) (Receipt, error) {
	key := process.Key(ctx)
	if key == "" {
		return Receipt{}, process.Invalid("no-key", "a message needs the key of its step")
	}
	facts, err := s.queries.MessageFacts(ctx, s.pool, query.MessageFactsParams{
		UserID: m.UserID, ContactID: m.ContactID, LeadID: m.LeadID, TaskID: m.TaskID, ImportID: m.ImportID, ApprovalID: m.ApprovalID, DealID: m.DealID,
		AppointmentID: m.AppointmentID,
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("look up what a message speaks of: %w", err)
	}
	order := delivery.Order{
		Key: key + "/" + string(m.Channel), Class: gate.Internal, Department: department, Template: string(m.Template),
		ContactID: m.ContactID, UserID: m.UserID, LeadID: m.LeadID, About: about(m), Urgency: delivery.Normal,
		Channel: provider.Channel(m.Channel), Channels: []provider.Channel{provider.Channel(m.Channel)},
		Address: address(m, facts),
		Compose: func(ctx context.Context, p delivery.Parcel) (delivery.Composed, error) {
			return s.compose(ctx, m, facts, p)
		},
	}
	if m.ContactID != uuid.Nil { // the person outside; a UserID beside it is who will answer them
		// No process waits here for a better time: a shifted message is asked about again until it may leave.
		order.Class, order.Resumes = gate.Transactional, true
	}
	receipt, err := s.core.Deliver(ctx, order)
	if err != nil {
		return Receipt{}, err
	}
	return s.receipt(receipt)
}

// receipt tells it in the two words of the contract.
func (s *Service) receipt(r delivery.Receipt) (Receipt, error) {
	switch r.State {
	case delivery.Shifted:
		return Receipt{}, process.RateLimited("the contact policy puts the message off", max(time.Second, s.clock.Span(r.Until.Sub(s.clock.Now()))))
	case delivery.Sent, delivery.Unknown: // handed over, at any rate
		return Receipt{MessageID: r.MessageID, State: Sent, Reason: r.Reason}, nil
	default:
		return Receipt{MessageID: r.MessageID, State: Refused, Reason: r.Reason}, nil
	}
}

// address is where a message to somebody of the house goes; the gate knows that of the person outside.
func address(m Message, f query.MessageFactsRow) string {
	switch m.Channel {
	case Webhook:
		return f.UserWebhook
	case Email:
		return f.UserEmail
	default:
		return ""
	}
}

func about(m Message) json.RawMessage {
	raw, _ := json.Marshal(struct { // ids only: it cannot fail
		TaskID     uuid.UUID `json:"task_id,omitzero"`
		ImportID   uuid.UUID `json:"import_id,omitzero"`
		ApprovalID uuid.UUID `json:"approval_id,omitzero"`
		DealID     uuid.UUID `json:"deal_id,omitzero"`

		AppointmentID uuid.UUID `json:"appointment_id,omitzero"`
	}{m.TaskID, m.ImportID, m.ApprovalID, m.DealID, m.AppointmentID})
	return raw
}

func (s *Service) compose(ctx context.Context, m Message, f query.MessageFactsRow, p delivery.Parcel) (delivery.Composed, error) {
	out := delivery.Composed{Message: provider.Message{Language: language, Category: string(m.Template)}}
	if p.Channel == provider.Webhook {
		body, err := s.event(m, f)
		out.Body = body
		return out, err
	}
	words, err := s.render(m, f)
	if err != nil {
		return out, err
	}
	out.Subject, out.Text, out.HTML = words.Subject, words.Text, words.HTML
	return out, s.invite(ctx, m, f, &out)
}

// language is that of the words in this package.
const language = "en"
