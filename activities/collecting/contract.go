// Package collecting knows how a customer stands with the house, what a dunning plan says next about it, and writes into
// the books what comes of it: broken promises, settled disputes, debts that are given up.
package collecting

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// File is what a run knows of its customer, and hands to the run that continues it.
type File struct {
	ContactID uuid.UUID `json:"contact_id"`
	// Now is when the run looks.
	Now time.Time `json:"now,omitzero"`
	// Plan is empty until the first look has chosen it.
	Plan    string `json:"plan,omitempty"`
	Version int    `json:"version,omitempty"`
	// Step is the next one of the plan, from 0; Since is when the last one was taken, or when the run began.
	Step  int       `json:"step,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Opened says that they opened the payment page, or opened or clicked a message.
	Opened bool     `json:"opened,omitempty"`
	Said   []Saying `json:"said,omitempty"`
	// Closed are channels that turned out to lead nowhere. Missed says that a call found nobody.
	Closed []provider.Channel `json:"closed,omitempty"`
	Missed bool               `json:"missed,omitempty"`
	// Invoices are all that the run has collected, and Paid what of them was paid, as far as it was answered.
	Invoices []uuid.UUID `json:"invoices,omitempty"`
	Paid     int64       `json:"paid,omitempty"`
	// BrokenBefore counts the promises that were broken before the run, Answered those that it has answered since.
	BrokenBefore int `json:"broken_before,omitempty"`
	Answered     int `json:"answered,omitempty"`
	// Disputed are the invoices whose disputes somebody was asked to settle.
	Disputed []uuid.UUID `json:"disputed,omitempty"`
	// Kept says that it was decided not to write the debt off.
	Kept bool `json:"kept,omitempty"`
}

// Saying is a message of the run that left.
type Saying struct {
	MessageID uuid.UUID        `json:"message_id"`
	Channel   provider.Channel `json:"channel"`
}

// How a customer may stand.
const (
	Owing    = "owing"
	Settled  = "settled"   // all was paid
	TakenOff = "taken-off" // nothing is due any more, without a payment: taken back, credited, written off
	Promised = "promised"  // until Until
	Lapsed   = "lapsed"    // the promised day and its grace have passed
	Disputed = "disputed"  // all of it
	Bankrupt = "bankrupt"
	Gone     = "gone" // there is no such customer any more
)

// What may be next for a customer who owes.
const (
	Wait         = "wait"          // until At
	Say          = "say"           // a message of the plan
	Phone        = "phone"         // a call of the plan
	Thank        = "thank"         // for a part of the money
	AnswerBroken = "answer-broken" // say that a promise was broken
	PhoneBroken  = "phone-broken"  // call about it
	AskDispute   = "ask-dispute"   // have the disputes about a part of it settled
	ProposeOff   = "propose-off"   // have the debt written off
	HandOver     = "hand-over"     // to an agency
	GiveUp       = "give-up"       // there is no way to reach them
)

// Next is what the plan says. Step is that of a message or a call.
type Next struct {
	Do       string           `json:"do"`
	Step     int              `json:"step,omitempty"`
	At       time.Time        `json:"at,omitzero"`
	Channel  provider.Channel `json:"channel,omitempty"`
	Template string           `json:"template,omitempty"`
}

// Standing is how a customer stands. It holds for the version of the account that Fence names.
type Standing struct {
	Stands string      `json:"stands"`
	Fence  fence.Token `json:"fence,omitzero"`
	// Plan, Version, BrokenBefore and Since belong into the file.
	Plan         string    `json:"plan,omitempty"`
	Version      int       `json:"version,omitempty"`
	BrokenBefore int       `json:"broken_before,omitempty"`
	Since        time.Time `json:"since,omitzero"`
	// Claims are the overdue invoices that are not disputed, the oldest first, and Due what they come to in the currency of
	// the oldest.
	Due      money.Amount `json:"due,omitzero"`
	Claims   []Claim      `json:"claims,omitempty"`
	Disputed []uuid.UUID  `json:"disputed,omitempty"`
	// Paid is what was paid of the invoices of the file and of the claims, Broken how many promises were broken since.
	Paid   int64 `json:"paid,omitempty"`
	Broken int   `json:"broken,omitempty"`
	// Credit is what they paid too much.
	Credit    money.Amount `json:"credit,omitzero"`
	PromiseID uuid.UUID    `json:"promise_id,omitzero"`
	Until     time.Time    `json:"until,omitzero"`
	Team      string       `json:"team,omitempty"`
	Finance   string       `json:"finance,omitempty"`
	Next      Next         `json:"next,omitzero"`
}

// Claim is what is left to pay of an invoice.
type Claim struct {
	InvoiceID uuid.UUID    `json:"invoice_id"`
	Left      money.Amount `json:"left"`
}

// far is later than any time at which a process is explored.
var far = time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)

func owing(next Next) Standing {
	return Standing{Stands: Owing, Due: money.Amount{Minor: 12000, Currency: "EUR"}, Claims: []Claim{{uuid.Max, money.Amount{Minor: 12000, Currency: "EUR"}}}, Next: next}
}

// Look reads the account and says how the customer stands and what is next.
var Look = process.NewActivity[File, Standing]("collecting.look", process.Database,
	process.Yields("a mail is next", owing(Next{Do: Say, Channel: provider.Email, Template: "dunning-friendly"})),
	process.Yields("a text is next", owing(Next{Do: Say, Channel: provider.SMS, Template: "dunning-firm"})),
	process.Yields("a call is next", owing(Next{Do: Phone})),
	process.Yields("not now", owing(Next{Do: Wait, At: far})),
	process.Yields("a part was paid", owing(Next{Do: Thank, Template: ThanksPart})),
	process.Yields("a promise was broken: a message", owing(Next{Do: AnswerBroken, Template: BrokenPromise})),
	process.Yields("a promise was broken: a call", owing(Next{Do: PhoneBroken})),
	process.Yields("a part is disputed", owing(Next{Do: AskDispute})),
	process.Yields("the plan is over: write it off", owing(Next{Do: ProposeOff})),
	process.Yields("the plan is over: hand it over", owing(Next{Do: HandOver})),
	process.Yields("no way to reach them", owing(Next{Do: GiveUp})),
	process.Yields("all is paid", Standing{Stands: Settled}),
	process.Yields("too much is paid", Standing{Stands: Settled, Credit: money.Amount{Minor: 100, Currency: "EUR"}}),
	process.Yields("nothing is due any more", Standing{Stands: TakenOff}),
	process.Yields("promised", Standing{Stands: Promised, Until: far, PromiseID: uuid.Max}),
	process.Yields("a promise has lapsed", Standing{Stands: Lapsed, PromiseID: uuid.Max}),
	process.Yields("all is disputed", Standing{Stands: Disputed, Disputed: []uuid.UUID{uuid.Max}}),
	process.Yields("bankrupt", Standing{Stands: Bankrupt}),
	process.Yields("gone", Standing{Stands: Gone}))

// Templates that do not belong to a step.
const (
	ThanksPart    = "dunning-thanks-part"
	ThanksAll     = "dunning-thanks"
	ThanksMore    = "dunning-thanks-more"
	BrokenPromise = "dunning-broken-promise"
)

// Promise names a promise of a customer.
type Promise struct {
	ContactID uuid.UUID `json:"contact_id"`
	PromiseID uuid.UUID `json:"promise_id"`
}

// Break marks a promise as broken, unless it was kept, replaced or marked meanwhile.
var Break = process.NewActivity[Promise, struct{}]("collecting.break-promise", process.Database)

// Dispute names disputed invoices of a customer.
type Dispute struct {
	ContactID uuid.UUID   `json:"contact_id"`
	Invoices  []uuid.UUID `json:"invoices"`
}

// Settle lets disputed invoices stand as they are.
var Settle = process.NewActivity[Dispute, struct{}]("collecting.settle-dispute", process.Database)

// Contest disputes invoices for a customer who said on the telephone that they are wrong.
var Contest = process.NewActivity[Dispute, struct{}]("collecting.dispute", process.Database)

// Loss is a debt that is to be given up, as it was approved: exactly these invoices, on this version of the account.
type Loss struct {
	ContactID  uuid.UUID   `json:"contact_id"`
	Claims     []Claim     `json:"claims"`
	Fence      fence.Token `json:"fence"`
	ApprovalID uuid.UUID   `json:"approval_id"`
}

// Written says whether the debt was written off. It was not when the account had changed since it was approved.
type Written struct {
	Done bool `json:"done"`
}

// WriteOffDebt books the loss, once under the key of its step.
var WriteOffDebt = process.NewActivity[Loss, Written]("collecting.write-off", process.Database,
	process.Yields("written off", Written{Done: true}), process.Yields("the account has changed", Written{}))

// Ending is how a run ended.
type Ending struct {
	ContactID uuid.UUID `json:"contact_id"`
	Outcome   string    `json:"outcome"`
}

// Close notes the end of a run for those who look at who is where.
var Close = process.NewActivity[Ending, struct{}]("collecting.close", process.Database)
