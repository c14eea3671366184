package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// sendGridEvents maps an action to SendGrid's event and to the status the mail
// has from then on.
var sendGridEvents = map[string]struct{ event, status string }{
	"open":        {"open", ""},
	"click":       {"click", ""},
	"bounce":      {"bounce", "bounced"},
	"complain":    {"spamreport", "complained"},
	"unsubscribe": {"unsubscribe", "unsubscribed"},
}

// sendGridCall prepares the webhook call for what a customer did with a mail.
func (s *Sandbox) sendGridCall(m *Message, action string, input customerInput, event *Event) (*webhookCall, error) {
	if action == "reply" {
		return s.inboundParseCall(m, input.Text)
	}
	event.Status = sendGridEvents[action].status
	if action == "bounce" && input.Type == bounceSoft {
		event.Status = "deferred"
	}
	body, err := s.sendGridEvent(m, action, input)
	if err != nil {
		return nil, err
	}
	return s.signSendGrid(&webhookCall{provider: "sendgrid", contentType: "application/json", body: body})
}

// sendGridEvent returns the JSON array of one event, shaped as
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
// describes. Unique arguments and categories come from the mail's X-SMTPAPI
// header, as with the real SMTP relay.
func (s *Sandbox) sendGridEvent(m *Message, action string, input customerInput) ([]byte, error) {
	fields := s.eventFields(m, sendGridEvents[action].event)
	switch action {
	case "open":
		maps.Copy(fields, map[string]any{"useragent": "Mozilla/5.0 (sandbox)", "ip": "127.0.0.1", "sg_machine_open": false, "sg_content_type": "html"})
	case "click":
		maps.Copy(fields, map[string]any{"useragent": "Mozilla/5.0 (sandbox)", "ip": "127.0.0.1", "url": input.URL,
			"url_offset": map[string]any{"index": max(input.Link-1, 0), "type": "html"}, "sg_content_type": "html"})
	case "bounce":
		if input.Type == bounceSoft {
			maps.Copy(fields, map[string]any{"type": "blocked", "status": "4.2.2", "bounce_classification": "Mailbox Unavailable",
				"reason": "452 4.2.2 The email account that you tried to reach is over quota.", "tls": 1, "ip": "127.0.0.1"})
			break
		}
		maps.Copy(fields, map[string]any{"type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address",
			"reason": "550 5.1.1 The email account that you tried to reach does not exist.", "tls": 1, "ip": "127.0.0.1"})
	}
	body, err := json.Marshal([]any{fields})
	if err != nil {
		return nil, fmt.Errorf("encode a SendGrid event: %w", err)
	}
	// SendGrid ends its payload so, and the signature covers it: a receiver
	// that signs a re-encoded body instead of the raw one must fail here too.
	return append(body, '\r', '\n'), nil
}

// eventFields are what every event has, the mail's unique arguments among them.
func (s *Sandbox) eventFields(m *Message, event string) map[string]any {
	fields := map[string]any{}
	api := smtpAPI(m)
	for name, value := range api.UniqueArgs {
		fields[name] = value
	}
	if len(api.Category) > 0 {
		fields["category"] = api.Category
	}
	maps.Copy(fields, map[string]any{
		"email":         m.To,
		"timestamp":     s.now().Unix(),
		"event":         event,
		"smtp-id":       m.ProviderID,
		"sg_message_id": sendGridMessageID(m),
		"sg_event_id":   base64.RawURLEncoding.EncodeToString([]byte(randomHex(16))),
	})
	return fields
}

// sendGridMessageID is SendGrid's own ID of a mail, the message's with dots
// where SendGrid has them.
func sendGridMessageID(m *Message) string {
	return strings.ReplaceAll(m.ID, "-", "") + ".sandbox-0.0"
}

// smtpAPIHeader is what the sandbox understands of X-SMTPAPI.
type smtpAPIHeader struct {
	UniqueArgs map[string]string `json:"unique_args"`
	Category   category          `json:"category,omitempty"`
}

// category is one name or several.
type category []string

func (c *category) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*c = category{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(c))
}

// smtpAPI reads the header; one that cannot be read counts as absent.
func smtpAPI(m *Message) (api smtpAPIHeader) {
	values := m.Headers["X-Smtpapi"]
	if len(values) == 0 || json.Unmarshal([]byte(values[0]), &api) != nil {
		return smtpAPIHeader{}
	}
	return api
}

// signSendGrid completes a call with SendGrid's signature: base64 of the ASN.1
// ECDSA signature over SHA-256 of timestamp and raw body.
func (s *Sandbox) signSendGrid(c *webhookCall) (*webhookCall, error) {
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	digest := sha256.Sum256(bytes.Join([][]byte{[]byte(timestamp), c.body}, nil))
	signature, err := ecdsa.SignASN1(rand.Reader, s.options.SendGridKey, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign a SendGrid webhook: %w", err)
	}
	c.url = s.webhookURL(c.provider)
	c.header = map[string]string{
		"X-Twilio-Email-Event-Webhook-Signature": base64.StdEncoding.EncodeToString(signature),
		"X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
		"User-Agent":                             "SendGrid Event API",
	}
	return c, nil
}
