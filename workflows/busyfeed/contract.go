// Package busyfeed reads a user's calendar from time to time, so that nobody books them while they are busy.
package busyfeed

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the calendar.
type Input struct {
	FeedID uuid.UUID `json:"feed_id"`
}

// Removed is the one ending: nobody wants the calendar read any more.
const Removed = "removed"

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Nothing is the payload of Dropped.
type Nothing struct{}

// Dropped tells the run that it is not needed any more.
var Dropped = process.NewSignal[Nothing]("removed", "the calendar is not to be read any more")

// Process reads one calendar again and again.
var Process = process.New("busy-feed", run,
	process.Owner("operations"),
	process.Purpose("Nobody is booked while their own calendar says that they are busy."),
	process.OneRunPer(func(in Input) string { return in.FeedID.String() }),
	process.Given("a calendar", Input{FeedID: uuid.Max}),
	process.StartsOn(events.BusyFeedAdded, func(e events.Feed) (Input, bool) { return Input(e), e.FeedID != uuid.Nil }),
	process.SignalsOn(events.BusyFeedRemoved, Dropped, func(e events.Feed) (string, Nothing, bool) { return e.FeedID.String(), Nothing{}, true }),
	process.Receives(Dropped),
	process.Ends(Removed),
)
