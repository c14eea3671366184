// Package messages says something to a person outside: a template and ids go in, and one message leaves, if the policy
// gate agrees, once.
package messages

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/process"
)

// Urgency orders what waits for a provider; it does not loosen the policy.
type Urgency string

// The urgencies.
const (
	Now    Urgency = "now"  // the person waits for it: a one-time code
	Normal Urgency = ""     // a step of a process
	Bulk   Urgency = "bulk" // one of many: a campaign
)

// Message asks for one message to one person. It holds ids and words of the business only. A zero id means none.
type Message struct {
	// Template names a published communication template, whose class, purpose and topic the policy gate goes by.
	Template  string    `json:"template"`
	ContactID uuid.UUID `json:"contact_id"`
	// Channel is empty for the channel that the person prefers among those the template has words for.
	Channel provider.Channel `json:"channel,omitempty"`
	// Department speaks; collisions between departments are settled by the policy's priorities. journey.Send fills in
	// the owner of the process.
	Department string  `json:"department,omitempty"`
	Urgency    Urgency `json:"urgency,omitempty"`
	// ExpiresAt is the business time after which it is not worth sending; zero for the policy's longest shift.
	ExpiresAt time.Time `json:"expires_at,omitzero"`

	// What the message speaks of.
	LeadID       uuid.UUID `json:"lead_id,omitzero"`
	TaskID       uuid.UUID `json:"task_id,omitzero"`
	CouponID     uuid.UUID `json:"coupon_id,omitzero"`
	InvitationID uuid.UUID `json:"invitation_id,omitzero"`
	OptInID      uuid.UUID `json:"opt_in_id,omitzero"`
	ContractID   uuid.UUID `json:"contract_id,omitzero"`
	// AppointmentID also puts an invitation into the mail, or takes it back when the appointment was cancelled.
	AppointmentID uuid.UUID `json:"appointment_id,omitzero"`
	// SigningCodeID is the one-time code that the message carries.
	SigningCodeID uuid.UUID `json:"signing_code_id,omitzero"`
	// EnrolmentID is the course that it belongs to, whose language it has, and LessonID what is taught.
	EnrolmentID uuid.UUID `json:"enrolment_id,omitzero"`
	LessonID    uuid.UUID `json:"lesson_id,omitzero"`

	// Fence is the version of what the message speaks of: when that has changed before it leaves, it is refused as
	// Overtaken, even if it changed a moment ago. The zero Token does not bind it.
	Fence fence.Token `json:"fence,omitzero"`

	// TestUserID makes it a test: it goes to this user of the house instead of the person, past the policy gate, and counts
	// nowhere.
	TestUserID uuid.UUID `json:"test_user_id,omitzero"`

	// Resume is the id of a message that was shifted and whose time has come.
	Resume uuid.UUID `json:"resume,omitzero"`
}

// account is the contact whose account the message is about: the one that it is fenced by.
func (m Message) account() uuid.UUID {
	if m.Fence.Kind != collecting.AccountFence {
		return uuid.Nil
	}
	return m.Fence.ID
}

// Dispatch tells Temporal in which order steps wait: urgent first, and within that each department its share.
func (m Message) Dispatch() process.Dispatch {
	d := process.Dispatch{Fairness: m.Department}
	switch m.Urgency {
	case Now:
		d.Priority = 1
	case Bulk:
		d.Priority = 5
	}
	return d
}

// The states of a Receipt.
const (
	Sent    = "sent"
	Shifted = "shifted" // the gate says: at Until, not now
	Refused = "refused" // the gate says no, or the person cannot be reached: see Reason
	Failed  = "failed"  // the provider will not take it
	Unknown = "unknown" // handed over, and nobody can say whether it left; it is not sent again
)

// Receipt says what became of a message. Reason is a code such as "no-consent", "frequency-cap", "no-address".
type Receipt struct {
	MessageID uuid.UUID        `json:"message_id,omitzero"`
	State     string           `json:"state"`
	Reason    string           `json:"reason,omitempty"`
	Channel   provider.Channel `json:"channel,omitempty"`
	Until     time.Time        `json:"until,omitzero"`
}

// Overtaken is the reason of a message whose Fence did not stand any more.
const Overtaken = delivery.Overtaken

// Left reports whether the message is, or may be, on its way.
func (r Receipt) Left() bool { return r.State == Sent || r.State == Unknown }

// Send asks the gate and delivers the message once under the key of its step.
var Send = process.NewActivity[Message, Receipt]("messages.send", process.Provider,
	process.Yields("sent", Receipt{MessageID: uuid.Max, State: Sent, Channel: provider.Email}),
	process.Yields("shifted", Receipt{MessageID: uuid.Max, State: Shifted, Reason: "quiet-hours", Until: time.Unix(0, 0).UTC()}),
	process.Yields("refused", Receipt{MessageID: uuid.Max, State: Refused, Reason: "no-consent"}),
	process.Yields("too late", Receipt{MessageID: uuid.Max, State: Refused, Reason: "expired"}),
	process.Yields("rejected", Receipt{MessageID: uuid.Max, State: Failed, Reason: "smtp-550", Channel: provider.Email}),
	process.Yields("in doubt", Receipt{MessageID: uuid.Max, State: Unknown, Reason: "no-answer", Channel: provider.Email}))

// Withdrawal takes back a shifted message that nobody wants any more.
type Withdrawal struct {
	MessageID uuid.UUID `json:"message_id"`
	Reason    string    `json:"reason"`
}

// Withdraw gives up a shifted message and its place in the day. One that has left meanwhile stays as it is.
var Withdraw = process.NewActivity[Withdrawal, struct{}]("messages.withdraw", process.Database)
