// Package signature has a contract signed: the customer is invited and reminded, signs or declines on our page, and our
// side signs after them.
package signature

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the contract. SoFar is what a long run hands to the one that continues it.
type Input struct {
	ContractID uuid.UUID `json:"contract_id"`
	SoFar      SoFar     `json:"so_far,omitzero"`
}

// SoFar is the invitation that left, and how many reminders were due since.
type SoFar struct {
	Invitation messages.Receipt `json:"invitation,omitzero"`
	Reminders  int              `json:"reminders,omitempty"`
}

// Endings of the process.
const (
	Signed    = "signed"    // both sides have signed: the contract is in force
	Declined  = "declined"  // the customer will not sign; Reason says why
	Expired   = "expired"   // nobody signed in time
	Unreached = "unreached" // the customer cannot be reached
	Withdrawn = "withdrawn" // our side did not sign, or took the contract back
)

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// What the process hears of its contract.
var (
	CustomerViewed = process.NewSignal[events.Contract]("viewed", "the customer has opened the contract")
	CodeAsked      = process.NewSignal("code-asked", "the customer waits for a one-time code",
		process.Named[events.SigningCode]{Name: "a code is asked for", Value: events.SigningCode{ContractID: uuid.Max, CodeID: uuid.Max}})
	CustomerSigned   = process.NewSignal[events.Contract]("signed", "the customer has signed")
	CustomerDeclined = process.NewSignal("declined", "the customer will not sign",
		process.Named[events.Contract]{Name: "the customer declines", Value: events.Contract{ContractID: uuid.Max, Reason: "price"}})
	Countersigned = process.NewSignal[events.Contract]("countersigned", "our side has signed")
	Voided        = process.NewSignal[events.Contract]("voided", "the contract was taken back")
)

const name = "signature"

// Process has a contract signed.
var Process = process.New(name, run,
	process.Owner("sales-operations"),
	process.Purpose("A contract is signed by both sides, or it is known why not."),
	process.OneRunPer(func(in Input) string { return in.ContractID.String() }),
	process.Given("a contract", Input{ContractID: uuid.Max}),
	process.Receives(CustomerViewed, CodeAsked, CustomerSigned, CustomerDeclined, Countersigned, Voided),
	process.SignalsOn(events.ContractViewed, CustomerViewed, about),
	process.SignalsOn(events.ContractSigned, CustomerSigned, about),
	process.SignalsOn(events.ContractDeclined, CustomerDeclined, about),
	process.SignalsOn(events.ContractCountersigned, Countersigned, about),
	process.SignalsOn(events.ContractVoided, Voided, about),
	process.SignalsOn(events.ContractCodeAsked, CodeAsked, func(e events.SigningCode) (string, events.SigningCode, bool) {
		return e.ContractID.String(), e, e.ContractID != uuid.Nil
	}),
	journey.Hears(name),
	process.Ends(Signed, Declined, Expired, Unreached, Withdrawn),
	process.Returns(Outcome{Status: Signed}, Outcome{Status: Declined, Reason: "price"}, Outcome{Status: Expired},
		Outcome{Status: Unreached}, Outcome{Status: Withdrawn}),
)

func about(e events.Contract) (string, events.Contract, bool) {
	return e.ContractID.String(), e, e.ContractID != uuid.Nil
}
