package email

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/provider"
)

// SendGridOptions configure a SendGrid provider.
type SendGridOptions struct {
	APIKey string
	// URL is the base of the API, without a trailing slash.
	URL string
	// From is the sender's address, with or without a display name.
	From string
	// Timeout bounds one call.
	Timeout time.Duration
	// Lookup is how long after a hand-over the Email Activity API can be relied upon; 0 when the account has none.
	Lookup time.Duration
}

// SendGrid sends mail through the Web API version 3. It is safe for concurrent use.
type SendGrid struct {
	opts SendGridOptions
	from sender
	http *http.Client
}

var _ provider.Provider = (*SendGrid)(nil)

// NewSendGrid checks the options; it does not connect. With a look-up time the result is a provider.Finder.
func NewSendGrid(o SendGridOptions) (provider.Provider, error) {
	from, err := parseSender(o.From)
	if err != nil {
		return nil, err
	}
	if o.APIKey == "" {
		return nil, errors.New("sendgrid.api_key: it has no value; set PERDURA_SENDGRID_API_KEY")
	}
	s := &SendGrid{opts: o, from: from, http: provider.Client(o.Timeout)}
	if o.Lookup > 0 {
		return &SendGridActivity{SendGrid: s}, nil
	}
	return s, nil
}

// Name is "sendgrid".
func (*SendGrid) Name() string { return "sendgrid" }

// Channel is Email.
func (*SendGrid) Channel() provider.Channel { return provider.Email }

// sendGridMail is the body of POST /v3/mail/send (SendMail in SendGrid's OpenAPI description).
type sendGridMail struct {
	Personalizations []sendGridEnvelope `json:"personalizations"`
	From             sendGridAddress    `json:"from"`
	Subject          string             `json:"subject"`
	Content          []sendGridContent  `json:"content"`
	Attachments      []sendGridFile     `json:"attachments,omitempty"`
	Headers          map[string]string  `json:"headers"`
	Categories       []string           `json:"categories,omitempty"`
	Tracking         sendGridTracking   `json:"tracking_settings"`
}

type sendGridEnvelope struct {
	To         []sendGridAddress `json:"to"`
	CustomArgs map[string]string `json:"custom_args"`
}

type sendGridAddress struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

type sendGridContent struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type sendGridSwitch struct {
	Enable bool `json:"enable"`
}

// sendGridTracking turns SendGrid's own rewriting off: it would count people who did not agree to it, and put its links
// before ours.
type sendGridTracking struct {
	Click        sendGridSwitch `json:"click_tracking"`
	Open         sendGridSwitch `json:"open_tracking"`
	Subscription sendGridSwitch `json:"subscription_tracking"`
}

// Send hands the mail over and returns SendGrid's X-Message-Id, with which the ids in its events begin.
func (s *SendGrid) Send(ctx context.Context, m provider.Message) (string, error) {
	to, err := recipient(m.To)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(s.mail(m, to))
	if err != nil {
		return "", fmt.Errorf("encode mail %s for SendGrid: %w", m.ID, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.opts.URL+"/v3/mail/send", bytes.NewReader(body))
	if err != nil {
		return "", errors.New("sendgrid.url: it cannot be called; correct it")
	}
	req.Header.Set("Content-Type", "application/json")
	res, answer, err := s.call(req)
	if err != nil {
		return "", err
	}
	if res.StatusCode == http.StatusAccepted || res.StatusCode == http.StatusOK {
		return res.Header.Get("X-Message-Id"), nil
	}
	return "", sendGridRefusal(res, answer)
}

func (s *SendGrid) mail(m provider.Message, to string) sendGridMail {
	mail := sendGridMail{
		Personalizations: []sendGridEnvelope{{
			To: []sendGridAddress{{Email: to}}, CustomArgs: map[string]string{MessageArgument: m.ID.String()},
		}},
		From:    sendGridAddress{Email: s.from.address, Name: s.from.name},
		Subject: oneLine(m.Subject),
		Content: []sendGridContent{{"text/plain", m.Text}}, Attachments: sendGridFiles(m),
		Headers: map[string]string{"Message-ID": "<" + s.from.messageID(m) + ">"},
	}
	if m.HTML != "" {
		mail.Content = append(mail.Content, sendGridContent{"text/html", m.HTML})
	}
	if m.Category != "" {
		mail.Categories = []string{word(m.Category)}
	}
	for _, h := range fields(m) {
		mail.Headers[h.name] = h.value
	}
	return mail
}

func (s *SendGrid) call(req *http.Request) (*http.Response, []byte, error) {
	req.Header.Set("Authorization", "Bearer "+s.opts.APIKey)
	return provider.Call(s.http, req, "SendGrid")
}

// sendGridRefusal maps an answer other than 202. The answer's words may quote the address and stay out of the error.
func sendGridRefusal(res *http.Response, body []byte) error {
	code := "sendgrid-" + strconv.Itoa(res.StatusCode)
	switch status := res.StatusCode; {
	case status == http.StatusTooManyRequests:
		return provider.RateLimited{After: sendGridWait(res.Header, time.Now())}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("sendgrid does not let this account send (status %d): check sendgrid.api_key, its permission Mail Send, and that the sender of smtp.from is verified", status)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status < http.StatusBadRequest:
		return fmt.Errorf("there is no SendGrid API at sendgrid.url (status %d): correct it", status)
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return provider.Unknown{Cause: fmt.Errorf("status %d", status)}
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return fmt.Errorf("sendgrid cannot take the mail now (status %d)", status)
	default:
		return provider.Rejected{Code: code, Address: status == http.StatusBadRequest && blamesRecipient(body)}
	}
}

// blamesRecipient reads SendGrid's ErrorResponse: field names what is wrong, as in personalizations.0.to.0.email.
func blamesRecipient(body []byte) bool {
	var answer struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	for _, e := range answer.Errors {
		if strings.HasPrefix(e.Field, "personalizations.") && strings.Contains(e.Field, ".to") {
			return true
		}
	}
	return false
}

// sendGridWait reads X-RateLimit-Reset, the Unix second at which the limit is lifted, or Retry-After.
func sendGridWait(header http.Header, now time.Time) time.Duration {
	if second, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		if wait := time.Unix(second, 0).Sub(now); wait > 0 && wait < time.Hour {
			return wait
		}
	}
	return provider.Wait(header, now, 5*time.Second)
}
