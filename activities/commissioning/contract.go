// Package commissioning books what people earn by the deals that they win, takes it back when a deal is reopened, and
// claws it back when the customer gets money back. How much it is, package commission works out.
package commissioning

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Booked says what was booked for a deal: how many people earn by it, and how much together.
type Booked struct {
	People     int    `json:"people"`
	TotalMinor int64  `json:"total_minor"`
	Currency   string `json:"currency,omitempty"`
}

// NotWon is the code with which Book refuses a deal that is not won.
const NotWon = "deal-not-won"

// Book books the commissions of a won deal, once: a deal that is booked already keeps what stands.
var Book = process.NewActivity[uuid.UUID, Booked]("commissions.book", process.Database,
	process.Yields("booked", Booked{People: 1, TotalMinor: 100, Currency: "EUR"}),
	process.Refuses[Booked](NotWon))

// Reverse undoes Book: what was booked for the deal counts no more. It does nothing when nothing was.
var Reverse = process.NewActivity[uuid.UUID, struct{}]("commissions.reverse", process.Database)

// Refund is money that the customer of a deal got back, in the smallest unit of the deal's currency.
type Refund struct {
	DealID      uuid.UUID `json:"deal_id"`
	AmountMinor int64     `json:"amount_minor"`
}

// What becomes of a refund.
const (
	ClawedBack = "clawed-back"
	TooLate    = "too-late" // the plan's window has passed
	Nothing    = "nothing"  // nobody earned by the deal, or everything was clawed back before
)

// Clawed says what was clawed back.
type Clawed struct {
	Verdict    string `json:"verdict"`
	TotalMinor int64  `json:"total_minor,omitempty"`
	Currency   string `json:"currency,omitempty"`
}

// ClawBack takes back as large a part of the commissions as was refunded of the deal, once under the key of its step.
var ClawBack = process.NewActivity[Refund, Clawed]("commissions.claw-back", process.Database,
	process.Yields("clawed back", Clawed{Verdict: ClawedBack, TotalMinor: 10, Currency: "EUR"}),
	process.Yields("too late", Clawed{Verdict: TooLate}),
	process.Yields("nothing to claw back", Clawed{Verdict: Nothing}))
