package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/db/query"
)

// Utterance is one message of a conversation with a person, in either direction.
type Utterance struct {
	ID        uuid.UUID `json:"id"`
	Direction string    `json:"direction" jsonschema:"enum=out,enum=in" jsonschema_description:"out: we to the person; in: the person to us"`
	At        time.Time `json:"at"`
	Channel   string    `json:"channel"`
	// What we said.
	Template string `json:"template,omitempty"`
	Process  string `json:"process,omitempty"`
	State    string `json:"state" jsonschema_description:"of the send ledger; received for what the person wrote"`
	Delivery string `json:"delivery,omitempty" jsonschema:"enum=delivered,enum=soft-bounced,enum=bounced"`
	Opened   bool   `json:"opened,omitempty"`
	Clicked  bool   `json:"clicked,omitempty"`
	Replied  bool   `json:"replied,omitempty"`
	// What the person wrote.
	Subject   string            `json:"subject,omitempty"`
	Text      string            `json:"text,omitempty"`
	Keyword   string            `json:"keyword,omitempty" jsonschema:"enum=stop,enum=start,enum=help"`
	Automatic bool              `json:"automatic,omitempty" jsonschema_description:"an absence note or the like: nobody wrote it"`
	Answers   *uuid.UUID        `json:"answers,omitempty" jsonschema_description:"the message that it answers"`
	Links     map[string]string `json:"links,omitempty"`
}

func (s *Server) conversationOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodGet, Path: "/v1/contacts/{id}/conversation", ID: "getConversation", Tag: "contacts", Access: access.ContactsRead, Query: typeOf[Paging](),
		Summary: "What was said to a contact and what the contact wrote, in one thread, the newest first",
		Answers: []Answer{answer[Page[Utterance]](200, "A page of the conversation.")}, Handle: s.getConversation,
	}}
}

func (s *Server) getConversation(c *Call) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	contact, err := s.findContact(c)
	if err != nil {
		return err
	}
	list := "conversation" + contact.ID.String()
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	if place == nil {
		place = &timePlace{At: endOfTime, ID: uuid.Max}
	}
	rows, err := query.New().ListConversation(c.Ctx(), s.pool, query.ListConversationParams{
		Contact: contact.ID, Before: place.At, BeforeID: place.ID, MaxRows: int32(f.limit() + 1),
	})
	if err != nil {
		return fmt.Errorf("read a conversation: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, utterance, func(r query.ListConversationRow) timePlace { return timePlace{r.At, r.ID} }))
}

func utterance(r query.ListConversationRow) Utterance {
	u := Utterance{
		ID: r.ID, Direction: r.Direction, At: r.At.UTC(), Channel: r.Channel, Template: r.Template, Process: r.Process, State: r.State,
		Delivery: r.Delivery, Opened: r.Opened, Clicked: r.Clicked, Replied: r.Replied,
		Subject: r.Subject, Text: r.Text, Keyword: r.Keyword, Automatic: r.Automatic,
	}
	if r.Answers != uuid.Nil {
		u.Answers = &r.Answers
		u.Links = map[string]string{"answers": link("v1/messages", r.Answers.String())}
	}
	return u
}
