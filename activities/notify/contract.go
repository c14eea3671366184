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
	LeadReturned    Template = "lead-returned"    // your lead is worth another try
	LeadReplied     Template = "lead-replied"     // your lead wrote back and waits for an answer
	MergeReview     Template = "merge-review"     // compare a lead with the contact it resembles
	DataRequest     Template = "data-request"     // a lead cannot be captured before somebody completes it
	HandoffOverdue  Template = "handoff-overdue"  // manager: nobody took the lead up in time
	ImportDigest    Template = "import-digest"    // what an import brought you
	ImportCompleted Template = "import-completed" // manager: how an import ended
	DeliveryMissing Template = "delivery-missing" // manager: a customer says that a delivery did not arrive
	DeliveryUnclear Template = "delivery-unclear" // a customer wrote about a delivery, and only a person understands it
	FirstContact    Template = "first-contact"    // to the person (ContactID): we have heard you

	ApprovalAsked     Template = "approval-asked"     // your decision is needed
	ApprovalReminder  Template = "approval-reminder"  // your decision is still needed
	ApprovalEscalated Template = "approval-escalated" // somebody below you did not decide: your decision is needed
)

// The templates about tasks of every kind (TaskID).
const (
	TaskGiven     Template = "task-given"     // a task is yours
	TaskDue       Template = "task-due"       // your task is due soon
	TaskOverdue   Template = "task-overdue"   // your task is late
	TaskEscalated Template = "task-escalated" // manager: a task is late
)

// The templates that the life of a deal speaks with.
const (
	DealStalled Template = "deal-stalled" // nobody has touched a deal for too long
	DealMoved   Template = "deal-moved"   // manager: a move that matters
	DealWon     Template = "deal-won"     // manager
	DealLost    Template = "deal-lost"    // manager
)

// The templates about appointments (AppointmentID), for who gives them.
const (
	AppointmentBooked    Template = "appointment-booked"    // somebody has an appointment with you
	AppointmentMoved     Template = "appointment-moved"     // it takes place at another time
	AppointmentCancelled Template = "appointment-cancelled" // it does not take place, or somebody else gives it
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

	ApprovalID uuid.UUID `json:"approval_id,omitzero"`
	DealID     uuid.UUID `json:"deal_id,omitzero"`

	AppointmentID uuid.UUID `json:"appointment_id,omitzero"`
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
