// Package retaining finds customers from whom nothing was heard for long, and keeps the rounds in which they are spoken
// to, so that nobody is spoken to without rest.
package retaining

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Customer names a person.
type Customer struct {
	ContactID uuid.UUID `json:"contact_id"`
}

// What becomes of a round that is to begin.
const (
	Begun   = "begun"
	TooSoon = "too-soon" // the last round was not long enough ago
	Nobody  = "nobody"   // the person does not exist any more
)

// Round is a round that has begun, with the terms that count for it to its end.
type Round struct {
	Verdict string `json:"verdict"`
	// Occasion is the opaque name of the round.
	Occasion string            `json:"occasion,omitempty"`
	Survey   string            `json:"survey,omitempty"`
	Letters  map[string]string `json:"letters,omitempty"`
	Offer    Offer             `json:"offer,omitzero"`
}

// Letter is the template that answers a word.
func (r Round) Letter(word string) string {
	if letter, ok := r.Letters[word]; ok {
		return letter
	}
	return r.Letters[otherWord]
}

// Offer is the coupon of those who do not answer.
type Offer struct {
	Name        string        `json:"name"`
	Percent     int           `json:"percent,omitempty"`
	AmountMinor int64         `json:"amount_minor,omitempty"`
	Currency    string        `json:"currency,omitempty"`
	ValidFor    time.Duration `json:"valid_for"`
	Template    string        `json:"template"`
}

// Begin begins a round, once under the key of its step.
var Begin = process.NewActivity[Customer, Round]("retention.begin", process.Database,
	process.Yields("begun", Round{
		Verdict: Begun, Occasion: "round-1", Survey: "sleepy", Letters: map[string]string{"price": "retention-price", otherWord: "retention-other"},
		Offer: Offer{Name: "welcome-back", Percent: 15, ValidFor: 30 * 24 * time.Hour, Template: "retention-coupon"},
	}),
	process.Yields("too soon", Round{Verdict: TooSoon}),
	process.Yields("nobody there", Round{Verdict: Nobody}))

// What a look at the customers found.
const (
	More     = "more"      // this batch was full: look again
	ThatsAll = "thats-all" // nobody else today
	Off      = "off"       // the watch is switched off
)

// Found is a batch of sleepy customers, told as customer.asleep each.
type Found struct {
	Verdict string `json:"verdict"`
	Woken   int    `json:"woken"`
	// Next is the business time of the next look.
	Next time.Time `json:"next,omitzero"`
}

// FindSleepy finds customers from whom nothing was heard, begins a round for each and tells the processes.
var FindSleepy = process.NewActivity[struct{}, Found]("retention.find-sleepy", process.Database,
	process.Yields("nobody else", Found{Verdict: ThatsAll, Next: time.Date(2090, 1, 5, 8, 0, 0, 0, time.UTC)}),
	process.Yields("a full batch", Found{Verdict: More, Woken: batch, Next: time.Date(2090, 1, 5, 8, 0, 0, 0, time.UTC)}),
	process.Yields("switched off", Found{Verdict: Off}))
