package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

type appointmentMove func(c *Call, tx pgx.Tx, now time.Time, id uuid.UUID) (query.Appointment, error)

// appointmentMoves are what can be done to an appointment.
var appointmentMoves = []struct {
	verb, id, summary string
	body              func() *Body
	do                appointmentMove
}{
	{
		"reschedule", "rescheduleAppointment", "Move an appointment to another time",
		func() *Body { return jsonBody(AnotherTime{Start: time.Date(2030, 7, 2, 9, 0, 0, 0, time.UTC)}) },
		func(c *Call, tx pgx.Tx, now time.Time, id uuid.UUID) (query.Appointment, error) {
			var in AnotherTime
			if err := c.Decode(&in); err != nil {
				return query.Appointment{}, err
			}
			return appointments.Move(c.Ctx(), tx, now, id, in.Start, in.Giver, appointments.Change{Actor: c.Actor()})
		},
	},
	{
		"cancel", "cancelAppointment", "Cancel an appointment", nil,
		func(c *Call, tx pgx.Tx, now time.Time, id uuid.UUID) (query.Appointment, error) {
			return appointments.Cancel(c.Ctx(), tx, now, id, appointments.Change{Actor: c.Actor()})
		},
	},
	{"complete", "completeAppointment", "Say that an appointment was held", nil, settle(appointments.Held)},
	{"no-show", "noteNoShow", "Say that the person did not come", nil, settle(appointments.NoShowed)},
}

func settle(state string) appointmentMove {
	return func(c *Call, tx pgx.Tx, now time.Time, id uuid.UUID) (query.Appointment, error) {
		return appointments.Settle(c.Ctx(), tx, now, id, state, c.Actor())
	}
}

func (s *Server) changeAppointment(c *Call, do appointmentMove) error {
	id, now := c.ID("id"), s.clock.Now()
	var row query.Appointment
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) (err error) {
		row, err = do(c, tx, now, id)
		return err
	})
	switch {
	case errors.Is(err, appointments.ErrUnknown):
		return problem.NotFound("appointment", id.String())
	case errors.Is(err, appointments.ErrTaken):
		var in AnotherTime
		if err := c.Decode(&in); err != nil {
			return err
		}
		return s.slotTaken(c, row.Type, in.Start, in.Giver, id)
	case errors.Is(err, appointments.ErrOver):
		return problem.Conflict("appointment-over", "The appointment is "+row.State+by(c.Ctx(), s.pool, "appointment", id)+".")
	case errors.Is(err, appointments.ErrTooLate):
		return problem.Conflict("wrong-time", "An appointment is moved or cancelled before it begins, and is over only after that.")
	case err != nil:
		return err
	}
	s.wake()
	return c.JSON(http.StatusOK, appointmentView(row))
}
