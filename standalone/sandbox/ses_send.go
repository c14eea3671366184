package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/mail"
	"strings"
)

type sesContent struct{ Data, Charset string }

// sesMail is what the sandbox understands of SES's SendEmail, in Simple form.
type sesMail struct {
	FromEmailAddress string
	Destination      struct{ ToAddresses []string }
	Content          struct {
		Simple *struct {
			Subject sesContent
			Body    struct{ Text, Html *sesContent }
			Headers []struct{ Name, Value string }
			// RawContent is base64 in JSON.
			Attachments []struct {
				FileName, ContentType string
				RawContent            []byte
			}
		}
	}
	EmailTags []struct{ Name, Value string }
}

// writeSESError answers as SES does: the error's name in a header and its words
// in the body.
func writeSESError(w http.ResponseWriter, status int, name, message string) {
	w.Header().Set("X-Amzn-ErrorType", name)
	writeJSON(w, status, map[string]string{"message": message})
}

// sesSend takes a mail: POST /v2/email/outbound-emails, SendEmail of Amazon SES
// API v2. It answers 200 with the MessageId. Of the signature (AWS Signature
// Version 4) it checks whose key it names.
func (s *Sandbox) sesSend(w http.ResponseWriter, r *http.Request) {
	credential, signed := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=")
	key, _, _ := strings.Cut(credential, "/")
	if !signed || !sameSecret(key, s.options.SESAccessKeyID) {
		writeSESError(w, http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMailBytes))
	if err != nil {
		writeSESError(w, http.StatusBadRequest, "BadRequestException", "The message is too long.")
		return
	}
	fault := s.faults.take(ChannelEmail)
	if fault != nil && fault.Mode != FaultTimeoutAfterAccept {
		fault.wait(r.Context())
		failSES(w, fault)
		return
	}
	messages, problem := s.newSESMails(body)
	if problem != "" {
		writeSESError(w, http.StatusBadRequest, "BadRequestException", problem)
		return
	}
	if err := s.outbox.add(body, nil, messages...); err != nil {
		s.log.Error("a mail could not be kept", "error", err)
		writeSESError(w, http.StatusInternalServerError, "InternalServiceErrorException", "Internal failure")
		return
	}
	if fault != nil {
		fault.wait(r.Context())
		failSES(w, fault)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"MessageId": sesMessageID(messages[0])})
}

// sesMessageID is what SES tells the sender; the Message-ID begins with it.
func sesMessageID(m *Message) string { return "0100" + m.ID }

func (s *Sandbox) newSESMails(body []byte) (messages []*Message, problem string) {
	var in sesMail
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, "The request is no JSON."
	}
	from, err := mail.ParseAddress(in.FromEmailAddress)
	simple := in.Content.Simple
	switch {
	case err != nil:
		return nil, "Missing or malformed FromEmailAddress."
	case len(in.Destination.ToAddresses) == 0:
		return nil, "Missing Destination."
	case simple == nil || (simple.Body.Text == nil && simple.Body.Html == nil):
		return nil, "The sandbox takes Simple content with a Body."
	}
	now := s.now().UTC()
	for _, to := range in.Destination.ToAddresses {
		address, err := mail.ParseAddress(to)
		if err != nil {
			return nil, "Malformed address in Destination."
		}
		m := &Message{
			ID: newID(now), Channel: ChannelEmail, To: address.Address, From: from.Address, Subject: simple.Subject.Data, SentAt: now,
			Headers: map[string][]string{}, Attachments: []Attachment{}, Status: "delivered", Size: len(body),
		}
		if simple.Body.Text != nil {
			m.Text = simple.Body.Text.Data
		}
		if simple.Body.Html != nil {
			m.HTML = simple.Body.Html.Data
		}
		for _, f := range simple.Attachments {
			m.attach(f.FileName, f.ContentType, f.RawContent)
		}
		for _, h := range simple.Headers {
			m.setHeader(h.Name, h.Value)
		}
		m.ProviderID = "<" + sesMessageID(m) + "@email.amazonses.com>"
		for name, value := range map[string]string{"From": from.String(), "To": address.String(), "Subject": m.Subject, "Message-Id": m.ProviderID} {
			m.setHeader(name, value)
		}
		arguments := map[string]string{}
		for _, tag := range in.EmailTags {
			arguments[tag.Name] = tag.Value
		}
		m.setArguments(nil, arguments)
		messages = append(messages, m)
	}
	return messages, ""
}

// failSES answers a fault. Aborting the handler closes the connection without an
// answer.
func failSES(w http.ResponseWriter, fault *Fault) {
	switch fault.Mode {
	case FaultRateLimit:
		writeSESError(w, http.StatusTooManyRequests, "TooManyRequestsException", "Maximum sending rate exceeded.")
	case FaultReject:
		writeSESError(w, http.StatusBadRequest, "MessageRejected", "Email address is on the suppression list.")
	case FaultTimeout, FaultTimeoutAfterAccept:
		panic(http.ErrAbortHandler)
	default:
		writeSESError(w, http.StatusInternalServerError, "InternalServiceErrorException", "Internal failure")
	}
}
