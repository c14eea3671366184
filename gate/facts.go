package gate

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
)

// Facts are what is known of a person when a message is decided.
type Facts struct {
	// Known is false when there is no such contact, when it was erased, or joined to another.
	Known          bool
	Lifecycle      string
	LifecycleSince time.Time // zero when unknown
	Country        string    // ISO 3166-1 alpha-2; empty when unknown
	Region         string    // as the person wrote it
	TimeZone       string    // IANA; empty when unknown
	Language       string    // BCP 47
	Preferred      provider.Channel
	Addresses      map[provider.Channel]string // canonical
	Consents       map[string]bool             // by purpose, what was decided last
	Topics         map[string]bool             // choices that the person made
	Suppressed     []Standing
	// Sent are the marketing messages that left, or are about to, within the policy's longest window.
	Sent []Sent
	// Bids are the other marketing messages that wait for the same person.
	Bids []Bid
}

// Standing is a suppression of an address that the message could go to.
type Standing struct {
	Channel provider.Channel `json:"channel"`
	Reason  string           `json:"reason"`
	Scope   string           `json:"scope"` // all or marketing
}

// Sent is one message that counts for caps and collisions.
type Sent struct {
	At         time.Time        `json:"at"`
	Channel    provider.Channel `json:"channel"`
	Department string           `json:"department"`
	Topic      string           `json:"topic"`
	Template   string           `json:"template"`
}

// Bid is one message that waits for its day.
type Bid struct {
	ID         uuid.UUID `json:"id"`
	DueAt      time.Time `json:"due_at"`
	AskedAt    time.Time `json:"asked_at"`
	Department string    `json:"department"`
}
