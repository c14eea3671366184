// Package contracting writes contracts, has them signed and keeps the evidence of it.
package contracting

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/process"
)

// Draft asks for the contract of a deal on one revision of its terms.
type Draft struct {
	DealID   uuid.UUID `json:"deal_id"`
	Revision int       `json:"revision"`
	// Template is a published contract template; ApprovalID is what approved the price, zero when none was needed.
	Template   string    `json:"template"`
	ApprovalID uuid.UUID `json:"approval_id,omitzero"`
}

// Issued names the contract that was written.
type Issued struct {
	ContractID uuid.UUID `json:"contract_id"`
}

// The codes with which Issue refuses.
const (
	Incomplete = "incomplete"  // the deal or the contact lacks what the template needs
	NoTemplate = "no-template" // no published template of that name
	Stale      = "stale-deal"  // the deal's terms are of another revision by now
	Unapproved = "no-approval" // the price is outside the band, and nobody approved this revision
)

// Issue writes the contract as a PDF and begins its chain of evidence. Under the same key it is written once.
var Issue = process.NewActivity[Draft, Issued]("contracts.issue", process.Database,
	process.Yields("issued", Issued{ContractID: uuid.Max}),
	process.Refuses[Issued](Incomplete), process.Refuses[Issued](NoTemplate), process.Refuses[Issued](Stale), process.Refuses[Issued](Unapproved))

// Void ends a contract that is not in force: its links open nothing any more, and the evidence says so.
var Void = process.NewActivity[uuid.UUID, struct{}]("contracts.void", process.Database)

// The communication templates that speak of contracts.
const (
	TemplateInvitation = "contract-invitation"
	TemplateReminder   = "contract-reminder"
	TemplateCode       = "contract-code"
	TemplateCopy       = "contract-copy"
)

// Standing is where a contract stands, and what its process needs to know to see it through.
type Standing struct {
	// State is one of those of package contracts.
	State     string    `json:"state"`
	ContactID uuid.UUID `json:"contact_id"`
	// Reason is the code that the customer gave for declining.
	Reason string `json:"reason,omitempty"`
	// RemindAt are the times at which the customer is reminded, within their working hours.
	RemindAt  []time.Time `json:"remind_at,omitempty"`
	ExpiresAt time.Time   `json:"expires_at"`
}

// farAway is later than any time at which a process is explored.
var farAway = time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)

func example(state, reason string) Standing {
	return Standing{
		State: state, ContactID: uuid.Max, Reason: reason, RemindAt: []time.Time{farAway}, ExpiresAt: farAway.AddDate(0, 0, 7),
	}
}

var standings = []process.ActivityOption[Standing]{
	process.Yields("open", example(contracts.Issued, "")),
	process.Yields("signed by the customer", example(contracts.Signed, "")),
	process.Yields("in force", example(contracts.InForce, "")),
	process.Yields("declined", example(contracts.Declined, "price")),
	process.Yields("expired", example(contracts.Expired, "")),
	process.Yields("voided", example(contracts.Voided, "")),
}

// ReadStanding reads where a contract stands.
var ReadStanding = process.NewActivity[uuid.UUID, Standing]("contracts.read-standing", process.Database, standings...)

// Expire ends a contract that the customer did not sign in time, and tells where it stands: it may have moved on in the
// last moment, and then stays as it is.
var Expire = process.NewActivity[uuid.UUID, Standing]("contracts.expire", process.Database, standings[1:]...)

// Asked is the task that asks our side to sign.
type Asked struct {
	TaskID uuid.UUID `json:"task_id"`
	// AssigneeID is the owner of the deal, or a manager; zero when nobody could be found.
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	// By is until when they sign; zero when the contract does not wait for our side any more.
	By time.Time `json:"by,omitzero"`
}

// AskToCountersign makes the task for our side to sign, once under the key of its step. It ends by itself when the
// contract is countersigned or voided.
var AskToCountersign = process.NewActivity[uuid.UUID, Asked]("contracts.ask-to-countersign", process.Database,
	process.Yields("given to somebody", Asked{TaskID: uuid.Max, AssigneeID: uuid.Max, By: farAway.AddDate(0, 0, 14)}))

// Sent names a message about a contract that left.
type Sent struct {
	ContractID uuid.UUID `json:"contract_id"`
	// Kind is that of the record: InvitationSent, ReminderSent or CodeSent.
	Kind      string    `json:"kind"`
	MessageID uuid.UUID `json:"message_id"`
	// CodeID is the one-time code that the message carried.
	CodeID uuid.UUID `json:"code_id,omitzero"`
}

// The kinds of records about messages.
const (
	InvitationSent = "invitation-sent"
	ReminderSent   = "reminder-sent"
	CodeSent       = "code-sent"
)

// NoteSent writes into the evidence that a message left, and to which address.
var NoteSent = process.NewActivity[Sent, struct{}]("contracts.note-sent", process.Database)

// Anchored says whether the evidence is in a log.
type Anchored struct {
	InLog bool `json:"in_log"`
}

// Anchor puts the head of the evidence into the log, where the house keeps one.
var Anchor = process.NewActivity[uuid.UUID, Anchored]("contracts.anchor", process.Provider,
	process.Yields("in the log", Anchored{InLog: true}), process.Yields("no log is kept", Anchored{}))
