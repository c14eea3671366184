package retaining_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/retaining"
)

// asleep are the rounds that the events of the watch tell, by person.
func (h *house) asleep() map[uuid.UUID]string {
	h.t.Helper()
	rows, err := h.pool.Query(context.Background(), `select subject, external_id from events where type = 'customer.asleep' and data->>'contact_id' = subject`)
	require.NoError(h.t, err)
	defer rows.Close()
	out := map[uuid.UUID]string{}
	for rows.Next() {
		var subject, id string
		require.NoError(h.t, rows.Scan(&subject, &id))
		out[uuid.MustParse(subject)] = id
	}
	require.NoError(h.t, rows.Err())
	return out
}

func TestWhoIsAsleep(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := map[string]struct {
		make func() uuid.UUID
		want int // the round that begins; 0 for none
	}{
		"silent for long":       {func() uuid.UUID { id := h.customer(400); h.did(id, "order.placed", 121); return id }, 1},
		"never heard of":        {func() uuid.UUID { return h.customer(121) }, 1},
		"heard of just now":     {func() uuid.UUID { id := h.customer(400); h.did(id, "message.opened", 1); return id }, 0},
		"heard of at the bound": {func() uuid.UUID { id := h.customer(400); h.did(id, "order.placed", 120); return id }, 0},
		"only we have spoken": {func() uuid.UUID {
			id := h.customer(400)
			h.did(id, "message.sent", 1)
			h.did(id, "message.refused", 1)
			return id
		}, 1},
		"a customer since yesterday": {func() uuid.UUID { return h.customer(1) }, 0},
		"a customer at the bound":    {func() uuid.UUID { return h.customer(120) }, 0},
		"no customer": {func() uuid.UUID {
			id := h.customer(400)
			h.exec(`update contacts set lifecycle = 'lead' where id = $1`, id)
			return id
		}, 0},
		"a customer from the start": {func() uuid.UUID {
			id := h.customer(1)
			h.exec(`update contacts set lifecycle_since = null where id = $1`, id)
			return id
		}, 1},
		"joined to another": {func() uuid.UUID {
			id := h.customer(400)
			h.exec(`update contacts set merged_into = $2 where id = $1`, id, h.customer(1))
			return id
		}, 0},
		"spoken to not long ago":   {func() uuid.UUID { id := h.customer(900); h.round(id, 1, 179, "a"); return id }, 0},
		"found, and not yet begun": {func() uuid.UUID { id := h.customer(900); h.round(id, 1, 1, ""); return id }, 0},
		"spoken to long ago":       {func() uuid.UUID { id := h.customer(900); h.round(id, 1, 500, "a"); h.round(id, 2, 180, "b"); return id }, 3},
	}
	want := map[uuid.UUID]string{}
	for _, p := range people {
		if id := p.make(); p.want > 0 {
			want[id] = "customer.asleep/" + id.String() + "/" + strconv.Itoa(p.want)
		}
	}
	found, err := h.at(noon).FindSleepy(t.Context(), struct{}{})
	require.NoError(t, err)
	require.Equal(t, retaining.Found{Verdict: retaining.ThatsAll, Woken: len(want), Next: time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)}, found)
	require.Equal(t, want, h.asleep())
	require.EqualValues(t, 1, h.poked.Load())

	again, err := h.at(noon).FindSleepy(t.Context(), struct{}{})
	require.NoError(t, err)
	require.Zero(t, again.Woken, "a step that runs twice wakes nobody twice")
	require.Equal(t, want, h.asleep())
	require.EqualValues(t, 1, h.poked.Load())
}

// A house wakes no more than it can answer in a day, whatever happens in between.
func TestTheWatchWakesSoManyADay(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for range 5 {
		h.customer(400)
	}
	h.define("dormancy", retaining.Watch{After: "30d", Rest: "60d", PerDay: 2, At: "08:00"})
	for _, tc := range []struct {
		at   time.Time
		want int
	}{
		{noon, 2}, {noon.Add(time.Hour), 0}, {noon.Add(19*time.Hour + 59*time.Minute), 0}, {noon.Add(20 * time.Hour), 2}, {noon.AddDate(0, 0, 2), 1},
	} {
		found, err := h.at(tc.at).FindSleepy(t.Context(), struct{}{})
		require.NoError(t, err)
		require.Equal(t, tc.want, found.Woken, tc.at)
		require.Equal(t, retaining.ThatsAll, found.Verdict)
	}
	require.Len(t, h.asleep(), 5)

	h.define("dormancy", retaining.Watch{After: "30d", Rest: "60d", PerDay: 0, At: "08:00"})
	h.customer(400)
	found, err := h.at(noon.AddDate(0, 0, 9)).FindSleepy(t.Context(), struct{}{})
	require.NoError(t, err)
	require.Equal(t, retaining.Found{Verdict: retaining.Off}, found)
	require.Len(t, h.asleep(), 5)
}

// Many customers are found batch by batch, so that no step takes long.
func TestAFullBatchAsksForMore(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.exec(`insert into contacts (id, lifecycle, created_at, updated_at) select gen_random_uuid(), 'customer', $1, $1 from generate_series(1, 201)`, daysAgo(400))
	for _, want := range []retaining.Found{{Verdict: retaining.More, Woken: 200}, {Verdict: retaining.ThatsAll, Woken: 1}} {
		found, err := h.at(noon).FindSleepy(t.Context(), struct{}{})
		require.NoError(t, err)
		found.Next = time.Time{}
		require.Equal(t, want, found)
	}
	require.Len(t, h.asleep(), 201)
}

// Several looks at once, as after a lost answer, find each customer once, and no more than a day's.
func TestLooksAtOnceFindEachCustomerOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.define("dormancy", retaining.Watch{After: "30d", Rest: "60d", PerDay: 700, At: "08:00"})
	h.exec(`insert into contacts (id, lifecycle, created_at, updated_at) select gen_random_uuid(), 'customer', $1, $1 from generate_series(1, 1500)`, daysAgo(400))
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for {
				found, err := h.at(noon).FindSleepy(context.Background(), struct{}{})
				if err != nil || found.Verdict != retaining.More {
					return
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, 700, one[int](h, `select count(*) from retention_rounds where round = 1`))
	require.Zero(t, one[int](h, `select count(*) from retention_rounds where round > 1`))
	require.Equal(t, 700, one[int](h, `select count(*) from events`))
}

// The watch looks by the clock of the business calendar, also over a change of the clocks.
func TestTheWatchLooksByTheClockOfTheHouse(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.exec(`insert into business_calendars (id, definition, updated_at) values ('default', '{"zone": "Europe/Berlin", "week": {"monday": ["09:00-17:00"]}}', $1)
		on conflict (id) do update set definition = excluded.definition`, noon)
	for _, tc := range []struct{ now, want time.Time }{
		{time.Date(2026, 3, 2, 6, 59, 0, 0, time.UTC), time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)},
		{time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC)},
		{time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 6, 0, 0, 0, time.UTC)},
		{time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 7, 0, 0, 0, time.UTC)},
	} {
		found, err := h.at(tc.now).FindSleepy(t.Context(), struct{}{})
		require.NoError(t, err)
		require.Equal(t, tc.want, found.Next, tc.now)
	}
}
