// Package teaching says what comes next for a learner, by the course as it is now, and notes what became of it.
package teaching

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/enrolment"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/process"
)

// Learner names an enrolment.
type Learner struct {
	EnrolmentID uuid.UUID `json:"enrolment_id"`
}

// What comes next, beside the states in which an enrolment ends.
const (
	Give   = "give"   // a lesson is due
	Wait   = "wait"   // the next one is due at At
	Paused = "paused" // nothing, until the learner resumes
)

// Step is what comes next. The fence stands for as long as it does.
type Step struct {
	// Do is Give, Wait, Paused, or the state in which the enrolment ended.
	Do     string `json:"do"`
	Reason string `json:"reason,omitempty"`
	// At is when the next lesson is due; Wait only.
	At        time.Time        `json:"at,omitzero"`
	ContactID uuid.UUID        `json:"contact_id"`
	Channel   provider.Channel `json:"channel,omitempty"`
	// LessonID is what is to be given, and Template carries it; Give only.
	LessonID uuid.UUID `json:"lesson_id,omitzero"`
	Template string    `json:"template,omitempty"`
	// Survey is asked of whoever completed the course; empty for none.
	Survey string      `json:"survey,omitempty"`
	Fence  fence.Token `json:"fence,omitzero"`
}

// Next works out what comes next. A lesson that is due is kept with its words, so that it is said as it stood. Errors:
// NotFound for an enrolment that does not exist.
var Next = process.NewActivity[Learner, Step]("teaching.next", process.Database,
	process.Yields("a lesson is due", Step{Do: Give, ContactID: uuid.Max, LessonID: uuid.Max, Template: courses.LessonTemplate}),
	process.Yields("later", Step{Do: Wait, ContactID: uuid.Max, At: time.Unix(24*60*60, 0).UTC()}),
	process.Yields("paused", Step{Do: Paused, ContactID: uuid.Max}),
	process.Yields("all given", Step{Do: enrolment.Completed, ContactID: uuid.Max}),
	process.Yields("all given, with a survey", Step{Do: enrolment.Completed, ContactID: uuid.Max, Survey: "service"}),
	process.Yields("left", Step{Do: enrolment.Left, Reason: "opted-out"}),
	process.Yields("the course ended", Step{Do: enrolment.Withdrawn, Reason: "closed"}),
	process.Yields("ended before", Step{Do: enrolment.Unreachable, Reason: "no-address"}),
	process.Yields("cancelled before", Step{Do: enrolment.Cancelled}))

// Attempt says what became of a lesson: State and Reason are the receipt's.
type Attempt struct {
	EnrolmentID uuid.UUID `json:"enrolment_id"`
	LessonID    uuid.UUID `json:"lesson_id"`
	MessageID   uuid.UUID `json:"message_id,omitzero"`
	Left        bool      `json:"left"`
	Reason      string    `json:"reason,omitempty"`
}

// Noted says how it goes on.
type Noted struct {
	// Ended is the state in which the enrolment ended by it; empty when it goes on.
	Ended  string `json:"ended,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Note keeps what became of a lesson. One that did not leave because something changed is worked out anew; one that cannot
// reach the learner ends the enrolment; one that was lost for another reason is missed, and the next one follows.
var Note = process.NewActivity[Attempt, Noted]("teaching.note", process.Database,
	process.Yields("it goes on", Noted{}), process.Yields("unreachable", Noted{Ended: enrolment.Unreachable, Reason: "no-address"}))

// End is how an enrolment ends by the run.
type End struct {
	EnrolmentID uuid.UUID `json:"enrolment_id"`
	State       string    `json:"state"`
	Reason      string    `json:"reason,omitempty"`
}

// Close ends an enrolment that is not over yet.
var Close = process.NewActivity[End, struct{}]("teaching.close", process.Database)
