// Package catchup fetches what Stripe told while nobody here heard it.
package catchup

import "github.com/perdura/perdura/process"

// Input says from where on to read, by Stripe's clock. An empty one reads all that Stripe still has.
type Input struct {
	Since int64 `json:"since,omitempty"` // Unix seconds
	// After and Newest are those of a reading under way: the last event that was read, and when the newest one was made.
	After  string `json:"after,omitempty"`
	Newest int64  `json:"newest,omitempty"`
}

// SwitchedOff is the one ending: there is no account at Stripe to ask.
const SwitchedOff = "switched-off"

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Nothing is the payload of Asked.
type Nothing struct{}

// Asked tells the run not to wait: after an outage, say.
var Asked = process.NewSignal[Nothing]("asked", "Stripe is to be asked at once")

// Process asks Stripe again and again.
var Process = process.New("stripe-catch-up", run,
	process.Owner("billing"),
	process.Purpose("Nobody is reminded of what was paid while Stripe could not tell it."),
	process.OneRunPer(func(Input) string { return "house" }),
	process.Reenters(process.OneAtATime),
	process.Standing(Input{}),
	process.Receives(Asked),
	process.Ends(SwitchedOff),
)
