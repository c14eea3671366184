package appointments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// The states of an appointment.
const (
	Booked      = "booked"
	Held        = "held"
	NoShowed    = "no-show"
	Unreachable = "unreachable" // over, nobody said how it went, and the person was never reached
	Cancelled   = "cancelled"
)

// Fence is the kind of the fencing token of an appointment.
const Fence = "appointment"

// What keeps an appointment from being booked or moved.
var (
	ErrUnknown = errors.New("no such appointment")
	ErrTaken   = errors.New("nobody is free to give it at that time")
	ErrOver    = errors.New("the appointment does not stand any more")
	ErrTooLate = errors.New("it is too late to change it")
)

// Booking asks for an appointment.
type Booking struct {
	ID        uuid.UUID // of the appointment; the same call again returns the same one
	Type      string
	ContactID uuid.UUID
	Start     time.Time
	Giver     string    // empty for the least loaded who is free
	Rebooks   uuid.UUID // the one that was missed
	Actor     audit.Record
}

// Book books an appointment. Errors: definitions.ErrUnknown for the type, ErrTaken, or PostgreSQL's.
func Book(ctx context.Context, tx pgx.Tx, now time.Time, b Booking) (query.Appointment, error) {
	now, b.Start = now.Truncate(time.Microsecond), b.Start.Truncate(time.Microsecond)
	before, err := Get(ctx, tx, b.ID)
	if err == nil || !errors.Is(err, ErrUnknown) {
		return before, err
	}
	t, version, err := Kind.Current(ctx, tx, b.Type)
	if err != nil {
		return query.Appointment{}, err
	}
	list, err := able(ctx, tx, now, t, b.Start, b.Giver, uuid.Nil)
	if err != nil {
		return query.Appointment{}, err
	}
	for _, g := range list {
		at := t.around(b.Start)
		rows, err := query.New().BookAppointment(ctx, tx, query.BookAppointmentParams{
			ID: b.ID, Type: b.Type, TypeVersion: int32(version), ContactID: b.ContactID, Giver: g.Name, UserID: db.NullID(g.UserID),
			StartAt: b.Start, EndAt: at.end, BusyFrom: at.busy.From, BusyUntil: at.busy.Until, Rebooks: db.NullID(b.Rebooks), Now: now,
		})
		if err != nil {
			return query.Appointment{}, fmt.Errorf("book an appointment: %w", err)
		}
		if len(rows) == 1 {
			return rows[0], tell(ctx, tx, now, rows[0], events.AppointmentBooked, "book", b.Actor, "start_at", "giver")
		}
	}
	return query.Appointment{}, ErrTaken
}

type around struct {
	end  time.Time
	busy Interval
}

func (t Type) around(start time.Time) around {
	before, after := t.buffers()
	end := start.Add(t.Duration.Duration())
	return around{end, Interval{start.Add(-before), end.Add(after)}}
}

// Get reads an appointment. Errors: ErrUnknown, or PostgreSQL's.
func Get(ctx context.Context, db query.DBTX, id uuid.UUID) (query.Appointment, error) {
	return found(query.New().GetAppointment(ctx, db, id))
}

func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (query.Appointment, error) {
	return found(query.New().LockAppointment(ctx, tx, id))
}

func found(row query.Appointment, err error) (query.Appointment, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrUnknown
	}
	if err != nil {
		return row, fmt.Errorf("read an appointment: %w", err)
	}
	return row, nil
}

// TypeOf is the type of an appointment, as it was when it was booked.
func TypeOf(ctx context.Context, db query.DBTX, row query.Appointment) (Type, error) {
	t, err := Kind.At(ctx, db, row.Type, int(row.TypeVersion))
	if errors.Is(err, definitions.ErrUnknown) {
		t, _, err = Kind.Current(ctx, db, row.Type)
	}
	return t, err
}

// tell raises the fence, and writes audit and event of a change.
func tell(ctx context.Context, tx pgx.Tx, now time.Time, row query.Appointment, e process.Event[events.Appointment], verb string, by audit.Record, fields ...string) error {
	if _, err := fence.Move(ctx, tx, Fence, row.ID); err != nil {
		return err
	}
	by.Action, by.ResourceKind, by.ResourceID, by.Fields = "appointment."+verb, "appointment", row.ID.String(), fields
	if err := audit.Append(ctx, tx, now, by); err != nil {
		return err
	}
	return inbox.Emit(ctx, tx, now, fmt.Sprintf("%s/%s/%d", e.Name(), row.ID, row.Version), row.ID.String(), e,
		events.Appointment{AppointmentID: row.ID, ContactID: row.ContactID, State: row.State})
}

// taken reports whether PostgreSQL refused a second appointment at a time, or gave up one of two who waited for each other.
func taken(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "23P01" || refused.Code == "40P01")
}
