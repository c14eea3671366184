package sandbox

import (
	"crypto/hmac"
	"crypto/sha1" // the algorithm of Twilio's signature
	"encoding/base64"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deliveryErrors are Twilio's codes for messages that did not arrive.
var deliveryErrors = map[int]string{30003: "Unreachable destination handset", 30005: "Unknown destination handset"}

// nextStatus is the way of a text message that arrives. Twilio makes no
// callback for the first status: the answer to the request tells that one.
var nextStatus = map[string]string{"accepted": "queued", "queued": "sent", "sent": "delivered"}

// twilioSignature signs a callback as
// https://www.twilio.com/docs/usage/webhooks/webhooks-security describes:
// HMAC-SHA1 under the auth token of the URL followed by each parameter's name
// and value, sorted by name, in base64.
func twilioSignature(token, address string, form url.Values) string {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Compact(slices.Sorted(slices.Values(form[name])))
		for _, value := range values {
			text.WriteString(name)
			text.WriteString(value)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signTwilio makes a callback of a form.
func (s *Sandbox) signTwilio(address string, form url.Values) *webhookCall {
	return &webhookCall{
		provider: "twilio", url: address, contentType: "application/x-www-form-urlencoded; charset=utf-8",
		header: map[string]string{
			"X-Twilio-Signature": twilioSignature(s.options.TwilioAuthToken, address, form),
			"User-Agent":         "TwilioProxy/1.1",
		},
		body: []byte(form.Encode()),
	}
}

// statusForm is the body of a status callback.
func statusForm(m *Message, details *sms, status string, errorCode int) url.Values {
	form := url.Values{
		"AccountSid": {details.AccountSID}, "ApiVersion": {twilioVersion},
		"MessageSid": {m.ProviderID}, "MessageStatus": {status},
		"SmsSid": {m.ProviderID}, "SmsStatus": {status},
		"From": {m.From}, "To": {m.To},
	}
	if details.MessagingServiceSID != "" {
		form.Set("MessagingServiceSid", details.MessagingServiceSID)
	}
	if errorCode != 0 {
		form.Set("ErrorCode", strconv.Itoa(errorCode))
		form.Set("ErrorMessage", deliveryErrors[errorCode])
	}
	return form
}

// deliverLater lets a text message arrive, in the background.
func (s *Sandbox) deliverLater(id string) {
	if s.running.Err() != nil {
		return // a later run takes it up
	}
	s.work.Go(func() {
		for s.advance(id) {
		}
	})
}

// resumeDeliveries takes up what an earlier run had accepted: the provider
// does not stop when the machine of its customer does.
func (s *Sandbox) resumeDeliveries() {
	all, _, _ := s.outbox.summaries(filter{}) // fails only for an unknown after
	for _, m := range all {
		if (m.Channel == ChannelSMS || m.Channel == ChannelWhatsApp) && nextStatus[m.Status] != "" {
			s.deliverLater(m.ID)
		}
	}
}

// advance brings a message to its next status and tells the product when the
// sender asked for that. It returns false when there is no more to do.
func (s *Sandbox) advance(id string) bool {
	if !s.pause(s.options.StatusDelay) {
		return false
	}
	m, details, err := s.outbox.get(id)
	if err != nil || nextStatus[m.Status] == "" {
		if err != nil && !errors.Is(err, errNoMessage) {
			s.log.Error("a text message could not be delivered", "id", id, "error", err)
		}
		return false
	}
	status := nextStatus[m.Status]
	unchanged := func(now string) bool { return now == m.Status }
	event := Event{At: s.now().UTC(), Name: status, Status: status}
	if details.StatusCallback != "" {
		// Told first, noted after: a message whose status was noted but not
		// told would never be told after a restart.
		select {
		case s.callbacks <- struct{}{}:
		case <-s.running.Done():
			return false
		}
		result := s.callWithRetry(s.signTwilio(details.StatusCallback, statusForm(&m, details, status, 0)))
		<-s.callbacks
		if s.running.Err() != nil {
			return false
		}
		event.Provider, event.WebhookStatus, event.Error = result.Provider, result.Status, result.Error
	}
	done, err := s.outbox.note(id, event, unchanged)
	if err != nil && !errors.Is(err, errNoMessage) {
		s.log.Error("a delivery status could not be kept", "id", id, "error", err)
	}
	return done && err == nil && nextStatus[status] != ""
}

// callWithRetry tries once more when no answer came, as Twilio does.
func (s *Sandbox) callWithRetry(c *webhookCall) *outcome {
	result := s.call(s.running, c)
	if result.Status == 0 && s.pause(time.Second) {
		result = s.call(s.running, c)
	}
	return result
}

// pause waits; false when the sandbox closes meanwhile.
func (s *Sandbox) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.running.Done():
		return false
	}
}
