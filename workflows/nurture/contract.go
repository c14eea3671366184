// Package nurture keeps in touch with a lead that is not ready for sales: a track of messages, each at the best hour by
// the best channel, until the person reacts enough, answers, buys, declines, or stays silent to the end.
package nurture

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Name of the process.
const Name = "lead-nurture"

// Input names the person. LeadID is zero for the latest lead, Track empty for the one that suits best. SoFar is what a
// long run hands to the one that continues it.
type Input struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id,omitzero"`
	Track     string    `json:"track,omitempty"`
	SoFar     SoFar     `json:"so_far,omitzero"`
}

// SoFar is where a run stands. Track and Version were chosen at the start and stay with the run: a definition that is
// changed meanwhile is for those who begin later.
type SoFar struct {
	LeadID  uuid.UUID `json:"lead_id"`
	Track   string    `json:"track"`
	Version int       `json:"version,omitempty"`
	Steps   int       `json:"steps"`
	Step    int       `json:"step"` // the next one, from 0
	// Since is when the run began, After when the last step was taken.
	Since time.Time `json:"since"`
	After time.Time `json:"after"`
	// Sent are the messages that left, Closed the channels that turned out to lead nowhere.
	Sent   []messages.Receipt `json:"sent,omitempty"`
	Closed []provider.Channel `json:"closed,omitempty"`
	Score  int                `json:"score,omitempty"`
}

// Endings of the process.
const (
	SalesReady  = "sales-ready" // the score came as far as the track asks: sales has the lead
	Replied     = "replied"     // the person wrote back: the owner answers
	Converted   = "converted"   // a customer now
	OptedOut    = "opted-out"   // the person does not want it
	Unreachable = "unreachable" // no channel leads to the person any more
	Exhausted   = "exhausted"   // the track came to its end in silence
	Withdrawn   = "withdrawn"   // the contact or the lead is gone
	Unsuited    = "unsuited"    // there was nothing to nurture
)

// Outcome says how it ended: by which track, after how many messages, with which score (0 while nobody reacted).
type Outcome struct {
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
	Track    string `json:"track,omitempty"`
	Messages int    `json:"messages"`
	Score    int    `json:"score,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Fact is a signal that says all by its name.
type Fact struct{}

// The facts that the process hears, beside reactions to its messages.
var (
	Bought    = process.NewSignal[Fact]("converted", "the person became a customer")
	Declined  = process.NewSignal[Fact]("opted-out", "the person withdrew the consent to marketing")
	WroteBack = process.NewSignal[Fact]("wrote-back", "the person wrote to us by mail or text message")
)

// Process is lead nurturing.
var Process = process.New(Name, run,
	process.Owner("marketing"),
	process.Purpose("Leads that are not ready to buy hear from us at the right time, until they are ready, decline or stay silent."),
	process.OneRunPer(func(in Input) string { return in.ContactID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a lead", Input{ContactID: uuid.Max, LeadID: uuid.Max}),
	process.StartsOn(events.NurtureDue, func(e events.Contact) (Input, bool) {
		return Input{ContactID: e.ContactID, LeadID: e.LeadID}, e.ContactID != uuid.Nil
	}),
	journey.Hears(Name),
	process.SignalsOn(events.ContactConverted, Bought, func(e events.Contact) (string, Fact, bool) {
		return e.ContactID.String(), Fact{}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.ContactOptedOut, Declined, func(e events.Choice) (string, Fact, bool) {
		return e.ContactID.String(), Fact{}, e.ContactID != uuid.Nil && Declines(e)
	}),
	process.SignalsOn(events.ContactReplied, WroteBack, func(e events.Reply) (string, Fact, bool) {
		return e.ContactID.String(), Fact{}, e.ContactID != uuid.Nil
	}),
	process.Receives(Bought, Declined, WroteBack),
	process.Ends(SalesReady, Replied, Converted, OptedOut, Unreachable, Exhausted, Withdrawn, Unsuited),
	process.Returns(Outcome{Status: SalesReady}, Outcome{Status: Replied}, Outcome{Status: Converted}, Outcome{Status: OptedOut},
		Outcome{Status: Unreachable}, Outcome{Status: Exhausted}, Outcome{Status: Withdrawn}, Outcome{Status: Unsuited}),
)

// Declines reports whether a choice ends nurturing. One about a topic, or another purpose, does not: the policy gate
// keeps it for each message.
func Declines(c events.Choice) bool {
	return c.Topic == "" && (c.Purpose == "" || strings.HasSuffix(c.Purpose, "marketing"))
}
