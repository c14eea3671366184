// Package busy reads the calendars in which users keep when they are busy.
package busy

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Feed names a calendar.
type Feed struct {
	FeedID uuid.UUID `json:"feed_id"`
}

// The states of a Reading.
const (
	Fresh     = "fresh"
	Unchanged = "unchanged"
	Failed    = "failed" // what was read before stands; see Problem
	Gone      = "gone"   // nobody wants the calendar read any more
)

// Reading says what became of a try. Problem is a code: no-answer, inside-address, http-404, too-large, no-calendar.
type Reading struct {
	State   string `json:"state"`
	Problem string `json:"problem,omitempty"`
}

// Read reads a calendar. A calendar that cannot be read is a result, not an error.
var Read = process.NewActivity[Feed, Reading]("busy.read", process.Provider,
	process.Yields("fresh", Reading{State: Fresh}), process.Yields("unchanged", Reading{State: Unchanged}),
	process.Yields("failed", Reading{State: Failed, Problem: "no-answer"}), process.Yields("gone", Reading{State: Gone}))
