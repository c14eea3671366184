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
	ChannelEmail:    {"open", "click", "reply", "bounce", "complain", "unsubscribe", "scan"},
	ChannelSMS:      {"reply", "bounce", "unsubscribe"},
	ChannelWhatsApp: {"open", "reply", "bounce", "unsubscribe"},
}

// customerInput is what comes with an action.
type customerInput struct {
	URL  string `json:"url"`  // click; the link of that number when empty
	Link int    `json:"link"` // click: number of the link, 1 for the first; 1 when absent
	Text string `json:"text"` // reply
	Type string `json:"type"` // bounce: hard (when absent) or soft
	// Via says how the product learns of an open, a click or an unsubscribe:
	// "link" follows the mail's own link, as a reader does, and "event" has the
	// provider tell. Absent: by link where the mail has one that leads to the
	// product, else by event.
	Via string `json:"via"`
}

// Words of customerInput.
const (
	bounceSoft = "soft"
	bounceHard = "hard"
	viaLink    = "link"
	viaEvent   = "event"
)

// outcome tells what the product answered to an action.
type outcome struct {
	Action string `json:"action"`
	// Provider names the webhook; "reader" and "mailbox" stand for the person's
	// own programs, "scanner" for one in between.
	Provider string  `json:"provider"`
	URL      string  `json:"url"`
	Status   int     `json:"status"` // of the answer; 0 when none came
	Body     string  `json:"body"`   // the first 4 KiB of it
	Error    string  `json:"error,omitempty"`
	Fetched  []visit `json:"fetched,omitempty"` // scan: every link
}

// taken reports whether the product took the call; a reader is sent on by a
// redirect.
func (o *outcome) taken() bool {
	return o.Status/100 == 2 || (o.Provider == readerProgram && o.Status/100 == 3)
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
		return nil, &refusal{status: http.StatusNotFound, detail: "A customer can open, click, reply, bounce, complain and unsubscribe; a scanner can scan."}
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
	event := Event{At: s.now().UTC(), Name: action}
	result, err := s.follow(ctx, &m, action, input, &event)
	if err != nil {
		return nil, err
	}
	if result == nil {
		var call *webhookCall
		if m.Channel == ChannelEmail {
			call, err = s.sendGridCall(&m, action, input, &event)
		} else {
			call, err = s.twilioCall(&m, details, action, input, &event)
		}
		if err != nil {
			return nil, err
		}
		result = s.call(ctx, call)
	}
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
	if input.Via != "" && input.Via != viaLink && input.Via != viaEvent {
		return &refusal{http.StatusUnprocessableEntity, "The action cannot be played this way.", map[string]string{"via": "use link or event, or leave it out"}}
	}
	switch action {
	case "bounce":
		if input.Type != "" && input.Type != bounceSoft && input.Type != bounceHard {
			return &refusal{http.StatusUnprocessableEntity, "There is no such bounce.", map[string]string{"type": "use hard or soft"}}
		}
	case "click":
		if found := links(m); input.URL == "" && len(found) > 0 {
			if input.Link < 0 || input.Link > len(found) {
				return &refusal{http.StatusUnprocessableEntity, "The message has no such link.", map[string]string{"link": fmt.Sprintf("give a number from 1 to %d", len(found))}}
			}
			input.URL = found[max(input.Link, 1)-1]
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
	s.do(request, result)
	return result
}

// do makes a request and files the answer.
func (s *Sandbox) do(request *http.Request, result *outcome) {
	response, err := s.client.Do(request)
	if err != nil {
		result.Error = "Perdura did not answer: " + err.Error()
		return
	}
	defer response.Body.Close()
	result.Status = response.StatusCode
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		result.Error = "Perdura's answer broke off: " + err.Error()
	}
	result.Body = validText(body)
}
