// Package course gives one learner the lessons of a course, each at its time, until all are given or the learner leaves.
package course

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the enrolment. What stands is in its row, and in the course as it is now. Owed is what a long run hands to
// the one that continues it: what the learner waits to be told.
type Input struct {
	EnrolmentID uuid.UUID `json:"enrolment_id"`
	Owed        string    `json:"owed,omitempty"`
}

// Endings of the process.
const (
	Completed   = enrolment.Completed   // every lesson was given
	Left        = enrolment.Left        // the learner said STOP, or left
	Unreachable = enrolment.Unreachable // no lesson comes through
	Withdrawn   = enrolment.Withdrawn   // the course was closed, or the contact is gone
	Cancelled   = enrolment.Cancelled   // the run was cancelled
)

// Outcome says how it ended, and why.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Change is the payload of Changed: what happened, and whether the learner waits for an answer.
type Change struct {
	What   string `json:"what"`
	Answer bool   `json:"answer,omitempty"`
}

// Changed tells the run that what comes next has to be worked out anew.
var Changed = process.NewSignal("enrolment-changed", "the learner, the teacher or the house changed what comes next",
	process.Named[Change]{Name: "the course or its learner", Value: Change{What: enrolment.Changed}},
	process.Named[Change]{Name: "by a text message", Value: Change{What: enrolment.Pausing, Answer: true}})

// Process gives the lessons of a course.
var Process = process.New(courses.ProcessName, run,
	process.Owner(courses.Department),
	process.Purpose("Whoever asks for a course learns it in small lessons, at the hours that suit, and may pause, skip or leave at any moment."),
	process.OneRunPer(func(in Input) string { return in.EnrolmentID.String() }),
	process.Reenters(process.OnceEver),
	process.Given("an enrolment", Input{EnrolmentID: uuid.Max}),
	process.StartsOn(events.EnrolmentBegun, func(e events.Enrolment) (Input, bool) {
		return Input{EnrolmentID: e.EnrolmentID}, e.EnrolmentID != uuid.Nil
	}),
	process.SignalsOn(events.EnrolmentChanged, Changed, func(e events.Enrolment) (string, Change, bool) {
		return e.EnrolmentID.String(), Change{What: e.Change, Answer: e.Answer}, e.EnrolmentID != uuid.Nil
	}),
	process.Receives(Changed),
	process.Ends(Completed, Left, Unreachable, Withdrawn, Cancelled),
	process.Returns(Outcome{Status: Completed}, Outcome{Status: Left, Reason: "opted-out"}, Outcome{Status: Unreachable}),
)
