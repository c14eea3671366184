package main

import (
	"context"
	"fmt"
	"regexp"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/surveys"
	"github.com/perdura/perdura/workflows/dormancy"
	"github.com/perdura/perdura/workflows/retention"
)

// asleep finds a new customer asleep, and returns them and the workflow ID of their retention.
func (h *house) asleep(ctx context.Context) (customer, string, error) {
	c, err := h.known(ctx, true)
	if err != nil {
		return c, "", err
	}
	return c, retention.Process.Describe().WorkflowID(c.id.String(), ""), h.happens(ctx, events.CustomerAsleep.Name(), c, "")
}

// silent finds a new customer asleep who does not answer: the form is open for half a day, the coupon good for one.
func (h *house) silent(ctx context.Context) (customer, string, error) {
	question := `{"id":"reason","kind":"choice","options":["price","other"],"words":{"en":{"label":"Why?","options":{"price":"The price","other":"Something else"}}}}`
	if err := h.define(ctx, "survey/sleepy", brief(surveys.Retention, question)); err != nil {
		return customer{}, "", err
	}
	if err := h.define(ctx, "retention/default", `{"survey":"sleepy","letters":{"other":"retention-other"},"rest":"180d",
		"coupon":{"offer":"welcome-back","percent":15,"valid_for":"1d","template":"retention-coupon"}}`); err != nil {
		return customer{}, "", err
	}
	return h.asleep(ctx)
}

// couponCode is a code as a letter shows it.
var couponCode = regexp.MustCompile(`([0-9A-Z]{4}-){3}[0-9A-Z]`)

var watch = dormancy.Process.Describe().WorkflowID("house", "")

var wonBack = []scenario{
	{process: "retention", name: "answered", ending: retention.Answered, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.asleep(ctx)
		if err != nil {
			return "", err
		}
		// The reason is asked first; what was left out of the next step is no answer.
		return id, h.fillsIn(ctx, c, surveyLink, "asked=reason&now=words&q.reason=price")
	}},
	{process: "retention", name: "came-back-while-asked", ending: retention.WonBack, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.asleep(ctx)
		if err != nil {
			return "", err
		}
		if _, err := h.find(ctx, c, surveyLink); err != nil {
			return "", err
		}
		return id, h.happens(ctx, events.ContactConverted.Name(), c, "")
	}},
	{process: "retention", name: "coupon-used", ending: retention.WonBack, days: true, play: func(ctx context.Context, h *house) (string, error) {
		c, id, err := h.silent(ctx)
		if err != nil {
			return "", err
		}
		code, err := h.find(ctx, c, couponCode)
		if err != nil {
			return "", err
		}
		return id, h.post(ctx, "/v1/coupons/"+code+"/redeem", fmt.Sprintf(`{"order_ref":"order-1","contact_id":%q}`, c.id), nil)
	}},
	{process: "retention", name: "coupon-lapsed", ending: retention.Lapsed, days: true, play: func(ctx context.Context, h *house) (string, error) {
		_, id, err := h.silent(ctx)
		return id, err
	}},
	{process: "dormancy", name: "until-the-next-morning", ending: continues, days: true, play: func(context.Context, *house) (string, error) {
		return watch, nil
	}},
	{process: "dormancy", name: "switched-off", ending: dormancy.SwitchedOff, days: true, play: func(ctx context.Context, h *house) (string, error) {
		return watch, h.define(ctx, "dormancy/default", `{"after":"120d","rest":"180d","per_day":0,"at":"08:00"}`)
	}},
}
