package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/workflows/arrival"
	"github.com/perdura/perdura/workflows/resend"
)

// everywhere asks by e-mail, which everybody has.
const everywhere = `{"ask_at":"18:00","remind_after":"20h","give_up_after":"2d"}`

// awaited is a customer whose delivery was due some days ago, and the id of the order.
func (h *house) awaited(ctx context.Context) (customer, string, error) {
	c, err := h.known(ctx, true)
	if err != nil {
		return c, "", err
	}
	if err := h.define(ctx, "arrival-policy/default", everywhere); err != nil {
		return c, "", err
	}
	order := uuid.NewString()
	due := fmt.Sprintf(`,"order_id":%q,"arrives_on":%q`, order, time.Now().AddDate(0, 0, -2).Format(time.DateOnly))
	return c, order, h.happens(ctx, events.DeliveryDue.Name(), c, due)
}

// writesBack waits for the n-th message to the customer and answers it.
func (h *house) writesBack(ctx context.Context, c customer, n int, text string) error {
	id := ""
	err := h.until(ctx, func() (bool, error) {
		answer, err := h.Call(ctx, http.MethodGet, h.Outbox+"/outbox/messages?to="+url.QueryEscape(c.email), nil)
		if err != nil {
			return false, err
		}
		var messages []struct{ ID string } // the oldest first
		if err := answer.Decode(&messages); err != nil || len(messages) < n {
			return false, err
		}
		id = messages[n-1].ID
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait for message %d to a customer: %w", n, err)
	}
	answer, err := h.Call(ctx, http.MethodPost, h.Outbox+"/outbox/messages/"+id+"/reply", map[string]string{"text": text})
	if err == nil && answer.Status >= http.StatusMultipleChoices {
		err = fmt.Errorf("the sandbox answered %d: %s", answer.Status, answer.Body)
	}
	return err
}

func arrivalOf(order string) string { return arrival.Process.Describe().WorkflowID(order, "") }
func resendOf(order string) string  { return resend.Process.Describe().WorkflowID(order, "") }

// missing lets a delivery not arrive, and returns customer and order.
func (h *house) missing(ctx context.Context) (customer, string, error) {
	c, order, err := h.awaited(ctx)
	if err != nil {
		return c, order, err
	}
	return c, order, h.writesBack(ctx, c, 1, "No, nothing came")
}

var delivered = []scenario{
	{process: "arrival", name: "arrived", ending: arrival.Arrived, play: func(ctx context.Context, h *house) (string, error) {
		c, order, err := h.awaited(ctx)
		if err != nil {
			return "", err
		}
		return arrivalOf(order), h.writesBack(ctx, c, 1, "Yes")
	}},
	{process: "arrival", name: "unclear-and-missing", ending: arrival.Missing, play: func(ctx context.Context, h *house) (string, error) {
		c, order, err := h.awaited(ctx)
		if err != nil {
			return "", err
		}
		if err := h.writesBack(ctx, c, 1, "Which one?"); err != nil {
			return "", err
		}
		return arrivalOf(order), h.writesBack(ctx, c, 2, "2")
	}},
	{process: "arrival", name: "silent", ending: arrival.Silent, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, order, err := h.awaited(ctx)
		return arrivalOf(order), err
	}},
	{process: "resend", name: "sent", ending: resend.Sent, play: func(ctx context.Context, h *house) (string, error) {
		c, order, err := h.missing(ctx)
		if err != nil {
			return "", err
		}
		if err := h.ended(ctx, arrivalOf(order), arrival.Missing); err != nil {
			return "", err
		}
		return resendOf(order), h.happens(ctx, events.OrderSentAgain.Name(), c, fmt.Sprintf(`,"order_id":%q`, order))
	}},
	{process: "resend", name: "never-sent", ending: resend.NotSent, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, order, err := h.missing(ctx)
		return resendOf(order), err
	}},
}
