// Package gate is the one place that decides whether, and when, a message may reach a person. It decides in
// PostgreSQL under a lock on the contact, at the moment of sending, from a policy that is data with versions.
package gate

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
)

// Classes of messages. Internal messages, to people of the house, do not come to the gate.
const (
	Internal      = "internal"
	Transactional = "transactional" // owed to the person: confirmations, codes, answers
	Marketing     = "marketing"     // everything else, by consent or another legal basis
)

// Collections is the topic of messages that remind of a debt.
const Collections = "collections"

// Request asks whether a message may leave now.
type Request struct {
	MessageID uuid.UUID // the ledger's row: not counted against itself
	ContactID uuid.UUID
	// Channel is empty to take the preferred one among Channels.
	Channel    provider.Channel
	Channels   []provider.Channel // those that the template has words for and a provider exists for
	Class      string
	Purpose    string // consent purpose
	Topic      string
	Department string
	Template   string
	// AskedAt is when the message was first brought to the gate; the collision window counts from it.
	AskedAt   time.Time
	ExpiresAt time.Time // zero: the policy's longest shift after AskedAt
	Test      bool      // test sends reach staff only and skip the policy
}

// Answer is the gate's word.
type Answer string

// The answers.
const (
	Allow  Answer = "send"
	Shift  Answer = "shift"
	Refuse Answer = "refuse"
)

// Reasons that a verdict may carry. They stand in the ledger and in GET /v1/messages.
const (
	NoContact     = "no-contact"     // erased, or joined to another
	NoAddress     = "no-address"     // no address for any possible channel
	Suppressed    = "suppressed"     // bounce, complaint, manual or imported suppression
	NoConsent     = "no-consent"     // no legal basis for this purpose
	TopicOptOut   = "topic-opt-out"  // the person does not want this topic
	NewCustomer   = "new-customer"   // not to somebody who has just become a customer
	FrequencyCap  = "frequency-cap"  // enough for now
	QuietHours    = "quiet-hours"    // not at this hour, weekday or holiday where the person lives
	CollisionHold = "collision-hold" // waits a moment to see who else wants this person today
	Collision     = "collision"      // a department with a higher priority speaks today
	Expired       = "expired"        // it could not leave before it lost its worth
	NotConfigured = "channel-not-configured"
	UnknownTime   = "no-time-zone" // the policy forbids guessing a time zone and none is known
)

// Verdict is the gate's answer with everything that the ledger keeps of it.
type Verdict struct {
	Answer  Answer
	Reason  string    // empty when Allow
	Until   time.Time // Shift: business time to ask again
	Channel provider.Channel
	Address string // canonical, of Channel
	// Priority among departments, and Policy's version, as they were applied.
	Priority int
	Policy   int
	// Language of the person, BCP 47; empty when unknown. Track: opens and clicks may be recorded.
	Language string
	Track    bool
}
