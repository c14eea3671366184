// Package nurturing keeps people in touch who are not ready to buy: it chooses the track that suits a lead, plans each
// message, counts reactions into the score, and knows what to do with leads that sales handed back. Every activity works
// in one transaction, and doing it twice changes nothing.
package nurturing

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/process"
)

// Candidate names whom to find a track for. LeadID is zero for the latest lead of the contact, Track empty for the one
// that suits best.
type Candidate struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id,omitzero"`
	Track     string    `json:"track,omitempty"`
}

// Verdicts of Choose and Plan.
const (
	Chosen      = "chosen"      // a track suits
	Write       = "write"       // at At, by Channel
	Skip        = "skip"        // this step is not for this person
	Unsuited    = "unsuited"    // nothing to nurture: see Reason
	OptedOut    = "opted-out"   // no consent is left for any channel
	Unreachable = "unreachable" // no channel leads to the person
	Converted   = "converted"   // the person is a customer
	Withdrawn   = "withdrawn"   // the contact is gone, or joined to another
	Over        = "over"        // the track has lasted as long as it may
)

// Reasons for which a person is unsuited.
const (
	NoConsent    = "no-consent"
	NoChannel    = "no-channel"
	NoTrack      = "no-track"
	NoLead       = "no-lead"
	AlreadyReady = "sales-ready"
	IsCustomer   = "converted"
	IsGone       = "withdrawn"
)

// Choice is the track of a run. Version stays with the run: later versions are for those who begin later.
type Choice struct {
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason,omitempty"`
	LeadID  uuid.UUID `json:"lead_id,omitzero"`
	Track   string    `json:"track,omitempty"`
	Version int       `json:"version,omitempty"`
	Steps   int       `json:"steps,omitempty"`
}

// Choose finds the lead of a contact and the track that suits it.
var Choose = process.NewActivity[Candidate, Choice]("nurturing.choose", process.Database,
	process.Yields("a track suits", Choice{Verdict: Chosen, LeadID: uuid.Max, Track: "intro", Steps: 2}),
	process.Yields("unsuited", Choice{Verdict: Unsuited, Reason: NoConsent}))

// Planning asks for one step of a track.
type Planning struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id"`
	Track     string    `json:"track"`
	Version   int       `json:"version"`
	Step      int       `json:"step"` // from 0
	// Since is when the run began, After when the step before was taken.
	Since time.Time `json:"since"`
	After time.Time `json:"after"`
	// Closed are channels that turned out to lead nowhere.
	Closed []provider.Channel `json:"closed,omitempty"`
}

// Planned is what to do about a step. Listen is how long reactions are waited for before the step that follows.
type Planned struct {
	Verdict  string           `json:"verdict"`
	Template string           `json:"template,omitempty"`
	Channel  provider.Channel `json:"channel,omitempty"`
	At       time.Time        `json:"at,omitzero"`
	Listen   time.Duration    `json:"listen,omitempty"`
}

var examplePlan = Planned{Verdict: Write, Template: "nurture-intro-1", Channel: provider.Email, Listen: 72 * time.Hour}

// Plan decides when and by which channel a step is taken, or why it is not.
var Plan = process.NewActivity[Planning, Planned]("nurturing.plan", process.Database,
	process.Yields("write", examplePlan),
	process.Yields("not for this person", Planned{Verdict: Skip}),
	process.Yields("no consent left", Planned{Verdict: OptedOut}),
	process.Yields("no way to reach them", Planned{Verdict: Unreachable}),
	process.Yields("a customer meanwhile", Planned{Verdict: Converted}),
	process.Yields("gone", Planned{Verdict: Withdrawn}),
	process.Yields("lasted long enough", Planned{Verdict: Over}))

// Reaction is what a person did with a message. Kind is opened, clicked or replied.
type Reaction struct {
	LeadID    uuid.UUID `json:"lead_id"`
	MessageID uuid.UUID `json:"message_id"`
	Kind      string    `json:"kind"`
	Track     string    `json:"track"`
	Version   int       `json:"version"`
}

// Standing is a lead's score after a reaction. Ready says that it has come as far as the track asks.
type Standing struct {
	Score int    `json:"score"`
	Tier  string `json:"tier"`
	Ready bool   `json:"ready,omitempty"`
}

// Credit counts a reaction into the lead's score, once for each message and kind.
var Credit = process.NewActivity[Reaction, Standing]("nurturing.credit", process.Database,
	process.Yields("not ready yet", Standing{Score: 30, Tier: "cold"}),
	process.Yields("ready for sales", Standing{Score: 70, Tier: "hot", Ready: true}))

// Exhaustion names a run whose track came to its end in silence.
type Exhaustion struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id"`
}

// Exhaust tells that a track ran out, so that the lead is recycled by its rule.
var Exhaust = process.NewActivity[Exhaustion, struct{}]("nurturing.exhaust", process.Database)
