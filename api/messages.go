package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Message is one row of the send ledger. What it said stands nowhere.
type Message struct {
	ID              uuid.UUID  `json:"id"`
	Process         string     `json:"process"`
	Run             string     `json:"run" jsonschema_description:"the workflow ID of the run that sent it"`
	Step            string     `json:"step"`
	Contact         *uuid.UUID `json:"contact,omitempty"`
	User            *uuid.UUID `json:"user,omitempty"`
	Lead            *uuid.UUID `json:"lead,omitempty"`
	Channel         string     `json:"channel" jsonschema:"enum=email,enum=sms,enum=webhook"`
	Template        string     `json:"template"`
	TemplateVersion int32      `json:"template_version,omitempty" jsonschema_description:"the version that was put into words; absent until then"`
	Recipient       string     `json:"recipient"`

	State  string     `json:"state" jsonschema:"enum=reserved,enum=shifted,enum=sent,enum=unknown,enum=failed,enum=refused,enum=withdrawn"`
	Reason string     `json:"reason,omitempty" jsonschema_description:"why it was refused, shifted, withdrawn, failed, or is unknown"`
	DueAt  *time.Time `json:"due_at,omitempty" jsonschema_description:"shifted: when the policy is asked again"`

	Class         string `json:"class" jsonschema:"enum=internal,enum=transactional,enum=marketing"`
	Purpose       string `json:"purpose,omitempty" jsonschema_description:"the consent that it went by"`
	Topic         string `json:"topic,omitempty"`
	Department    string `json:"department,omitempty" jsonschema_description:"who speaks"`
	Priority      int32  `json:"priority" jsonschema_description:"of the department, as it was applied"`
	PolicyVersion int32  `json:"policy_version" jsonschema_description:"version of the contact policy that decided it; 0 for the built-in one, and where none was asked"`
	Language      string `json:"language,omitempty"`
	Test          bool   `json:"test" jsonschema_description:"a test send: it reached a user of the house and counts nowhere"`

	Provider   string     `json:"provider"`
	ProviderID string     `json:"provider_id,omitempty"`
	Attempts   int32      `json:"attempts" jsonschema_description:"how often it was handed to the provider"`
	Resends    int32      `json:"resends" jsonschema_description:"how often of these although it may have left before"`
	Segments   int32      `json:"segments,omitempty" jsonschema_description:"text message: parts on the air"`
	CreatedAt  time.Time  `json:"created_at"`
	SentAt     *time.Time `json:"sent_at,omitempty"`

	Delivery       string            `json:"delivery,omitempty" jsonschema:"enum=delivered,enum=soft-bounced,enum=bounced" jsonschema_description:"what the provider reported last"`
	DeliveredAt    *time.Time        `json:"delivered_at,omitempty"`
	BouncedAt      *time.Time        `json:"bounced_at,omitempty"`
	Tracked        bool              `json:"tracked" jsonschema_description:"opens and clicks are recorded"`
	OpenedAt       *time.Time        `json:"opened_at,omitempty" jsonschema_description:"the first time"`
	ClickedAt      *time.Time        `json:"clicked_at,omitempty" jsonschema_description:"the first time"`
	RepliedAt      *time.Time        `json:"replied_at,omitempty"`
	ComplainedAt   *time.Time        `json:"complained_at,omitempty"`
	UnsubscribedAt *time.Time        `json:"unsubscribed_at,omitempty"`
	Links          map[string]string `json:"links"`
}

type messageFilter struct {
	Paging
	Contact uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	Lead    uuid.UUID `json:"lead,omitzero" jsonschema_description:"a lead's id"`
	Request uuid.UUID `json:"request,omitzero" jsonschema_description:"the id that POST /v1/messages answered"`
	Process string    `json:"process,omitempty" jsonschema:"maxLength=100" jsonschema_description:"a process's name"`
	State   string    `json:"state,omitempty" jsonschema:"enum=reserved,enum=shifted,enum=sent,enum=unknown,enum=failed,enum=refused,enum=withdrawn"`
	Reason  string    `json:"reason,omitempty" jsonschema:"maxLength=100" jsonschema_description:"such as no-consent"`
}

func (s *Server) messageOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/messages", ID: "listMessages", Tag: "messages", Access: access.MessagesRead, Query: typeOf[messageFilter](),
			Summary: "List the send ledger, the newest first", Answers: []Answer{answer[Page[Message]](200, "A page of messages.")}, Handle: s.listMessages,
		},
		{
			Method: http.MethodGet, Path: "/v1/messages/{id}", ID: "getMessage", Tag: "messages", Access: access.MessagesRead,
			Summary: "One message of the send ledger", Answers: []Answer{answer[Message](200, "The message.")}, Handle: s.getMessage,
		},
	}
}

func (s *Server) listMessages(c *Call) error {
	var f messageFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("messages", f.Contact, f.Lead, f.Request, f.Process, f.State, f.Reason)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListMessagePageParams{
		Contact: db.NullID(f.Contact), Lead: db.NullID(f.Lead), Request: db.NullID(f.Request), Process: db.NullText(f.Process), State: db.NullText(f.State),
		Reason: db.NullText(f.Reason), MaxRows: int32(f.limit() + 1),
	}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListMessagePage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list messages: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, messageView, func(m query.Message) timePlace { return timePlace{m.CreatedAt, m.ID} }))
}

func (s *Server) getMessage(c *Call) error {
	row, err := query.New().GetMessage(c.Ctx(), s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("message", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read a message: %w", err)
	}
	return c.OK(messageView(row))
}

func messageView(m query.Message) Message {
	v := Message{
		ID: m.ID, Process: m.Process, Run: m.Run, Step: m.Step, Contact: id(m.ContactID), User: id(m.UserID), Lead: id(m.LeadID),
		Channel: m.Channel, Template: m.Template, TemplateVersion: m.TemplateVersion, Recipient: m.Recipient,
		State: m.State, Reason: db.Text(m.Reason), DueAt: utc(m.DueAt),
		Class: m.Class, Purpose: m.Purpose, Topic: m.Topic, Department: m.Department, Priority: m.Priority, PolicyVersion: m.PolicyVersion,
		Language: m.Language, Test: m.Test,
		Provider: m.Provider, ProviderID: db.Text(m.ProviderID), Attempts: m.Attempts, Resends: m.Resends, Segments: m.Segments,
		CreatedAt: m.CreatedAt.UTC(), SentAt: utc(m.SentAt),
		Delivery: m.Delivery, DeliveredAt: utc(m.DeliveredAt), BouncedAt: utc(m.BouncedAt), Tracked: m.Tracked, OpenedAt: utc(m.OpenedAt),
		ClickedAt: utc(m.ClickedAt), RepliedAt: utc(m.RepliedAt), ComplainedAt: utc(m.ComplainedAt), UnsubscribedAt: utc(m.UnsubscribedAt),
		Links: map[string]string{"self": link("v1/messages", m.ID.String())},
	}
	if subject, ok := strings.CutPrefix(m.Run, m.Process+":"); ok {
		v.Links["run"] = link("v1/processes", m.Process, "runs", subject)
	}
	if v.Contact != nil {
		v.Links["contact"] = link("v1/contacts", v.Contact.String())
	}
	return v
}
