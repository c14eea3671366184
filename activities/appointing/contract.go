// Package appointing tells the process of an appointment how it stands, and writes down how it went.
package appointing

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/process"
)

// Named names one appointment.
type Named struct {
	AppointmentID uuid.UUID `json:"appointment_id"`
}

// Standing is how an appointment stands now, and what its type says about what comes next.
type Standing struct {
	State     string    `json:"state"`
	ContactID uuid.UUID `json:"contact_id"`
	UserID    uuid.UUID `json:"user_id,omitzero"` // who gives it; zero for a resource
	// Sequence grows when it is moved or cancelled.
	Sequence int       `json:"sequence"`
	Start    time.Time `json:"start"`
	// RemindAt is the instant of the reminder by the clock where the person is now; zero for none.
	RemindAt time.Time `json:"remind_at,omitzero"`
	// LookAt is when to look again where the person is, should nobody tell that they moved: before any place's reminder.
	LookAt time.Time `json:"look_at,omitzero"`
	// SettleBy is until when the giver can say how it went.
	SettleBy time.Time `json:"settle_by"`
	// Fence is the version of all this.
	Fence fence.Token `json:"fence"`

	// NoShow is the template for somebody who did not come; empty for none. Call says that somebody should call them.
	NoShow string `json:"no_show,omitempty"`
	Call   bool   `json:"call,omitempty"`
	// Survey follows an appointment that was held, and the task Upsell the answer of a promoter; empty for none.
	Survey     string `json:"survey,omitempty"`
	Upsell     string `json:"upsell,omitempty"`
	UpsellTeam string `json:"upsell_team,omitempty"`
}

var (
	farAway = time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)
	past    = farAway.AddDate(-90, 0, 0)
	booked  = Standing{State: appointments.Booked, ContactID: uuid.Max, UserID: uuid.Max, Start: farAway, SettleBy: farAway.Add(5 * time.Hour)}
	remind  = with(booked, func(s *Standing) { s.RemindAt, s.LookAt = farAway.Add(-24*time.Hour), farAway.Add(-51*time.Hour) })
	held    = with(booked, func(s *Standing) { s.State, s.Survey, s.Upsell = appointments.Held, "service", "Offer more" })
	noShow  = with(booked, func(s *Standing) { s.State, s.NoShow, s.Call = appointments.NoShowed, "appointment-no-show", true })
	nothing = func(state string) Standing { return with(booked, func(s *Standing) { s.State = state }) }
)

func with(s Standing, change func(*Standing)) Standing {
	change(&s)
	return s
}

// Look reads how an appointment stands. Errors: NotFound.
var Look = process.NewActivity[Named, Standing]("appointments.look", process.Database,
	process.Yields("cancelled", nothing(appointments.Cancelled)),
	process.Yields("booked", remind), process.Yields("booked at short notice", booked),
	process.Yields("the reminder is due", with(booked, func(s *Standing) { s.RemindAt, s.LookAt = past, past })),
	process.Yields("moved", with(remind, func(s *Standing) { s.Sequence, s.UserID = 1, uuid.Nil })),
	process.Yields("over", with(booked, func(s *Standing) { s.Start = past })),
	process.Yields("over long ago", with(booked, func(s *Standing) { s.Start, s.SettleBy, s.UserID = past, past.Add(time.Hour), uuid.Nil })),
	ended[0], ended[1], ended[2], ended[3], ended[4])

// ended are the ways in which an appointment may have ended.
var ended = []process.ActivityOption[Standing]{
	process.Yields("held", held), process.Yields("held, nothing follows", nothing(appointments.Held)),
	process.Yields("not come", noShow), process.Yields("not come, nothing follows", nothing(appointments.NoShowed)),
	process.Yields("not reached", nothing(appointments.Unreachable)),
}

// Verdict says how an appointment went: held, no-show or unreachable.
type Verdict struct {
	AppointmentID uuid.UUID `json:"appointment_id"`
	State         string    `json:"state"`
}

// Settle writes down how an appointment went, unless somebody else has done so: what was said first stands. It returns how
// the appointment stands then.
var Settle = process.NewActivity[Verdict, Standing]("appointments.settle", process.Database, ended...)
