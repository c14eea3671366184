package messages

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/process"
)

// invite puts the appointment that a mail speaks of into it, as calendars read it.
func (s *Service) invite(ctx context.Context, m Message, p delivery.Parcel, out *delivery.Composed) error {
	if m.AppointmentID == uuid.Nil || p.Channel != provider.Email {
		return nil
	}
	invite, _, err := appointments.InviteFor(ctx, s.pool, s.core.Now(), m.AppointmentID, s.organizer, s.core.Appointment(m.AppointmentID))
	if errors.Is(err, appointments.ErrUnknown) {
		return process.NotFound("appointment", m.AppointmentID.String())
	}
	if err != nil || invite == nil {
		return err
	}
	out.Calendar, out.CalendarMethod = invite.Content, invite.Method
	return nil
}
