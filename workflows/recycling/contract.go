// Package recycling decides what becomes of a lead that sales handed back, or that stayed silent: it is left alone for a
// while, and then nurtured, given back to sales, shown advertisements, or dropped, by the rule of the reason.
package recycling

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/nurturing"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/workflows/nurture"
)

// Input names the lead, whose it is, and why it came back.
type Input struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id"`
	Reason    string    `json:"reason"`
}

// Endings of the process.
const (
	Nurturing  = "nurturing"   // a nurture track began
	Returned   = "returned"    // sales has it again
	Audience   = "audience"    // the person may be shown advertisements
	Converted  = "converted"   // a customer now
	OptedOut   = "opted-out"   // the person does not want to hear from us
	Dropped    = "dropped"     // nothing more is done
	AskedAgain = "asked-again" // the person came back by themselves
)

// Outcome says how it ended, in which round of the person.
type Outcome struct {
	Status string `json:"status"`
	Round  int    `json:"round,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// The facts that end a cooling period.
var (
	CameBack = process.NewSignal[nurture.Fact]("asked-again", "a lead of the person was given to sales")
	Bought   = process.NewSignal[nurture.Fact]("converted", "the person became a customer")
	Declined = process.NewSignal[nurture.Fact]("opted-out", "the person withdrew the consent to marketing")
)

// Process is the recycling of leads. Its subject is the person and not the lead: who asks again, buys or declines does so
// as a person, and a new request after a recycled one is another lead.
var Process = process.New("lead-recycling", run,
	process.Owner("marketing"),
	process.Purpose("No lead is lost because it came too early: each gets another chance, by the reason for which it came back."),
	process.OneRunPer(func(in Input) string { return in.ContactID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a lead", Input{ContactID: uuid.Max, LeadID: uuid.Max, Reason: "no-budget"}),
	process.StartsOn(events.QualityJudged, func(e events.Judgement) (Input, bool) {
		// The others are nurtured at once.
		due := e.Verdict == records.Recycled && !records.NotReady(e.Reason)
		return Input{ContactID: e.ContactID, LeadID: e.LeadID, Reason: e.Reason}, due && e.ContactID != uuid.Nil && e.LeadID != uuid.Nil
	}),
	process.StartsOn(events.NurtureExhausted, func(e events.Contact) (Input, bool) {
		in := Input{ContactID: e.ContactID, LeadID: e.LeadID, Reason: nurturing.Exhausted}
		return in, e.ContactID != uuid.Nil && e.LeadID != uuid.Nil
	}),
	process.SignalsOn(events.LeadAssigned, CameBack, func(e events.Assignment) (string, nurture.Fact, bool) {
		return e.ContactID.String(), nurture.Fact{}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.ContactConverted, Bought, func(e events.Contact) (string, nurture.Fact, bool) {
		return e.ContactID.String(), nurture.Fact{}, e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.ContactOptedOut, Declined, func(e events.Choice) (string, nurture.Fact, bool) {
		return e.ContactID.String(), nurture.Fact{}, e.ContactID != uuid.Nil && nurture.Declines(e)
	}),
	process.Receives(CameBack, Bought, Declined),
	process.Ends(Nurturing, Returned, Audience, Converted, OptedOut, Dropped, AskedAgain),
	process.Returns(Outcome{Status: Nurturing}, Outcome{Status: Returned}, Outcome{Status: Audience}, Outcome{Status: Converted},
		Outcome{Status: OptedOut}, Outcome{Status: Dropped}, Outcome{Status: AskedAgain}),
)
