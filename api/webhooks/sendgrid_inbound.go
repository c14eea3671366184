package webhooks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/perdura/perdura/feedback"
)

// maxField bounds one field of a posted mail that is read; what is longer is cut off.
const maxField = 1 << 20

// parsedMail are the fields of Inbound Parse that are read. Attachments and the rest are passed over.
var parsedMail = map[string]bool{"headers": true, "from": true, "subject": true, "text": true, "html": true, "envelope": true, "charsets": true}

// SendGridInbound reads a mail that Inbound Parse posts:
// https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook.
// SendGrid signs these calls only when a security policy with a signature is attached to the parse setting
// (https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks): it has to be, since
// unsigned calls are refused. Errors: ErrNotServed, ErrSignature, ErrGarbage.
func (r *Readers) SendGridInbound(c Call) ([]feedback.Report, error) {
	if err := r.verifySendGrid(c); err != nil {
		return nil, err
	}
	fields, err := formFields(c)
	if err != nil {
		return nil, err
	}
	headers := mailHeaders(fields["headers"])
	from := sender(fields["from"], fields["envelope"])
	if from == "" {
		return nil, fmt.Errorf("%w: the mail has no sender", ErrGarbage)
	}
	text := fields["text"]
	if strings.TrimSpace(text) == "" {
		text = plainText(fields["html"])
	}
	return []feedback.Report{{
		Provider: sendGrid, ExternalID: "mail/" + eventID(strings.TrimSpace(headers.Get("Message-Id")), c.Body), Kind: feedback.Replied,
		MessageID: answered(headers), Channel: "email", Address: from,
		Reply: &feedback.Reply{Subject: fields["subject"], Text: text, Automatic: automatic(headers, fields["envelope"])},
	}}, nil
}

// formFields are the fields of a multipart form that are read, in UTF-8.
func formFields(c Call) (map[string]string, error) {
	typ, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || typ != "multipart/form-data" || params["boundary"] == "" {
		return nil, fmt.Errorf("%w: multipart/form-data is expected", ErrGarbage)
	}
	raw := map[string][]byte{}
	form := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: the form breaks off", ErrGarbage)
		}
		name := part.FormName()
		if !parsedMail[name] || part.FileName() != "" || raw[name] != nil {
			continue
		}
		if raw[name], err = io.ReadAll(io.LimitReader(part, maxField)); err != nil {
			return nil, fmt.Errorf("%w: the form breaks off", ErrGarbage)
		}
	}
	charsets := map[string]string{}
	_ = json.Unmarshal(raw["charsets"], &charsets) // without it everything is UTF-8
	fields := map[string]string{}
	for name, value := range raw {
		fields[name] = decode(value, charsets[name])
	}
	return fields, nil
}

// decode writes text of a character set in UTF-8; a set that nobody knows is taken for UTF-8.
func decode(raw []byte, charset string) string {
	if charset != "" && !strings.EqualFold(charset, "utf-8") {
		if set, err := htmlindex.Get(charset); err == nil {
			if out, err := set.NewDecoder().Bytes(raw); err == nil {
				raw = out
			}
		}
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// mailHeaders reads a mail's headers; what cannot be read is left out.
func mailHeaders(raw string) textproto.MIMEHeader {
	raw = strings.TrimRight(strings.ReplaceAll(raw, "\r\n", "\n"), "\n") + "\n\n"
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return textproto.MIMEHeader{}
	}
	return textproto.MIMEHeader(m.Header)
}

// sender is the address a mail comes from: that of its From, else of its envelope.
func sender(from, envelope string) string {
	if a, err := (&mail.AddressParser{WordDecoder: &mime.WordDecoder{}}).Parse(from); err == nil {
		return a.Address
	}
	var e struct {
		From string `json:"from"`
	}
	if json.Unmarshal([]byte(envelope), &e) == nil {
		if a, err := mail.ParseAddress(e.From); err == nil {
			return a.Address
		}
	}
	return ""
}

// answered is the ledger's id of the message that a mail answers; zero when it quotes none of ours.
func answered(h textproto.MIMEHeader) uuid.UUID {
	if id := ledgerID(h.Get("In-Reply-To")); id != uuid.Nil {
		return id
	}
	return ledgerID(h.Get("References"))
}

// automatic reports whether a machine wrote the mail: RFC 3834 and what is older than it, and the empty envelope sender
// of bounces (RFC 5321, 4.5.5).
func automatic(h textproto.MIMEHeader, envelope string) bool {
	if v := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); v != "" && !strings.HasPrefix(v, "no") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "auto_reply", "bulk", "junk", "list":
		return true
	}
	if h.Get("X-Autoreply") != "" || h.Get("X-Autorespond") != "" {
		return true
	}
	var e struct {
		From *string `json:"from"`
	}
	return json.Unmarshal([]byte(envelope), &e) == nil && e.From != nil && (*e.From == "" || *e.From == "<>")
}
