package email

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/perdura/perdura/activities/provider"
)

// compose makes the mail as it goes over the wire, signed when there is a key.
func (s *SMTP) compose(m provider.Message, to string) ([]byte, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.from.mailbox()); err != nil {
		return nil, fmt.Errorf("smtp.from: it cannot stand in a mail; correct it")
	}
	if err := msg.To(to); err != nil {
		return nil, provider.Rejected{Code: "bad-address", Address: true}
	}
	msg.SetMessageIDWithValue(s.from.messageID(m))
	msg.SetDateWithValue(time.Now())
	msg.Subject(oneLine(m.Subject))
	for _, h := range fields(m) {
		msg.SetGenHeaderPreformatted(mail.Header(h.name), h.value)
	}
	if s.opts.UniqueArgs {
		msg.SetGenHeaderPreformatted("X-SMTPAPI", smtpAPI(m))
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	if len(m.Calendar) > 0 {
		if err := attachCalendar(msg, m); err != nil {
			return nil, fmt.Errorf("compose mail %s: %w", m.ID, err)
		}
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("compose mail %s: %w", m.ID, err)
	}
	if s.signer == nil {
		return out.Bytes(), nil
	}
	return s.signer.sign(out.Bytes())
}

// smtpAPI is SendGrid's header by which its relay learns what to repeat in events:
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/building-an-x-smtpapi-header.
func smtpAPI(m provider.Message) string {
	type api struct {
		UniqueArgs map[string]string `json:"unique_args"`
		Category   []string          `json:"category,omitempty"`
	}
	a := api{UniqueArgs: map[string]string{MessageArgument: m.ID.String()}}
	if m.Category != "" {
		a.Category = []string{word(m.Category)}
	}
	encoded, _ := json.Marshal(a) // strings always encode
	return string(encoded)
}
