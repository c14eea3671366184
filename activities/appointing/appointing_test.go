package appointing_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/appointing"
	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/dbtest"
	"github.com/perdura/perdura/process"
)

// noon is a Friday; on the Sunday after the next week the clocks go back in Berlin.
var noon = time.Date(2026, 10, 16, 12, 0, 0, 0, time.UTC)

type house struct {
	t       *testing.T
	pool    *pgxpool.Pool
	contact uuid.UUID
	giver   uuid.UUID
}

func setup(t *testing.T) *house {
	h := &house{t, dbtest.New(t), uuid.New(), uuid.New()}
	dbtest.Exec(t, h.pool, `insert into contacts (id, email, time_zone, created_at, updated_at) values ($1, 'ada@example.com', 'Europe/Berlin', $2, $2)`, h.contact, noon)
	dbtest.Exec(t, h.pool, `insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'care', $2)`, h.giver, noon)
	return h
}

func (h *house) activities(now time.Time) *appointing.Appointing {
	return appointing.New(h.pool, clock.Clock{Origin: time.Now(), Business: now, Speed: 1e-9}, nil)
}

func (h *house) book(now, start time.Time) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	require.NoError(h.t, db.InTx(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := appointments.Book(h.t.Context(), tx, now, appointments.Booking{ID: id, Type: "consultation", ContactID: h.contact, Start: start, Actor: audit.Record{ActorKind: audit.System, ActorID: "test"}})
		return err
	}))
	return id
}

func (h *house) look(now time.Time, id uuid.UUID) appointing.Standing {
	h.t.Helper()
	s, err := h.activities(now).Look(h.t.Context(), appointing.Named{AppointmentID: id})
	require.NoError(h.t, err)
	return s
}

func TestHowAnAppointmentStands(t *testing.T) {
	t.Parallel()
	h := setup(t)
	start := time.Date(2026, 10, 26, 10, 0, 0, 0, time.UTC) // Monday at eleven in Berlin
	id := h.book(noon, start)
	s := h.look(noon, id)
	require.Equal(t, appointing.Standing{
		State: "booked", ContactID: h.contact, UserID: h.giver, Start: start, RemindAt: time.Date(2026, 10, 25, 10, 0, 0, 0, time.UTC), LookAt: s.LookAt,
		SettleBy: start.Add(4*time.Hour + 30*time.Minute), Fence: s.Fence, NoShow: "appointment-no-show", Survey: "service", Upsell: s.Upsell,
	}, s)
	require.EqualValues(t, 1, s.Fence.Version)

	require.NoError(t, db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error {
		fresh, err := appointments.Relocate(t.Context(), tx, noon, h.contact, "Pacific/Auckland", audit.Record{ActorKind: audit.System, ActorID: "test"})
		require.True(t, fresh)
		return err
	}))
	moved := h.look(noon, id)
	require.Equal(t, time.Date(2026, 10, 25, 10, 0, 0, 0, time.UTC), moved.RemindAt, "the same hour there is the same hour here, as no clock changes in between")
	require.EqualValues(t, 2, moved.Fence.Version)
	stands, err := s.Fence.Stands(t.Context(), h.pool)
	require.NoError(t, err)
	require.False(t, stands)

	soon := h.book(noon, time.Date(2026, 10, 16, 14, 15, 0, 0, time.UTC))
	require.Zero(t, h.look(noon, soon).RemindAt, "who books for this afternoon needs no reminder")
	_, err = h.activities(noon).Look(t.Context(), appointing.Named{AppointmentID: uuid.New()})
	require.True(t, process.IsType(err, process.TypeNotFound), "%v", err)
}

func TestHowItWentIsWrittenDownOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	starts := []time.Time{noon.Add(2 * time.Hour), noon.Add(70 * time.Hour), noon.Add(94 * time.Hour), noon.Add(118 * time.Hour)}
	var ids []uuid.UUID
	for _, start := range starts {
		ids = append(ids, h.book(noon, start))
	}
	settle := func(i int, now time.Time, state string) appointing.Standing {
		s, err := h.activities(now).Settle(process.WithKey(t.Context(), "appointment:x/entry/settle.1"), appointing.Verdict{AppointmentID: ids[i], State: state})
		require.NoError(t, err)
		return s
	}
	require.Equal(t, "booked", settle(0, noon, "held").State, "it has not begun")
	for range 2 {
		s := settle(0, starts[0].Add(time.Hour), "no-show")
		require.Equal(t, []any{"no-show", false}, []any{s.State, s.Call})
	}
	require.Equal(t, "no-show", settle(0, starts[0].Add(time.Hour), "held").State, "what was said first stands")
	require.True(t, settle(1, starts[1].Add(time.Hour), "no-show").Call, "the second in a row")
	require.Equal(t, "held", settle(2, starts[2].Add(time.Hour), "held").State)
	require.False(t, settle(3, starts[3].Add(time.Hour), "no-show").Call, "it begins anew")
	require.Equal(t, 4, dbtest.One[int](t, h.pool, `select count(*) from events where type = 'appointment.ended'`))
}
