// Package dormancy looks every morning for customers from whom nothing was heard for long, and wakes the processes that
// win them back.
package dormancy

import "github.com/perdura/perdura/process"

// Input is empty: there is one watch for the whole house.
type Input struct{}

// SwitchedOff is the ending of the watch: its definition says that nobody is to be woken.
const SwitchedOff = "switched-off"

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process is the watch.
var Process = process.New("dormancy-watch", run,
	process.Owner("marketing"),
	process.Purpose("No customer falls asleep without somebody noticing."),
	process.OneRunPer(func(Input) string { return "house" }),
	process.Reenters(process.OneAtATime),
	process.Standing(Input{}),
	process.Ends(SwitchedOff),
)
