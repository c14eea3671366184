// Package appointment sees an appointment through: it confirms it, reminds the person by the clock where they are, tells
// of every change, learns how it went, and does what follows from that.
package appointment

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/journey"
	"github.com/perdura/perdura/process"
)

// Input names the appointment. SoFar is what a long run hands to the one that continues it.
type Input struct {
	AppointmentID uuid.UUID `json:"appointment_id"`
	SoFar         SoFar     `json:"so_far,omitzero"`
}

// SoFar is what the people know of the appointment.
type SoFar struct {
	Told     bool      `json:"told,omitempty"`
	Version  int       `json:"version,omitempty"`  // the sequence that was told last
	Giver    uuid.UUID `json:"giver,omitzero"`     // who was told to give it
	Reminded bool      `json:"reminded,omitempty"` // of that version
	Reached  bool      `json:"reached,omitempty"`  // something came through to the person
	Called   bool      `json:"called,omitempty"`   // somebody was asked to call them
}

// Endings of the process.
const (
	Held        = "held"
	NoShow      = "no-show"     // the person did not come
	Unreachable = "unreachable" // the person was never reached, and nobody said how it went
	Cancelled   = "cancelled"
)

// Outcome says how it ended. Feedback is how the survey about it ended.
type Outcome struct {
	Status   string `json:"status"`
	Feedback string `json:"feedback,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// The templates that the process speaks with. What is said to somebody who did not come, the type names.
const (
	Confirmed = "appointment-confirmed"
	Moved     = "appointment-moved"
	Reminder  = "appointment-reminder"
	Withdrawn = "appointment-cancelled"
)

// Nothing is the payload of Changed: the run looks at the appointment itself.
type Nothing struct{}

// Changed is the one fact that the process hears.
var Changed = process.NewSignal[Nothing]("changed", "the appointment was moved, cancelled or held, or the person is in another time zone")

const name = "appointment"

// Process sees an appointment through.
var Process = process.New(name, run,
	process.Owner("customer-service"),
	process.Purpose("People know of their appointments, come to them, and hear of every change; whoever did not come is asked again."),
	process.OneRunPer(func(in Input) string { return in.AppointmentID.String() }),
	process.Reenters(process.OnceEver),
	process.Given("an appointment", Input{AppointmentID: uuid.Max}),
	process.StartsOn(events.AppointmentBooked, func(e events.Appointment) (Input, bool) {
		return Input{AppointmentID: e.AppointmentID}, e.AppointmentID != uuid.Nil
	}),
	process.SignalsOn(events.AppointmentMoved, Changed, about),
	process.SignalsOn(events.AppointmentCancelled, Changed, about),
	process.SignalsOn(events.AppointmentEnded, Changed, about),
	process.SignalsOn(events.AppointmentRelocated, Changed, about),
	process.Receives(Changed),
	journey.Hears(name),
	process.Ends(Held, NoShow, Unreachable, Cancelled),
	process.Returns(Outcome{Status: Held}, Outcome{Status: NoShow}, Outcome{Status: Unreachable}, Outcome{Status: Cancelled}),
)

func about(e events.Appointment) (string, Nothing, bool) {
	return e.AppointmentID.String(), Nothing{}, e.AppointmentID != uuid.Nil
}
