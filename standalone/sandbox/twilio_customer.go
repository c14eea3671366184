package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Words by which a customer refuses text messages, and takes that back:
// https://help.twilio.com/articles/223134027.
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
	startWords = []string{"START", "YES", "UNSTOP"}
)

// twilioCall prepares the callback for what a customer did with a text
// message. A bounce or a read receipt goes to the message's StatusCallback
// when it has one, as with Twilio; a reply goes to the product's webhook.
func (s *Sandbox) twilioCall(m *Message, details *sms, action string, input customerInput, event *Event) (*webhookCall, error) {
	switch action {
	case "bounce":
		event.Status, event.ErrorCode = "undelivered", 30005
		if input.Type == bounceSoft {
			event.ErrorCode = 30003
		}
	case "open":
		event.Status = "read"
	case "unsubscribe":
		return s.inboundSMS(m, details, "STOP")
	default:
		return s.inboundSMS(m, details, input.Text)
	}
	address := details.StatusCallback
	if address == "" {
		address = s.webhookURL("twilio")
	}
	return s.signTwilio(address, statusForm(m, details, event.Status, event.ErrorCode)), nil
}

// inboundSMS prepares the webhook of a message from the customer, and keeps
// the refusal that a word like STOP expresses: later messages of that sender
// are answered with error 21610.
func (s *Sandbox) inboundSMS(m *Message, details *sms, text string) (*webhookCall, error) {
	sid := twilioSID(newID(s.now()))
	form := url.Values{
		"AccountSid": {details.AccountSID}, "ApiVersion": {twilioVersion},
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"},
		"From": {m.To}, "To": {m.From}, "Body": {text},
		"NumMedia": {"0"}, "NumSegments": {strconv.Itoa(segments(text))},
	}
	if details.MessagingServiceSID != "" {
		form.Set("MessagingServiceSid", details.MessagingServiceSID)
	}
	word := strings.ToUpper(strings.TrimSpace(text))
	stop, start := slices.Contains(stopWords, word), slices.Contains(startWords, word)
	if stop || start {
		if details.MessagingServiceSID != "" { // Advanced Opt-Out is a feature of messaging services
			form.Set("OptOutType", map[bool]string{true: "STOP", false: "START"}[stop])
		}
		if err := s.outbox.changeOptOut(optOut{m.To, details.sender(m.From)}, stop); err != nil {
			return nil, err
		}
	}
	return s.signTwilio(s.webhookURL("twilio"), form), nil
}
