package appointments

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

// Slot is a time at which somebody could give an appointment.
type Slot struct {
	Start  time.Time
	Until  time.Time
	Givers []string // who could, the least loaded first
}

// Wish says which free times somebody wants to know of. A zero time or an empty name means any.
type Wish struct {
	From, Until time.Time
	Giver       string
	Limit       int
	// Spared is an appointment that is to be moved.
	Spared uuid.UUID
}

// window is when a type may be booked now, as far as the wish goes.
func (t Type) window(now time.Time, w Wish) (from, until time.Time) {
	from, until = now.Add(t.Earliest.Duration()), now.Add(t.Latest.Duration())
	if w.From.After(from) {
		from = w.From
	}
	if !w.Until.IsZero() && w.Until.Before(until) {
		until = w.Until
	}
	return from, until
}

// Free lists the free times of a type, in order. Errors are PostgreSQL's.
func Free(ctx context.Context, db query.DBTX, now time.Time, t Type, w Wish) ([]Slot, error) {
	from, until := t.window(now, w)
	var slots []Slot
	// A few days hold as many as most ask for; a wish without many in them reads on.
	for step := lookAhead; from.Before(until) && len(slots) < w.Limit; step *= 2 {
		to := from.Add(step)
		if to.After(until) {
			to = until
		}
		list, err := givers(ctx, db, t, span{now: now, from: from, until: to, spared: w.Spared}, w.Giver)
		if err != nil || len(list) == 0 {
			return slots, err
		}
		slots = append(slots, gather(t, list, from, to)...)
		from = to
	}
	return slots[:min(len(slots), w.Limit)], nil
}

const lookAhead = 7 * day

func gather(t Type, list []Giver, from, until time.Time) []Slot {
	at := map[time.Time][]string{}
	for _, g := range list {
		for _, start := range Slots(t, g.Diary, from, until) {
			at[start] = append(at[start], g.Name)
		}
	}
	slots := make([]Slot, 0, len(at))
	for start, names := range at {
		slots = append(slots, Slot{start, start.Add(t.Duration.Duration()), names})
	}
	slices.SortFunc(slots, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return slots
}

// able lists who could give the type at start, the least loaded first.
func able(ctx context.Context, db query.DBTX, now time.Time, t Type, start time.Time, only string, spared uuid.UUID) ([]Giver, error) {
	from, until := t.window(now, Wish{From: start, Until: start.Add(time.Nanosecond)})
	if !from.Equal(start) || !until.After(start) { // too soon, or too far ahead
		return nil, nil
	}
	list, err := givers(ctx, db, t, span{now: now, from: from, until: until, spared: spared}, only)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(g Giver) bool {
		return !slices.ContainsFunc(Slots(t, g.Diary, from, until), start.Equal)
	}), nil
}
