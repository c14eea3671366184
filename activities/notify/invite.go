package notify

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db/query"
)

// invite puts the appointment that a mail speaks of into it, for the calendar of who gives it.
func (s *Service) invite(ctx context.Context, m Message, f query.MessageFactsRow, out *delivery.Composed) error {
	if m.AppointmentID == uuid.Nil {
		return nil
	}
	invite, err := appointments.InviteGiver(ctx, s.pool, s.clock.Now(), m.AppointmentID, appointments.Invitation{
		Organizer: s.organizer, Attendee: f.UserEmail, AttendeeName: f.UserName, Link: s.link(m),
	}, m.Template == AppointmentCancelled)
	if errors.Is(err, appointments.ErrUnknown) {
		return nil // the words say what is left to say
	}
	if err != nil || invite == nil {
		return err
	}
	out.Calendar, out.CalendarMethod = invite.Content, invite.Method
	return nil
}
