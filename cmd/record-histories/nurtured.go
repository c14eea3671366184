package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/workflows/nurture"
	"github.com/perdura/perdura/workflows/recycling"
)

// brisk is a nurture track of two messages, hours apart at any hour of the week, that asks for no more than one open.
const brisk = `{"priority":90,"points":{"opened":100,"clicked":10,"replied":25},"sales_ready":100,"max_days":30,"listen":"4h","hours":"00:00-24:00","weekends":true,
	"steps":[{"template":"nurture-intro-2","wait":"0h"},{"template":"nurture-intro-3","wait":"3h"}]}`

// nurtured begins the nurture of a new customer, whose opens are seen, and returns them and the workflow ID.
func (h *house) nurtured(ctx context.Context) (customer, string, error) {
	c, err := h.known(ctx, true)
	if err == nil {
		err = h.define(ctx, "contact-policy/default", strings.Replace(patient, `"never"`, `"always"`, 1))
	}
	if err == nil {
		err = h.define(ctx, "nurture-track/brisk", brisk)
	}
	if err != nil {
		return c, "", err
	}
	return c, nurture.Process.Describe().WorkflowID(c.id.String(), ""), h.happens(ctx, events.NurtureDue.Name(), c, "")
}

// plays lets the sandbox's customer do something with the first message that has arrived.
func (h *house) plays(ctx context.Context, c customer, action, input string) error {
	if _, err := h.find(ctx, c, regexp.MustCompile(`(?s).+`)); err != nil {
		return err
	}
	answer, err := h.Call(ctx, http.MethodGet, h.Outbox+"/outbox/messages?to="+url.QueryEscape(c.email), nil)
	if err != nil {
		return err
	}
	var arrived []struct{ ID string }
	if err := answer.Decode(&arrived); err != nil {
		return err
	}
	answer, err = h.Call(ctx, http.MethodPost, h.Outbox+"/outbox/messages/"+arrived[0].ID+"/"+action, []byte(input), "Content-Type", "application/json")
	if err == nil && answer.Status >= http.StatusBadRequest {
		err = fmt.Errorf("let the customer %s: %d %s", action, answer.Status, answer.Body)
	}
	return err
}

// handedBack lets sales hand a lead back for a reason, under a rule, and returns the lead and the workflow ID.
func (h *house) handedBack(ctx context.Context, reason, rule string) (customer, string, error) {
	if err := h.define(ctx, "recycling/"+reason, rule); err != nil {
		return customer{}, "", err
	}
	email, name := somebody()
	l, err := h.submit(ctx, form(email, name, ""), "captured")
	if err != nil {
		return customer{}, "", err
	}
	return customer{l.Contact, email}, recycling.Process.Describe().WorkflowID(l.Contact.String(), ""), h.finish(ctx, l.TaskID, reason)
}

var kept = []scenario{
	{process: "nurture", name: "replied", ending: nurture.Replied, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.nurtured(ctx)
		if err != nil {
			return "", err
		}
		return id, h.plays(ctx, c, "reply", `{"text":"Please call me."}`)
	}},
	{process: "nurture", name: "sales-ready", ending: nurture.SalesReady, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.nurtured(ctx)
		if err != nil {
			return "", err
		}
		return id, h.plays(ctx, c, "open", "")
	}},
	{process: "nurture", name: "unreachable", ending: nurture.Unreachable, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.nurtured(ctx)
		if err != nil {
			return "", err
		}
		return id, h.plays(ctx, c, "bounce", `{"type":"hard"}`)
	}},
	{process: "nurture", name: "exhausted", ending: nurture.Exhausted, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.nurtured(ctx)
		return id, err
	}},
	{process: "recycling", name: "returned", ending: recycling.Returned, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.handedBack(ctx, "no-answer", `{"cooling":"1d","then":"return","max_rounds":2}`)
		return id, err
	}},
	{process: "recycling", name: "nurtured", ending: recycling.Nurturing, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.handedBack(ctx, "no-budget", `{"cooling":"1d","then":"nurture","track":"recycled","max_rounds":2}`)
		return id, err
	}},
	{process: "recycling", name: "converted", ending: recycling.Converted, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.handedBack(ctx, "not-reachable", `{"cooling":"14d","then":"return","max_rounds":2}`)
		if err == nil {
			err = h.waits(ctx, recycling.Process.Name(), c.id.String())
		}
		if err != nil {
			return "", err
		}
		return id, h.happens(ctx, events.ContactConverted.Name(), c, "")
	}},
}

// waits looks at a run until it waits for something.
func (h *house) waits(ctx context.Context, process, subject string) error {
	return h.until(ctx, func() (bool, error) {
		answer, err := h.Call(ctx, http.MethodGet, h.API+"/v1/processes/"+process+"/runs/"+subject, nil)
		if err != nil || answer.Status == http.StatusNotFound {
			return false, err
		}
		var run struct{ State string }
		err = answer.Decode(&run)
		return run.State == "waiting", err
	})
}
