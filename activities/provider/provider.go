// Package provider is what the send ledger knows of the systems that carry messages: one message in, one verdict out.
// Adapters (mail servers, SendGrid, SES, Twilio, webhooks) implement it and know nothing of ledger, policy or templates.
package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Channel is a way to reach somebody.
type Channel string

// The channels that a message may leave by.
const (
	Email   Channel = "email"
	SMS     Channel = "sms"
	Webhook Channel = "webhook"
)

// Message is one message to one recipient, rendered and ready to leave.
type Message struct {
	// ID is the ledger's id: the provider's idempotency key, custom argument or Message-ID. Equal IDs are one message.
	ID uuid.UUID
	// To is a mail address, an E.164 number or a URL, as the channel needs it.
	To       string
	Language string // BCP 47
	Subject  string
	Text     string
	HTML     string // empty for none
	// Category is the template's name, by which providers group their statistics. Nothing personal.
	Category string
	// Bulk marks marketing: mail carries List-Unsubscribe and Precedence accordingly.
	Bulk bool
	// Unsubscribe is the one-click URL of RFC 8058; empty for none.
	Unsubscribe string
	// Calendar is an iCalendar object that goes along with a mail, and CalendarMethod its method (RFC 5546): REQUEST or
	// CANCEL. Empty for none.
	Calendar       []byte
	CalendarMethod string
	// Body is what a webhook posts.
	Body []byte
	// FirstTried is the real time of the first hand-over under this ID; zero at the first try. Finders search from there.
	FirstTried time.Time
}

// Provider carries messages of one channel. Implementations are safe for concurrent use and bound every call themselves.
type Provider interface {
	// Name is the provider's name in the ledger and in webhook paths: smtp, sendgrid, ses, twilio, webhook.
	Name() string
	Channel() Channel
	// Send hands the message over and returns the provider's id of it. Errors: Rejected, Unknown, RateLimited; any other
	// means that the message did not leave and may be tried later.
	Send(ctx context.Context, m Message) (id string, err error)
}

// Finder is a Provider that can be asked whether it has a message.
type Finder interface {
	// Find looks for a message that was handed over under m.ID. claimed reports whether a provider id already belongs to
	// another message of the ledger. found is false when the provider does not know it (yet).
	Find(ctx context.Context, m Message, claimed func(id string) bool) (id string, found bool, err error)
	// Settled is how long after a hand-over the answer "not found" can be relied upon, in real time.
	Settled() time.Duration
}

// Repeater is a Provider whose receiver recognises a message sent again under the same ID, so that repeating is harmless.
type Repeater interface{ Repeats() }

// Rejected says that this message will never be taken.
type Rejected struct {
	// Code is the provider's own, with its prefix: "smtp-550", "twilio-21610", "http-400".
	Code string
	// Address says that the address itself is to blame and nothing should be sent to it again.
	Address bool
	// OptedOut says that the person told the provider to stop (Twilio error 21610).
	OptedOut bool
}

func (r Rejected) Error() string { return "the provider refused the message for good (" + r.Code + ")" }

// Unknown says that the message was handed over and no answer came: it may or may not be on its way.
type Unknown struct{ Cause error }

func (u Unknown) Error() string { return "the provider took the message and did not answer" }

// Unwrap returns the cause; its text may quote an address, so it is for logs of classes only.
func (u Unknown) Unwrap() error { return u.Cause }

// RateLimited says when the provider wants to be called again (RFC 9110, 10.2.3).
type RateLimited struct{ After time.Duration }

func (r RateLimited) Error() string {
	return fmt.Sprintf("the provider asks to wait %s", r.After)
}

// Doubtful reports whether nobody knows if the message left.
func Doubtful(err error) bool { return errors.As(err, new(Unknown)) }
