package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Enrolment is the data of the events about one learner in one course.
type Enrolment struct {
	EnrolmentID uuid.UUID `json:"enrolment_id"`
	ContactID   uuid.UUID `json:"contact_id,omitzero"`
	Course      string    `json:"course"`
	// Change is what happened: asked, paused, resumed, skipped, ended, or changed for the course itself. Answer says that the
	// learner waits to be told, having written a text message.
	Change string `json:"change,omitempty"`
	Answer bool   `json:"answer,omitempty"`
}

// EnrolmentBegun: a person takes a course from now on. EnrolmentChanged: what comes next for a learner has to be worked
// out anew.
var (
	EnrolmentBegun   = process.NewEvent[Enrolment]("enrolment.begun", "A person takes a course.")
	EnrolmentChanged = process.NewEvent[Enrolment]("enrolment.changed", "A learner, a teacher or the house changed what comes next for a learner.")
)
