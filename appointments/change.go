package appointments

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// Change is who changes an appointment.
type Change struct {
	Actor audit.Record
	// Notice says that the person does it by themselves, who has to keep to the notice of the type.
	Notice bool
}

// Movable reports whether an appointment can still be moved or cancelled. Errors: ErrOver, ErrTooLate.
func Movable(t Type, row query.Appointment, now time.Time, c Change) error {
	switch {
	case row.State != Booked:
		return ErrOver
	case !now.Before(row.StartAt):
		return ErrTooLate
	case c.Notice && now.Add(t.CancelBefore.Duration()).After(row.StartAt):
		return ErrTooLate
	}
	return nil
}

// Move books an appointment for another time. Without a giver, the present one keeps it if they can, else the least
// loaded. Errors: ErrUnknown, ErrOver, ErrTooLate, ErrTaken (the transaction is lost then), or PostgreSQL's.
func Move(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, start time.Time, giver string, c Change) (query.Appointment, error) {
	now, start = now.Truncate(time.Microsecond), start.Truncate(time.Microsecond)
	row, err := lock(ctx, tx, id)
	if err != nil {
		return row, err
	}
	t, err := TypeOf(ctx, tx, row)
	if err != nil {
		return row, err
	}
	if err := Movable(t, row, now, c); err != nil {
		return row, err
	}
	if row.StartAt.Equal(start) && (giver == "" || giver == row.Giver) {
		return row, nil // as it is already
	}
	list, err := able(ctx, tx, now, t, start, giver, row.ID)
	if err != nil {
		return row, err
	}
	at := t.around(start)
	for _, g := range preferring(list, row.Giver) {
		var moved query.Appointment
		err := pgx.BeginFunc(ctx, tx, func(try pgx.Tx) (err error) {
			moved, err = query.New().MoveAppointment(ctx, try, query.MoveAppointmentParams{
				ID: row.ID, Giver: g.Name, UserID: db.NullID(g.UserID), StartAt: start, EndAt: at.end, BusyFrom: at.busy.From, BusyUntil: at.busy.Until, Now: now,
			})
			return err
		})
		if taken(err) {
			continue
		}
		if err != nil {
			return row, fmt.Errorf("move an appointment: %w", err)
		}
		return moved, tell(ctx, tx, now, moved, events.AppointmentMoved, "move", c.Actor, "start_at", "giver")
	}
	return row, ErrTaken
}

// preferring puts the present giver first.
func preferring(list []Giver, name string) []Giver {
	var first, rest []Giver
	for _, g := range list {
		if g.Name == name {
			first = append(first, g)
		} else {
			rest = append(rest, g)
		}
	}
	return append(first, rest...)
}

// Cancel takes an appointment back; its time is free at once. Cancelling again changes nothing. Errors: ErrUnknown,
// ErrOver, ErrTooLate, or PostgreSQL's.
func Cancel(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, c Change) (query.Appointment, error) {
	row, err := lock(ctx, tx, id)
	if err != nil || row.State == Cancelled {
		return row, err
	}
	t, err := TypeOf(ctx, tx, row)
	if err != nil {
		return row, err
	}
	if err := Movable(t, row, now, c); err != nil {
		return row, err
	}
	return end(ctx, tx, now, row, Cancelled, events.AppointmentCancelled, c.Actor)
}

// Settle says how an appointment went: Held, NoShowed or Unreachable. What was said before stands. Errors: ErrUnknown, ErrOver when it
// was cancelled or went another way, ErrTooLate when it has not begun, or PostgreSQL's.
func Settle(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, state string, actor audit.Record) (query.Appointment, error) {
	row, err := lock(ctx, tx, id)
	switch {
	case err != nil, row.State == state:
		return row, err
	case row.State != Booked:
		return row, ErrOver
	case now.Before(row.StartAt):
		return row, ErrTooLate
	}
	return end(ctx, tx, now, row, state, events.AppointmentEnded, actor)
}

// Relocate notes that a person is in another time zone now. What is planned by their clock is planned again.
// It reports whether that is new.
func Relocate(ctx context.Context, tx pgx.Tx, now time.Time, contact uuid.UUID, zone string, actor audit.Record) (bool, error) {
	now = now.Truncate(time.Microsecond)
	n, err := query.New().SetContactZone(ctx, tx, query.SetContactZoneParams{ID: contact, TimeZone: &zone, Now: now})
	if err != nil || n == 0 {
		return false, err
	}
	by := actor
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "contact.relocate", "contact", contact.String(), []string{"time_zone"}
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return false, err
	}
	rows, err := query.New().ListAppointmentsToCome(ctx, tx, query.ListAppointmentsToComeParams{ContactID: contact, Now: now})
	if err != nil {
		return false, fmt.Errorf("look for a person's appointments: %w", err)
	}
	return true, tellRelocated(ctx, tx, now, rows)
}
