package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// messageArgument is the custom argument by which Perdura finds its mails again.
const messageArgument = "perdura_message"

// sendGridAddress is MailFrom and MailTo of SendGrid's OpenAPI description.
type sendGridAddress struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// sendGridMail is what the sandbox understands of the body of POST /v3/mail/send.
type sendGridMail struct {
	Personalizations []struct {
		To         []sendGridAddress `json:"to"`
		Subject    string            `json:"subject"`
		Headers    map[string]string `json:"headers"`
		CustomArgs map[string]string `json:"custom_args"`
	} `json:"personalizations"`
	From    *sendGridAddress `json:"from"`
	Subject string           `json:"subject"`
	Content []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"content"`
	Attachments []struct {
		Content  []byte `json:"content"` // base64 in JSON
		Type     string `json:"type"`
		Filename string `json:"filename"`
	} `json:"attachments"`
	Headers    map[string]string `json:"headers"`
	Categories []string          `json:"categories"`
	CustomArgs map[string]string `json:"custom_args"`
}

// sendGridError is ErrorResponse.
type sendGridError struct {
	status         int
	Message, Field string
}

func (e *sendGridError) Error() string { return e.Message }

func writeSendGridError(w http.ResponseWriter, e *sendGridError) {
	var field any
	if e.Field != "" {
		field = e.Field
	}
	writeJSON(w, e.status, map[string]any{"errors": []any{map[string]any{"message": e.Message, "field": field, "help": nil}}})
}

// sendGridSend takes a mail: POST /v3/mail/send. It answers 202 with
// X-Message-Id and no body.
func (s *Sandbox) sendGridSend(w http.ResponseWriter, r *http.Request) {
	if !s.sendGridAuthenticated(w, r) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMailBytes))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			writeSendGridError(w, &sendGridError{http.StatusRequestEntityTooLarge, "content too large", ""})
		}
		return
	}
	fault := s.faults.take(ChannelEmail)
	if fault != nil && fault.Mode != FaultTimeoutAfterAccept {
		fault.wait(r.Context())
		failSendGrid(w, fault)
		return
	}
	messages, refused := s.newMails(body)
	if refused != nil {
		writeSendGridError(w, refused)
		return
	}
	if err := s.outbox.add(body, nil, messages...); err != nil {
		s.log.Error("a mail could not be kept", "error", err)
		writeSendGridError(w, &sendGridError{http.StatusInternalServerError, "internal server error", ""})
		return
	}
	s.delivered(messages...)
	if fault != nil {
		fault.wait(r.Context())
		failSendGrid(w, fault)
		return
	}
	id, _, _ := strings.Cut(sendGridMessageID(messages[0]), ".")
	w.Header().Set("X-Message-Id", id)
	w.WriteHeader(http.StatusAccepted)
}

func (s *Sandbox) sendGridAuthenticated(w http.ResponseWriter, r *http.Request) bool {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || !sameSecret(key, s.options.SendGridAPIKey) {
		writeSendGridError(w, &sendGridError{http.StatusUnauthorized, "The provided authorization grant is invalid, expired, or revoked", ""})
		return false
	}
	return true
}

// newMails checks the body and makes one message for each recipient.
func (s *Sandbox) newMails(body []byte) ([]*Message, *sendGridError) {
	refuse := func(field, message string) ([]*Message, *sendGridError) {
		return nil, &sendGridError{http.StatusBadRequest, message, field}
	}
	var in sendGridMail
	if err := json.Unmarshal(body, &in); err != nil {
		return refuse("", "Bad Request")
	}
	switch {
	case in.From == nil || !isAddress(in.From.Email):
		return refuse("from.email", "The from email does not contain a valid address.")
	case len(in.Personalizations) == 0:
		return refuse("personalizations", "The personalizations field is required and must have at least one personalization.")
	case len(in.Content) == 0:
		return refuse("content", "Unless a valid template_id is provided, the content parameter is required.")
	}
	var messages []*Message
	now := s.now().UTC()
	for i, p := range in.Personalizations {
		subject := in.Subject
		if p.Subject != "" {
			subject = p.Subject
		}
		if subject == "" {
			return refuse("subject", "The subject is required.")
		}
		if len(p.To) == 0 {
			return refuse(fmt.Sprintf("personalizations.%d.to", i), "The to array is required for all personalization objects, and must have at least one email object with a valid email address.")
		}
		for j, to := range p.To {
			if !isAddress(to.Email) {
				return refuse(fmt.Sprintf("personalizations.%d.to.%d.email", i, j), "Does not contain a valid address.")
			}
			m := &Message{
				ID: newID(now), Channel: ChannelEmail, To: to.Email, From: in.From.Email, Subject: subject, SentAt: now,
				Headers: map[string][]string{}, Attachments: []Attachment{}, Status: "delivered", Size: len(body),
			}
			for _, part := range in.Content {
				if part.Value == "" {
					return refuse("content", "The content value must be a string at least one character in length.")
				}
				if part.Type == "text/html" {
					m.HTML = part.Value
				} else {
					m.Text = part.Value
				}
			}
			for _, f := range in.Attachments {
				m.attach(f.Filename, f.Type, f.Content)
			}
			m.setHeaders(in.Headers, p.Headers)
			m.setHeader("From", (&mail.Address{Name: in.From.Name, Address: in.From.Email}).String())
			m.setHeader("To", (&mail.Address{Name: to.Name, Address: to.Email}).String())
			m.setHeader("Subject", subject)
			if m.ProviderID = first(m.Headers["Message-Id"]); m.ProviderID == "" {
				m.ProviderID = "<" + m.ID + "@geopod-ismtpd-sandbox>"
				m.setHeader("Message-Id", m.ProviderID)
			}
			m.setArguments(in.Categories, in.CustomArgs, p.CustomArgs)
			messages = append(messages, m)
		}
	}
	return messages, nil
}

func isAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (m *Message) setHeader(name, value string) {
	m.Headers[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
}

// setHeaders takes the headers of the mail, then those of the recipient.
func (m *Message) setHeaders(of ...map[string]string) {
	for _, headers := range of {
		for name, value := range headers {
			m.setHeader(name, value)
		}
	}
}

// setArguments keeps what the API took beside the mail where the SMTP relay has
// it: in the header X-SMTPAPI.
func (m *Message) setArguments(categories []string, of ...map[string]string) {
	api := smtpAPIHeader{UniqueArgs: map[string]string{}, Category: categories}
	for _, arguments := range of {
		for name, value := range arguments {
			api.UniqueArgs[name] = value
		}
	}
	if len(api.UniqueArgs) == 0 && len(categories) == 0 {
		return
	}
	encoded, _ := json.Marshal(api) // strings always encode
	m.setHeader("X-SMTPAPI", string(encoded))
}

// failSendGrid answers a fault. Aborting the handler closes the connection
// without an answer.
func failSendGrid(w http.ResponseWriter, fault *Fault) {
	switch fault.Mode {
	case FaultRateLimit:
		w.Header().Set("X-RateLimit-Limit", "1")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Unix()+int64(fault.retryAfter()), 10))
		writeSendGridError(w, &sendGridError{http.StatusTooManyRequests, "too many requests", ""})
	case FaultReject:
		writeSendGridError(w, &sendGridError{http.StatusBadRequest, "Does not contain a valid address.", "personalizations.0.to.0.email"})
	case FaultTimeout, FaultTimeoutAfterAccept:
		panic(http.ErrAbortHandler)
	default:
		writeSendGridError(w, &sendGridError{http.StatusInternalServerError, "internal server error", ""})
	}
}
