package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/message"
	"github.com/perdura/perdura/workflows/optin"
)

// say asks for a message to the customer and returns the id of the request.
func (h *house) say(ctx context.Context, c customer) (string, error) {
	var asked struct {
		ID uuid.UUID `json:"id"`
	}
	err := h.post(ctx, "/v1/messages", fmt.Sprintf(`{"contact_id":%q,"template":"nurture-intro-1"}`, c.id), &asked)
	return asked.ID.String(), err
}

// sayTwice asks for two messages, of which the policy holds the second back for two hours, and returns the second request.
func (h *house) sayTwice(ctx context.Context) (string, error) {
	c, err := h.known(ctx, true)
	if err != nil {
		return "", err
	}
	first, err := h.say(ctx, c)
	if err != nil {
		return "", err
	}
	if err := h.ended(ctx, messageOf(first), message.Sent); err != nil {
		return "", err
	}
	return h.say(ctx, c)
}

// confirm asks for a double opt-in with a policy and returns the customer and the workflow ID.
func (h *house) confirm(ctx context.Context, policy string) (customer, string, error) {
	c, err := h.known(ctx, false)
	if err != nil {
		return c, "", err
	}
	if err := h.define(ctx, "opt-in-policy/default", policy); err != nil {
		return c, "", err
	}
	var asked struct {
		ID uuid.UUID `json:"id"`
	}
	err = h.post(ctx, "/v1/contacts/"+c.id.String()+"/opt-ins", `{"purpose":"email_marketing"}`, &asked)
	return c, optin.Process.Describe().WorkflowID(asked.ID.String(), ""), err
}

func messageOf(id string) string { return message.Process.Describe().WorkflowID(id, "") }

var said = []scenario{
	{process: "message", name: "sent", ending: message.Sent, play: func(ctx context.Context, h *house) (string, error) {
		c, err := h.known(ctx, true)
		if err != nil {
			return "", err
		}
		id, err := h.say(ctx, c)
		return messageOf(id), err
	}},
	{process: "message", name: "refused", ending: message.Refused, play: func(ctx context.Context, h *house) (string, error) {
		c, err := h.known(ctx, false)
		if err != nil {
			return "", err
		}
		id, err := h.say(ctx, c)
		return messageOf(id), err
	}},
	{process: "message", name: "held-back-and-withdrawn", ending: string(process.Cancelled), play: func(ctx context.Context, h *house) (string, error) {
		id, err := h.sayTwice(ctx)
		if err != nil {
			return "", err
		}
		if err := h.heldBack(ctx, id); err != nil {
			return "", err
		}
		return messageOf(id), h.post(ctx, "/v1/processes/message/runs/"+id+"/cancel", "", nil)
	}},
	{process: "message", name: "held-back-and-sent", ending: message.Sent, days: true, play: func(ctx context.Context, h *house) (string, error) {
		id, err := h.sayTwice(ctx)
		return messageOf(id), err
	}},
	{process: "optin", name: "confirmed", ending: optin.Confirmed, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.confirm(ctx, `{"valid_days":7,"remind_after_days":3}`)
		if err != nil {
			return "", err
		}
		return id, h.fillsIn(ctx, c, optInLink, "do=confirm")
	}},
	{process: "optin", name: "reminded-and-expired", ending: optin.Expired, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.confirm(ctx, `{"valid_days":2,"remind_after_days":1}`)
		return id, err
	}},
}

// heldBack waits until the ledger says that the message of a request is shifted.
func (h *house) heldBack(ctx context.Context, request string) error {
	return h.until(ctx, func() (bool, error) {
		var found struct{ Items []struct{ State string } }
		err := h.call(ctx, http.MethodGet, "/v1/messages?request="+request, "application/json", "", &found)
		return len(found.Items) > 0 && found.Items[0].State == "shifted", err
	})
}
