// Package feedback takes in what providers, and our own links, report about messages after they left: that one arrived,
// bounced, was opened, clicked, answered or complained about. It keeps the send ledger right whatever order the reports
// come in and however often, does what they oblige us to (a dead address is suppressed, a complaint ends all marketing,
// STOP is heeded), and tells the processes.
//
// Reports come from the webhooks in package api/webhooks and from the tracking links in package api.
package feedback

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Kind is what happened to a message.
type Kind string

// The kinds. All but Sent and Failed are told to processes, as events.Engagement names them.
const (
	Sent         Kind = "sent"      // the provider has it, and goes on trying
	Delivered    Kind = "delivered" // the mailbox, or the handset, has it
	Opened       Kind = "opened"
	Clicked      Kind = "clicked"
	Replied      Kind = "replied"
	SoftBounced  Kind = "soft-bounced" // not this time: a full mailbox, a server that is down
	Bounced      Kind = "bounced"      // never: there is no such address
	Complained   Kind = "complained"   // the person called it spam
	Unsubscribed Kind = "unsubscribed" // the person asked the provider to stop
	Failed       Kind = "failed"       // the provider gave it up before it left
)

// Why a report does not count: it is kept, and changes nothing else.
const (
	Scanner     = "scanner"      // a machine that checks links
	MachineOpen = "machine-open" // a mailbox provider that loads images ahead of the person
	AutoReply   = "auto-reply"   // an absence note or the like
	NoConsent   = "no-consent"   // opens and clicks of this person are not recorded
)

// MaxText bounds the words of a reply, in bytes; the rest is cut off.
const MaxText = 64 << 10

// Report is one thing that happened to one message.
type Report struct {
	// Provider says who reports: sendgrid, ses, twilio, perdura (our own links) or a mail gateway.
	Provider string
	// ExternalID is the provider's id of this event: a second report with both the same is a repeat, and does nothing.
	ExternalID string
	Kind       Kind
	// MessageID is the ledger's id, when the provider was told and tells it back; zero otherwise.
	MessageID uuid.UUID
	// ProviderID is the provider's id of the message, as Provider.Send returned it, and Sender the provider's name in the
	// ledger where it is not the one that reports (mail that went to SendGrid by SMTP).
	ProviderID string
	Sender     string
	// Channel and Address name the person where the ledger does not know the message. Channel is "email" or "sms".
	Channel string
	Address string
	// Link is the position of the clicked link in the message, from 1; 0 when it is not known.
	Link int
	// Detail is the provider's code, such as "5.1.1". Never an address, never words of a person.
	Detail string
	// Filtered is why it does not count; empty when it does.
	Filtered string
	// At is business time. Zero means now; nothing is dated later than now.
	At time.Time
	// Reply is what the person wrote; Replied only.
	Reply *Reply
}

// Reply is a message that a person wrote to us. Its sender is the report's Address.
type Reply struct {
	Subject string
	Text    string
	// Keyword is what the provider took the text for (see Keyword); ours is found besides, and stop wins.
	Keyword string
	// Automatic says that a machine wrote it (RFC 3834).
	Automatic bool
}

// maxName bounds what stands in indexes, in bytes.
const maxName = 512

// ErrInvalid means that a report cannot be taken: it lacks an id, or its kind is unknown. Nothing was written.
var ErrInvalid = errors.New("the report cannot be taken")

func (r Report) check() error {
	switch r.Kind {
	case Sent, Delivered, Opened, Clicked, SoftBounced, Bounced, Complained, Unsubscribed, Failed:
	case Replied:
		if r.Reply == nil {
			return fmt.Errorf("%w: a reply has no words", ErrInvalid)
		}
		if r.Channel != "email" && r.Channel != "sms" {
			return fmt.Errorf("%w: a reply comes by email or sms", ErrInvalid)
		}
	default:
		return fmt.Errorf("%w: unknown kind", ErrInvalid)
	}
	if r.Provider == "" || r.ExternalID == "" || len(r.ExternalID) > maxName {
		return fmt.Errorf("%w: its id is missing or longer than %d bytes", ErrInvalid, maxName)
	}
	return nil
}

// watches reports whether the report is about what a person looked at, which is recorded with consent only.
func (r Report) watches() bool { return r.Kind == Opened || r.Kind == Clicked }

// name makes a repeat recognisable.
type name struct{ provider, externalID string }

func (r Report) name() name { return name{r.Provider, r.ExternalID} }
