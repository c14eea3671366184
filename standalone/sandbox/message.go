package sandbox

import (
	"mime"
	"path"
	"strings"
	"time"
)

// Channels a message can arrive on.
const (
	ChannelEmail    = "email"
	ChannelSMS      = "sms"
	ChannelWhatsApp = "whatsapp" // the Twilio endpoint with whatsapp: addresses
	ChannelWebhook  = "webhook"
)

// Message is one thing the sandbox accepted for one recipient. A mail with
// three envelope recipients is three messages that share their raw source.
type Message struct {
	ID      string `json:"id"` // UUIDv7
	Channel string `json:"channel"`
	// To is the envelope recipient (email), the address in the request (sms,
	// whatsapp) or the receiver's name (webhook).
	To string `json:"to"`
	// From is the bare sender address: the From header, else the envelope.
	From    string `json:"from"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	// Calendar is the iCalendar object that a mail carries, if any.
	Calendar string `json:"calendar,omitempty"`
	// Headers are the mail's or the HTTP request's, with canonical names and
	// decoded RFC 2047 words. Authorization is never recorded.
	Headers     map[string][]string `json:"headers"`
	SentAt      time.Time           `json:"sent_at"` // sandbox clock, UTC
	Attachments []Attachment        `json:"attachments"`
	// ProviderID is what the provider told the sender: the Message-ID of a
	// mail, the Twilio SID of a text message, the webhook-id of a notification.
	ProviderID string `json:"provider_id"`
	// Status is a Twilio status for sms and whatsapp; "delivered", "bounced",
	// "complained" or "unsubscribed" for email; "received" for webhooks.
	Status string  `json:"status"`
	Size   int     `json:"size"`   // bytes of the raw source
	Events []Event `json:"events"` // oldest first, the latest 50
}

// Attachment describes a file that came with a message. Its content is in the
// raw source only.
type Attachment struct {
	Name string `json:"name"` // file name, or the URL of media sent by reference
	Type string `json:"type"` // media type
	Size int64  `json:"size"` // decoded bytes, 0 when the media is a reference
}

// Event is something that happened to a message after it was accepted, and
// what the product's webhook answered when it was told.
type Event struct {
	At time.Time `json:"at"` // sandbox clock, UTC
	// Name is the customer's action (open, click, …) or a delivery status.
	Name string `json:"name"`
	// Provider names the webhook that was called; empty when none was.
	Provider string `json:"provider,omitempty"`
	// WebhookStatus is the HTTP status of the webhook's answer, 0 without one.
	WebhookStatus int `json:"webhook_status,omitempty"`
	// Error says why no answer came.
	Error string `json:"error,omitempty"`
	// Status is the message's status from now on; empty leaves it as it was.
	Status string `json:"status,omitempty"`
	// ErrorCode is Twilio's error code for an undelivered message.
	ErrorCode int `json:"error_code,omitempty"`
}

// sms is what the Twilio resource shows of a text message beyond Message.
type sms struct {
	AccountSID          string `json:"account_sid"`
	MessagingServiceSID string `json:"messaging_service_sid,omitempty"`
	StatusCallback      string `json:"status_callback,omitempty"`
	Segments            int    `json:"segments"`
	Media               int    `json:"media,omitempty"`
}

// sender is whom a customer opts out of: the messaging service when there is
// one, else the number the message came from.
func (s *sms) sender(from string) string {
	if s.MessagingServiceSID != "" {
		return s.MessagingServiceSID
	}
	return from
}

// attach keeps what is known of a file that came through an API, and the words of an invitation.
func (m *Message) attach(name, contentType string, content []byte) {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = "application/octet-stream"
	}
	m.Attachments = append(m.Attachments, Attachment{Name: path.Base("/" + validText([]byte(name))), Type: mediaType, Size: int64(len(content))})
	if mediaType == "text/calendar" {
		m.Calendar = strings.ReplaceAll(validText(content), "\r\n", "\n")
	}
}
