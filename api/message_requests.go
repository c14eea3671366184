package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/workflows/message"
)

// MessageRequest asks for one message to one person.
type MessageRequest struct {
	ContactID  uuid.UUID        `json:"contact_id"`
	Template   string           `json:"template" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"a published template that speaks of nothing but the person, the lead, the representative and us"`
	Channel    provider.Channel `json:"channel,omitempty" jsonschema:"enum=email,enum=sms" jsonschema_description:"absent: the one that the person prefers among those the template has words for"`
	Department string           `json:"department,omitempty" jsonschema:"maxLength=100" jsonschema_description:"who speaks: one that the contact policy ranks or that owns a process; absent for the owner of process message"`
	Urgency    messages.Urgency `json:"urgency,omitempty" jsonschema:"enum=now,enum=bulk" jsonschema_description:"now: the person waits for it; bulk: one of many. It orders what waits for a provider, and loosens no policy"`
	LeadID     uuid.UUID        `json:"lead_id,omitzero" jsonschema_description:"a lead of this person that the message speaks of"`
	ExpiresAt  *time.Time       `json:"expires_at,omitempty" jsonschema_description:"business time after which it is not worth sending; absent for the policy's longest shift"`
	TestUserID uuid.UUID        `json:"test_user_id,omitzero" jsonschema_description:"makes it a test: it goes to this user of the house instead of the person, past the policy, and counts nowhere"`
}

// MessageAccepted names a message that was asked for. Its id is that of the request and of the run.
type MessageAccepted struct {
	ID    uuid.UUID         `json:"id"`
	Links map[string]string `json:"links" jsonschema_description:"run: how it ends; messages: its row in the send ledger, once the policy was asked"`
}

func (s *Server) messageRequestOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodPost, Path: "/v1/messages", ID: "requestMessage", Tag: "messages", Access: access.MessagesWrite,
		Summary: "Ask for a message to a person",
		Description: "Starts the process message, which sends it when the contact policy lets it pass, once. A refusal of the policy comes " +
			"later and is no error: the run ends with the reason, and the send ledger has it.",
		Body: jsonBody(MessageRequest{
			ContactID: uuid.Max, Template: "nurture-intro-1", Channel: provider.Email, Department: "marketing", Urgency: messages.Bulk,
		}),
		Answers: []Answer{answer[MessageAccepted](http.StatusAccepted, "It is kept; the message will be sent or refused.")}, Handle: s.requestMessage,
	}}
}

func (s *Server) requestMessage(c *Call) error {
	var in MessageRequest
	if err := c.Decode(&in); err != nil {
		return err
	}
	var row query.MessageRequest
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		if row, err = query.New().GetMessageRequest(c.Ctx(), tx, c.EffectID()); err == nil {
			return nil // a repeat whose answer was lost
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the message of a repeat: %w", err)
		}
		if row, err = s.fitRequest(c, tx, in); err != nil {
			return err
		}
		return keepRequest(c, tx, row)
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.JSON(http.StatusAccepted, acceptedView(row))
}

// keepRequest writes the request, and with it the event that starts the process and the audit record.
func keepRequest(c *Call, tx pgx.Tx, row query.MessageRequest) error {
	ctx, name := c.Ctx(), row.ID.String()
	added, err := query.New().AddMessageRequest(ctx, tx, query.AddMessageRequestParams(row))
	if err != nil {
		return fmt.Errorf("keep what was asked for: %w", err)
	}
	if added == 0 {
		return nil // the same call was carried out at the same time
	}
	reason := "an outside system asked for " + row.Template
	if row.TestUserID.Valid {
		reason += ", as a test"
	}
	if err := audit.Append(ctx, tx, row.CreatedAt, c.Did("message.request", "message_request", name, reason)); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, row.CreatedAt, "message-request/"+name, name, events.MessageRequested, events.Requested{RequestID: row.ID})
}

func acceptedView(r query.MessageRequest) MessageAccepted {
	return MessageAccepted{ID: r.ID, Links: map[string]string{
		"run":      link("v1/processes", message.Process.Name(), "runs", r.ID.String()),
		"messages": "/v1/messages?request=" + r.ID.String(),
		"contact":  link("v1/contacts", r.ContactID.String()),
	}}
}
