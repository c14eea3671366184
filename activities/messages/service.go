package messages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
	"github.com/perdura/perdura/tracking"
)

// Templates finds what is published. *templates.Store is one.
type Templates interface {
	Published(ctx context.Context, db query.DBTX, name string) (templates.Template, error)
}

// Options configure the Service.
type Options struct {
	Pool      *pgxpool.Pool
	Core      *delivery.Core
	Templates Templates
	// Links signs tracked links; nil tracks nothing.
	Links *links.Signer
	// Organizer is the mailbox that invites to appointments: the sender's.
	Organizer string
	// Frame's Sender and Address stand in the footer of mail.
	Frame templates.Frame
}

// Service implements Send, Withdraw and ReadRequest.
type Service struct {
	pool      *pgxpool.Pool
	queries   *query.Queries
	core      *delivery.Core
	templates Templates
	links     *links.Signer
	frame     templates.Frame
	organizer string
}

// New returns the service.
func New(o Options) *Service {
	return &Service{pool: o.Pool, queries: query.New(), core: o.Core, templates: o.Templates, links: o.Links, frame: o.Frame, organizer: o.Organizer}
}

// Activities joins the service to its contracts.
func (s *Service) Activities() []process.Implementation {
	return []process.Implementation{Send.Implement(s.send), Withdraw.Implement(s.withdraw), ReadRequest.Implement(s.readRequest)}
}

func (s *Service) send(ctx context.Context, m Message) (Receipt, error) {
	if process.Key(ctx) == "" {
		return Receipt{}, process.Invalid("no-key", "a message needs the key of its step")
	}
	template, err := s.templates.Published(ctx, s.pool, m.Template)
	if errors.Is(err, templates.ErrUnknown) {
		return Receipt{}, process.Invalid("unknown-template", fmt.Sprintf("no communication template %q is published: publish it, or name another", m.Template))
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("read a template: %w", err)
	}
	order := delivery.Order{
		Key: process.Key(ctx) + "/message", Class: template.Class, Purpose: template.Purpose, Topic: template.Topic, Department: m.Department,
		Template: template.Name, ContactID: m.ContactID, LeadID: m.LeadID, About: about(m), Channel: m.Channel, Channels: template.Channels(),
		Urgency: urgency(m.Urgency), ExpiresAt: m.ExpiresAt, Resume: m.Resume,
		Fence: m.Fence,
		Compose: func(ctx context.Context, p delivery.Parcel) (delivery.Composed, error) {
			return s.compose(ctx, m, template, p)
		},
	}
	if m.TestUserID != uuid.Nil {
		if err := s.readdress(ctx, m, &order); err != nil {
			return Receipt{}, err
		}
	}
	r, err := s.core.Deliver(ctx, order)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{MessageID: r.MessageID, State: r.State, Reason: r.Reason, Channel: r.Channel, Until: r.Until}, nil
}

// readdress turns a message into a test: it goes to a user of the house, with the facts of the person.
func (s *Service) readdress(ctx context.Context, m Message, order *delivery.Order) error {
	facts, err := s.core.Facts(ctx, delivery.Subjects{ContactID: m.ContactID, ReaderID: m.TestUserID})
	if err != nil {
		return err
	}
	order.Test, order.UserID = true, m.TestUserID
	if order.Channel == "" && len(order.Channels) > 0 {
		order.Channel = order.Channels[0]
	}
	if order.Channel == provider.Email { // the house knows no telephone numbers of its users
		order.Address = facts.ReaderAddress
	}
	return nil
}

func (s *Service) compose(ctx context.Context, m Message, template templates.Template, p delivery.Parcel) (delivery.Composed, error) {
	facts, err := s.core.Facts(ctx, delivery.Subjects{
		MessageID: p.MessageID, ContactID: m.ContactID, LeadID: m.LeadID, TaskID: m.TaskID, CouponID: m.CouponID,
		InvitationID: m.InvitationID, OptInID: m.OptInID, ContractID: m.ContractID, SigningCodeID: m.SigningCodeID, AppointmentID: m.AppointmentID,
		AccountID: m.account(), EnrolmentID: m.EnrolmentID, LessonID: m.LessonID,
	})
	if err != nil {
		return delivery.Composed{}, err
	}
	language := p.Language
	if language == "" {
		language = facts.Language
	}
	if facts.CourseLanguage != "" {
		language = facts.CourseLanguage
	}
	frame := s.frame
	bulk := template.Class == gate.Marketing
	frame.Preferences = s.core.Preferences(m.ContactID)
	if bulk {
		frame.Unsubscribe = s.core.Unsubscribe(p.MessageID)
	}
	words, err := templates.Render(template, p.Channel, language, facts.Values, frame)
	if err != nil {
		return delivery.Composed{}, process.Invalid("not-renderable", fmt.Sprintf("version %d of template %q cannot be put into words for %s: correct the template", template.Version, template.Name, p.Channel))
	}
	out := delivery.Composed{Version: template.Version, Segments: words.Segments, Message: provider.Message{
		Language: words.Language, Subject: words.Subject, Text: words.Text, HTML: words.HTML, Category: template.Name, Bulk: bulk,
		Unsubscribe: frame.Unsubscribe,
	}}
	if err := s.invite(ctx, m, p, &out); err != nil {
		return delivery.Composed{}, err
	}
	if p.Track && words.HTML != "" && s.links != nil {
		if out.HTML, err = tracking.Apply(ctx, s.pool, s.links, p.MessageID, words.HTML); err != nil {
			return delivery.Composed{}, err
		}
		out.Tracked = true
	}
	return out, nil
}

func (s *Service) withdraw(ctx context.Context, w Withdrawal) (struct{}, error) {
	return struct{}{}, s.core.Withdraw(ctx, delivery.Withdrawal{Key: process.Key(ctx), MessageID: w.MessageID, Reason: w.Reason})
}

func urgency(u Urgency) delivery.Urgency {
	switch u {
	case Now:
		return delivery.Now
	case Bulk:
		return delivery.Bulk
	default:
		return delivery.Normal
	}
}

func about(m Message) json.RawMessage {
	raw, _ := json.Marshal(struct { // ids only: it cannot fail
		TaskID        uuid.UUID `json:"task_id,omitzero"`
		CouponID      uuid.UUID `json:"coupon_id,omitzero"`
		InvitationID  uuid.UUID `json:"invitation_id,omitzero"`
		OptInID       uuid.UUID `json:"opt_in_id,omitzero"`
		ContractID    uuid.UUID `json:"contract_id,omitzero"`
		AppointmentID uuid.UUID `json:"appointment_id,omitzero"`
		EnrolmentID   uuid.UUID `json:"enrolment_id,omitzero"`
	}{m.TaskID, m.CouponID, m.InvitationID, m.OptInID, m.ContractID, m.AppointmentID, m.EnrolmentID})
	return raw
}
