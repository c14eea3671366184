// Package optin asks a person to confirm a consent that somebody gave in their name (double opt-in), and waits for the
// click. Without it nothing is granted.
package optin

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the opt-in and whom it is about.
type Input struct {
	OptInID   uuid.UUID `json:"opt_in_id"`
	ContactID uuid.UUID `json:"contact_id"`
}

// Endings of the process.
const (
	Confirmed = "confirmed" // the person confirmed: the consent is granted
	Expired   = "expired"   // nobody clicked in time
	Refused   = "refused"   // the person could not be asked: see Reason
)

// Outcome says how it ended. Reason is the policy gate's or the mailbox's word.
type Outcome struct {
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
	Reminded bool   `json:"reminded,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Template is the communication template that carries the link.
const Template = "confirm-opt-in"

// name never changes: running processes know it.
const name = "opt-in"

// Confirmation is the payload of ConfirmedByPerson. It says nothing: the subject is the opt-in.
type Confirmation struct{}

// ConfirmedByPerson is what the process waits for.
var ConfirmedByPerson = process.NewSignal[Confirmation]("confirmed", "the person pressed the button behind the link")

// Process is the double opt-in. How long it waits, and whether it reminds, is the definition "opt-in-policy".
var Process = process.New(name, run,
	process.Owner("marketing"),
	process.Purpose("Nobody is written to on the strength of a consent that somebody else typed in: the person confirms it first."),
	process.OneRunPer(func(in Input) string { return in.OptInID.String() }),
	process.Reenters(process.OnceEver),
	process.Given("an opt-in", Input{OptInID: uuid.Max, ContactID: uuid.Max}),
	process.StartsOn(events.OptInAsked, func(e events.OptIn) (Input, bool) {
		return Input{OptInID: e.OptInID, ContactID: e.ContactID}, e.OptInID != uuid.Nil && e.ContactID != uuid.Nil
	}),
	process.SignalsOn(events.OptInConfirmed, ConfirmedByPerson, func(e events.OptIn) (string, Confirmation, bool) {
		return e.OptInID.String(), Confirmation{}, e.OptInID != uuid.Nil
	}),
	process.Receives(ConfirmedByPerson),
	journey.Hears(name),
	process.Ends(Confirmed, Expired, Refused),
	process.Returns(Outcome{Status: Confirmed}, Outcome{Status: Expired}, Outcome{Status: Refused, Reason: "no-address"}),
)
