package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/google/uuid"
)

// customer is a person whom the house may write to.
type customer struct {
	id    uuid.UUID
	email string
}

// patient is a contact policy that lets everything pass at once, so that a recording does not hang on the hour of the day;
// but two of nurture-intro-1 are two hours apart.
const patient = `{"legal_bases":[{"basis":"consent"}],"customer_lifecycles":["customer"],"time_zone":{"guess_from_country":true,"default":"UTC"},"hours":[],
	"department_priorities":{},"collisions":{"window_minutes":0,"max_per_day":0,"overflow":"shift"},"newcomers":[],"longest_shift_hours":168,
	"caps":[{"template":"nurture-intro-1","per":"hours","hours":2,"max":1}],"tracking":{"mode":"never"}}`

// known makes a customer. Consent is that to marketing by e-mail.
func (h *house) known(ctx context.Context, consent bool) (customer, error) {
	if err := h.define(ctx, "contact-policy/default", patient); err != nil {
		return customer{}, err
	}
	email, name := somebody()
	l, err := h.submit(ctx, form(email, name, ""), "captured")
	if err == nil && consent {
		err = h.call(ctx, http.MethodPut, "/v1/contacts/"+l.Contact.String()+"/consents", "application/json", `{"consents":{"email_marketing":true}}`, nil)
	}
	return customer{l.Contact, email}, err
}

// define writes a definition of the house.
func (h *house) define(ctx context.Context, name, body string) error {
	return h.call(ctx, http.MethodPut, "/v1/definitions/"+name, "application/json", `{"body":`+body+`}`, nil)
}

// happens tells the house an event about a customer.
func (h *house) happens(ctx context.Context, event string, c customer, more string) error {
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/recorder","type":%q,"subject":%q,"data":{"contact_id":%q%s}}`,
		uuid.NewString(), event, c.id, c.id, more)
	return h.call(ctx, http.MethodPost, "/v1/events", "application/cloudevents+json", body, nil)
}

// find waits for a message to the customer in which the pattern occurs, and returns the match.
func (h *house) find(ctx context.Context, c customer, pattern *regexp.Regexp) (found string, err error) {
	err = h.until(ctx, func() (bool, error) {
		answer, err := h.Call(ctx, http.MethodGet, h.Outbox+"/outbox/messages?to="+url.QueryEscape(c.email), nil)
		if err != nil {
			return false, err
		}
		var messages []struct{ Text string }
		if err := answer.Decode(&messages); err != nil {
			return false, err
		}
		for _, m := range messages {
			if found = pattern.FindString(m.Text); found != "" {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("look for a message with %s: %w", pattern, err)
	}
	return found, nil
}

// Links in messages, by what they are for; see package links.
var (
	surveyLink = regexp.MustCompile(`/s/[\w-]+`)
	optInLink  = regexp.MustCompile(`/c/[\w-]+`)
)

// fillsIn waits for the message with a link and sends the form behind it.
func (h *house) fillsIn(ctx context.Context, c customer, link *regexp.Regexp, form string) error {
	path, err := h.find(ctx, c, link)
	if err != nil {
		return err
	}
	return h.call(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", form, nil)
}
