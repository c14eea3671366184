package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/templates"
)

// appointmentFacts adds what a message may say about an appointment, its time by the clock where the person is.
func (c *Core) appointmentFacts(ctx context.Context, v templates.Values, id uuid.UUID, row query.PersonFactsRow) error {
	if id == uuid.Nil || row.AppointmentStartAt == nil {
		return nil
	}
	t, err := appointments.TypeOf(ctx, c.pool, query.Appointment{Type: row.AppointmentType, TypeVersion: row.AppointmentTypeVersion})
	if err != nil {
		return fmt.Errorf("read what an appointment is: %w", err)
	}
	zone, err := appointments.ZoneOf(ctx, c.pool, row.TimeZone, row.Country)
	if err != nil {
		return err
	}
	v["appointment.start"] = row.AppointmentStartAt.In(zone)
	for name, text := range map[string]string{
		"appointment.title": t.Title, "appointment.link": c.Appointment(id), "appointment.map": t.Place.MapLink(), "appointment.phone": t.Phone,
		"appointment.address": t.Place.Address,
	} {
		if text != "" {
			v[name] = text
		}
	}
	return nil
}

// Appointment is the page on which a person sees, moves or cancels an appointment.
func (c *Core) Appointment(id uuid.UUID) string { return c.link(links.Appointment, id) }

// Now is the business time.
func (c *Core) Now() time.Time { return c.now() }
