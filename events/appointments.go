package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Appointment is the data of an event about one appointment.
type Appointment struct {
	AppointmentID uuid.UUID `json:"appointment_id"`
	ContactID     uuid.UUID `json:"contact_id"`
	// State is how it stands: booked, held, no-show, unreachable or cancelled.
	State string `json:"state,omitempty"`
}

// The way of an appointment.
var (
	AppointmentBooked    = process.NewEvent[Appointment]("appointment.booked", "A person has an appointment.")
	AppointmentMoved     = process.NewEvent[Appointment]("appointment.moved", "An appointment takes place at another time, or somebody else gives it.")
	AppointmentCancelled = process.NewEvent[Appointment]("appointment.cancelled", "An appointment does not take place.")
	AppointmentEnded     = process.NewEvent[Appointment]("appointment.ended", "An appointment is over: it was held, or the person did not come.")
	// AppointmentRelocated: what is planned by the clock where the person is has to be planned again.
	AppointmentRelocated = process.NewEvent[Appointment]("appointment.relocated", "A person with an appointment is in another time zone now.")
)

// Feed is the data of the events about a calendar that says when a user is busy.
type Feed struct {
	FeedID uuid.UUID `json:"feed_id"`
}

// BusyFeedAdded and BusyFeedRemoved: a calendar is to be read from time to time, or no more.
var (
	BusyFeedAdded   = process.NewEvent[Feed]("busy-feed.added", "A calendar that says when a user is busy is to be read from time to time.")
	BusyFeedRemoved = process.NewEvent[Feed]("busy-feed.removed", "A calendar is not to be read any more.")
)
