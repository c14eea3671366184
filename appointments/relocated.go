package appointments

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// tellRelocated has the processes of a person's appointments plan again. A message that was decided on by the old clock
// does not leave any more.
func tellRelocated(ctx context.Context, tx pgx.Tx, now time.Time, rows []query.Appointment) error {
	slices.SortFunc(rows, func(a, b query.Appointment) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	list := make([]inbox.Event, len(rows))
	for i, row := range rows {
		row, err := query.New().TouchAppointment(ctx, tx, query.TouchAppointmentParams{ID: row.ID, Now: now})
		if err != nil {
			return fmt.Errorf("plan an appointment again: %w", err)
		}
		if _, err := fence.Move(ctx, tx, Fence, row.ID); err != nil {
			return err
		}
		if list[i], err = eventOf(events.AppointmentRelocated, row); err != nil {
			return err
		}
	}
	_, err := inbox.Accept(ctx, tx, now, list...)
	return err
}

func eventOf(e process.Event[events.Appointment], row query.Appointment) (inbox.Event, error) {
	raw, err := json.Marshal(events.Appointment{AppointmentID: row.ID, ContactID: row.ContactID, State: row.State})
	if err != nil {
		return inbox.Event{}, fmt.Errorf("encode %s: %w", e.Name(), err)
	}
	return inbox.Event{
		Source: inbox.OwnSource, ExternalID: fmt.Sprintf("%s/%s/%d", e.Name(), row.ID, row.Version), Type: e.Name(), Subject: row.ID.String(), Data: raw,
	}, nil
}

// end brings an appointment to its last state. Who is told of a cancellation sees a newer version of the invitation.
func end(ctx context.Context, tx pgx.Tx, now time.Time, row query.Appointment, state string, e process.Event[events.Appointment], by audit.Record) (query.Appointment, error) {
	now = now.Truncate(time.Microsecond)
	arg := query.EndAppointmentParams{ID: row.ID, State: state, Now: now}
	if state == Cancelled {
		arg.Raise = 1
	}
	row, err := query.New().EndAppointment(ctx, tx, arg)
	if err != nil {
		return row, fmt.Errorf("end an appointment: %w", err)
	}
	return row, tell(ctx, tx, now, row, e, verbs[state], by, "state")
}

var verbs = map[string]string{Cancelled: "cancel", Held: "complete", NoShowed: "no-show", Unreachable: "give-up"}
