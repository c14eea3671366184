package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/db/query"
)

// Message is one row of the send ledger.
type Message struct {
	ID         uuid.UUID  `json:"id"`
	Process    string     `json:"process"`
	Run        string     `json:"run" jsonschema_description:"the workflow ID of the run that sent it"`
	Step       string     `json:"step"`
	Contact    *uuid.UUID `json:"contact,omitempty"`
	User       *uuid.UUID `json:"user,omitempty"`
	Lead       *uuid.UUID `json:"lead,omitempty"`
	Channel    string     `json:"channel" jsonschema:"enum=email,enum=sms,enum=webhook"`
	Template   string     `json:"template"`
	Recipient  string     `json:"recipient"`
	State      string     `json:"state" jsonschema:"enum=reserved,enum=sent,enum=unknown,enum=failed,enum=refused"`
	Reason     string     `json:"reason,omitempty" jsonschema_description:"why it was refused or failed"`
	Provider   string     `json:"provider"`
	ProviderID string     `json:"provider_id,omitempty"`
	Attempts   int32      `json:"attempts"`
	CreatedAt  time.Time  `json:"created_at"`
	SentAt     *time.Time `json:"sent_at,omitempty"`
}

type messageFilter struct {
	Paging
	Contact uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	Lead    uuid.UUID `json:"lead,omitzero" jsonschema_description:"a lead's id"`
	Process string    `json:"process,omitempty" jsonschema:"maxLength=100" jsonschema_description:"a process's name"`
	State   string    `json:"state,omitempty" jsonschema:"enum=reserved,enum=sent,enum=unknown,enum=failed,enum=refused"`
}

func (s *Server) messageOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/messages", ID: "listMessages", Tag: "messages", Access: access.MessagesRead, Query: typeOf[messageFilter](),
		Summary: "List the send ledger, the newest first", Answers: []Answer{answer[Page[Message]](200, "A page of messages.")}, Handle: s.listMessages,
	}}
}

func (s *Server) listMessages(c *Call) error {
	var f messageFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("messages", f.Contact, f.Lead, f.Process, f.State)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListMessagePageParams{
		Contact: given(f.Contact), Lead: given(f.Lead), Process: filled(f.Process), State: filled(f.State), MaxRows: int32(f.limit() + 1),
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

func messageView(m query.Message) Message {
	return Message{
		ID: m.ID, Process: m.Process, Run: m.Run, Step: m.Step, Contact: id(m.ContactID), User: id(m.UserID), Lead: id(m.LeadID),
		Channel: m.Channel, Template: m.Template, Recipient: m.Recipient, State: m.State, Reason: text(m.Reason), Provider: m.Provider,
		ProviderID: text(m.ProviderID), Attempts: m.Attempts, CreatedAt: m.CreatedAt.UTC(), SentAt: utc(m.SentAt),
	}
}
