package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"
)

// inboundParseCall prepares the call for a customer's answer to a mail, shaped
// as SendGrid's Inbound Parse posts it (multipart/form-data, see
// https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook)
// and signed as its security policy with signature verification does.
func (s *Sandbox) inboundParseCall(m *Message, text string) (*webhookCall, error) {
	to := m.From
	if values := m.Headers["Reply-To"]; len(values) > 0 {
		if address := bareAddress(values[0]); address != "" {
			to = address
		}
	}
	subject := m.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	envelope, err := json.Marshal(map[string]any{"to": []string{to}, "from": m.To})
	if err != nil {
		return nil, fmt.Errorf("encode the envelope of a reply: %w", err)
	}
	fields := [][2]string{
		{"headers", s.replyHeaders(m, to, subject)},
		{"dkim", "{@" + domainOf(m.To) + " : pass}"},
		{"to", to},
		{"from", m.To},
		{"subject", subject},
		{"text", text},
		{"sender_ip", "127.0.0.1"},
		{"envelope", string(envelope)},
		{"attachments", "0"},
		{"charsets", `{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"UTF-8"}`},
		{"SPF", "pass"},
		{"spam_score", "0.0"},
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range fields {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return nil, fmt.Errorf("encode a reply: %w", err)
		}
	}
	if err := form.Close(); err != nil {
		return nil, fmt.Errorf("encode a reply: %w", err)
	}
	return s.signSendGrid(&webhookCall{provider: "sendgrid-inbound", contentType: form.FormDataContentType(), body: body.Bytes()})
}

// replyHeaders are the raw headers of the customer's mail; In-Reply-To and
// References name the mail it answers.
func (s *Sandbox) replyHeaders(m *Message, to, subject string) string {
	lines := []string{
		"From: " + m.To,
		"To: " + to,
		"Subject: " + mime.QEncoding.Encode("utf-8", subject),
		"Date: " + s.now().Format(time.RFC1123Z),
		"Message-ID: <" + newID(s.now()) + "@" + domainOf(m.To) + ">",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=UTF-8",
	}
	if m.ProviderID != "" {
		references := append(append([]string{}, m.Headers[textproto.CanonicalMIMEHeaderKey("References")]...), m.ProviderID)
		lines = append(lines, "In-Reply-To: "+m.ProviderID, "References: "+strings.Join(references, " "))
	}
	for i, line := range lines {
		lines[i] = strings.Map(func(r rune) rune { // a value must not begin a header of its own
			if r == '\r' || r == '\n' {
				return ' '
			}
			return r
		}, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

func domainOf(address string) string {
	if _, domain, ok := strings.Cut(address, "@"); ok {
		return domain
	}
	return "localhost"
}
