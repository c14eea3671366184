package appointing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Appointing implements the contracts of this package on PostgreSQL.
type Appointing struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	poke  inbox.Poker
}

// New returns the implementation; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock, poke inbox.Poker) *Appointing {
	return &Appointing{pool, c, poke}
}

// Activities lists what a worker registers.
func (a *Appointing) Activities() []process.Implementation {
	return []process.Implementation{Look.Implement(a.Look), Settle.Implement(a.Settle)}
}

// Look implements the contract of the same name.
func (a *Appointing) Look(ctx context.Context, n Named) (Standing, error) {
	// The token first: a change in between makes it old, and nothing leaves on old facts.
	token, err := fence.Read(ctx, a.pool, appointments.Fence, n.AppointmentID)
	if err != nil {
		return Standing{}, err
	}
	row, err := query.New().AppointmentFacts(ctx, a.pool, n.AppointmentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Standing{}, process.NotFound("appointment", n.AppointmentID.String())
	}
	if err != nil {
		return Standing{}, fmt.Errorf("read an appointment: %w", err)
	}
	t, err := appointments.TypeOf(ctx, a.pool, query.Appointment{Type: row.Type, TypeVersion: row.TypeVersion})
	if err != nil {
		return Standing{}, err
	}
	zone, err := appointments.ZoneOf(ctx, a.pool, row.TimeZone, row.Country)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{
		State: row.State, ContactID: row.ContactID, UserID: row.UserID.UUID, Sequence: int(row.Sequence), Start: row.StartAt.UTC(),
		SettleBy: row.EndAt.Add(t.SettleAfter.Duration()).UTC(), Fence: token, NoShow: t.NoShow.Template,
		Call: t.NoShow.CallAfter > 0 && int(row.Missed) >= t.NoShow.CallAfter, Survey: t.Survey, Upsell: t.Upsell.Title, UpsellTeam: t.Upsell.Team,
	}
	s.RemindAt, s.LookAt = reminder(t, row.StartAt, row.Since, zone)
	return s, nil
}

// reminder is when somebody is reminded of an appointment that they have known of since a time, and when to look again
// where they are. Who booked later than the reminder would come gets none: the confirmation is fresh.
func reminder(t appointments.Type, start, since time.Time, zone *time.Location) (at, look time.Time) {
	at = t.RemindAt(start, zone)
	if at.IsZero() || !at.After(since) {
		return time.Time{}, time.Time{}
	}
	return at, t.FirstReminder(start)
}

// Settle implements the contract of the same name.
func (a *Appointing) Settle(ctx context.Context, v Verdict) (Standing, error) {
	by := audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)}
	err := db.InTx(ctx, a.pool, func(tx pgx.Tx) error {
		_, err := appointments.Settle(ctx, tx, a.clock.Now(), v.AppointmentID, v.State, by)
		return err
	})
	switch {
	case errors.Is(err, appointments.ErrUnknown):
		return Standing{}, process.NotFound("appointment", v.AppointmentID.String())
	case err != nil && !errors.Is(err, appointments.ErrOver) && !errors.Is(err, appointments.ErrTooLate): // it stands otherwise
		return Standing{}, err
	case err == nil && a.poke != nil:
		a.poke.Poke()
	}
	return a.Look(ctx, Named{v.AppointmentID})
}
