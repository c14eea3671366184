package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// actions says what a customer can do with a message of each channel.
var actions = map[string][]string{
	ChannelEmail:    {"open", "click", "reply", "bounce", "complain", "unsubscribe"},
	ChannelSMS:      {"reply", "bounce", "unsubscribe"},
	ChannelWhatsApp: {"open", "reply", "bounce", "unsubscribe"},
}

// customerInput is what comes with an action.
type customerInput struct {
	URL  string `json:"url"`  // click; the first link of the message when empty
	Text string `json:"text"` // reply
}

// outcome tells what the product's webhook answered to an action.
type outcome struct {
	Action   string `json:"action"`
	Provider string `json:"provider"`
	URL      string `json:"url"`
	Status   int    `json:"status"` // of the webhook's answer; 0 when none came
	Body     string `json:"body"`   // the first 4 KiB of it
	Error    string `json:"error,omitempty"`
}

// refusal is an action that cannot be played.
type refusal struct {
	status int
	detail string
	fields map[string]string
}

func (r *refusal) Error() string { return r.detail }

// webhookCall is a signed request to the product, ready to send.
type webhookCall struct {
	provider, url, contentType string
	header                     map[string]string
	body                       []byte
}

// play does what a customer does and tells the product through the provider's
// webhook. It returns a *refusal when the action does not fit the message, and
// errNoMessage when there is none.
func (s *Sandbox) play(ctx context.Context, id, action string, input customerInput) (*outcome, error) {
	m, details, err := s.outbox.get(id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(actions[ChannelEmail], action) {
		return nil, &refusal{status: http.StatusNotFound, detail: "A customer can open, click, reply, bounce, complain and unsubscribe."}
	}
	if !slices.Contains(actions[m.Channel], action) {
		return nil, &refusal{status: http.StatusConflict, detail: fmt.Sprintf("The action %s does not fit the channel %s; %s.", action, m.Channel, fitting(m.Channel))}
	}
	if err := completeInput(&m, action, &input); err != nil {
		return nil, err
	}
	if *s.webhookBase.Load() == "" {
		return nil, &refusal{status: http.StatusServiceUnavailable, detail: "The sandbox does not know where Perdura is; set the webhook base."}
	}
	var call *webhookCall
	event := Event{At: s.now().UTC(), Name: action}
	if m.Channel == ChannelEmail {
		call, err = s.sendGridCall(&m, action, input, &event)
	} else {
		call, err = s.twilioCall(&m, details, action, input, &event)
	}
	if err != nil {
		return nil, err
	}
	result := s.call(ctx, call)
	result.Action = action
	event.Provider, event.WebhookStatus, event.Error = result.Provider, result.Status, result.Error
	if _, err := s.outbox.note(id, event, nil); err != nil {
		return nil, err
	}
	return result, nil
}

func fitting(channel string) string {
	if len(actions[channel]) == 0 {
		return "nothing can be done with such a message"
	}
	return "possible are " + strings.Join(actions[channel], ", ")
}

// completeInput fills in the link of a click and checks what the action needs.
func completeInput(m *Message, action string, input *customerInput) error {
	switch action {
	case "click":
		if found := links(m); input.URL == "" && len(found) > 0 {
			input.URL = found[0]
		}
		if u, err := url.Parse(input.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return &refusal{http.StatusUnprocessableEntity, "The click needs a link.", map[string]string{"url": "give the http link that was clicked"}}
		}
	case "reply":
		if strings.TrimSpace(input.Text) == "" {
			return &refusal{http.StatusUnprocessableEntity, "The reply needs words.", map[string]string{"text": "say what the customer answers"}}
		}
	}
	return nil
}

// webhookURL is where the product takes a provider's calls.
func (s *Sandbox) webhookURL(provider string) string {
	return *s.webhookBase.Load() + "/v1/webhooks/" + provider
}

// call sends a webhook once and reads the answer.
func (s *Sandbox) call(ctx context.Context, c *webhookCall) *outcome {
	result := &outcome{Provider: c.provider, URL: c.url}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.body))
	if err != nil {
		result.Error = "the webhook's URL cannot be used: " + err.Error()
		return result
	}
	request.Header.Set("Content-Type", c.contentType)
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response, err := s.client.Do(request)
	if err != nil {
		result.Error = "the webhook did not answer: " + err.Error()
		return result
	}
	defer response.Body.Close()
	result.Status = response.StatusCode
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		result.Error = "the webhook's answer broke off: " + err.Error()
	}
	result.Body = validText(body)
	return result
}
