// Package notify tells people things: each message goes through the send ledger, is rendered from a template and the
// ids it was given, and leaves by one channel.
package notify

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Channel is a way to reach somebody.
type Channel string

// The channels that a message may leave by.
const (
	Email   Channel = "email"
	SMS     Channel = "sms"
	Webhook Channel = "webhook"
)

// Template names what is said; the words are kept where messages are rendered.
type Template string

// The templates that the lead processes speak with. UserID is the reader of each but FirstContact and DataRequest.
const (
	LeadAssigned    Template = "lead-assigned"    // a captured lead and its follow-up task are yours
	LeadReassigned  Template = "lead-reassigned"  // somebody else did not take it up: it is yours now
	LeadAskedAgain  Template = "lead-asked-again" // your lead got in touch once more
	LeadQueued      Template = "lead-queued"      // manager: nobody is free for this lead
	MergeReview     Template = "merge-review"     // compare a lead with the contact it resembles
	DataRequest     Template = "data-request"     // a lead cannot be captured before somebody completes it
	HandoffOverdue  Template = "handoff-overdue"  // manager: nobody took the lead up in time
	ImportDigest    Template = "import-digest"    // what an import brought you
	ImportCompleted Template = "import-completed" // manager: how an import ended
	FirstContact    Template = "first-contact"    // to the person (ContactID): we have heard you
)

// Message asks for one message to one recipient. It holds ids only: the sender reads what they stand for. A zero id
// means none.
type Message struct {
	Template Template `json:"template"`
	Channel  Channel  `json:"channel"`

	// UserID or ContactID is the recipient: somebody of ours, or the person outside.
	UserID    uuid.UUID `json:"user_id,omitzero"`
	ContactID uuid.UUID `json:"contact_id,omitzero"`

	// What the message is about.
	LeadID   uuid.UUID `json:"lead_id,omitzero"`
	TaskID   uuid.UUID `json:"task_id,omitzero"`
	ImportID uuid.UUID `json:"import_id,omitzero"`
}

// The states of a Receipt.
const (
	Sent    = "sent"
	Refused = "refused"
)

// Receipt says what became of a message. Reason is a code, such as "no-address", when it was refused.
type Receipt struct {
	MessageID uuid.UUID `json:"message_id,omitzero"`
	State     string    `json:"state"`
	Reason    string    `json:"reason,omitempty"`
}

// Send delivers a message once under the key of its step. A recipient who cannot be reached by the channel (no address,
// no webhook, no consent) is a refusal in the receipt, not an error.
var Send = process.NewActivity[Message, Receipt]("notify.send", process.Provider,
	process.Yields("sent", Receipt{State: Sent}),
	process.Yields("refused", Receipt{State: Refused, Reason: "no-address"}))
