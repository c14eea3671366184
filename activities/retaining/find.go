package retaining

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// batch is how many customers one step wakes.
const batch = 200

// silent are the interactions that are no sign of life: what the house did by itself.
var silent = []string{"lead.judged", "lead.passed-on", "message.sent", "message.refused"}

// FindSleepy implements the contract FindSleepy. A step that runs twice finds the others: each customer it has told has
// a round by then, because two looks never overlap.
func (r *Retaining) FindSleepy(ctx context.Context, _ struct{}) (Found, error) {
	var out Found
	err := db.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		watch, _, err := WatchKind.Current(ctx, tx, DefaultName)
		if err != nil {
			return err
		}
		if watch.PerDay == 0 {
			out.Verdict = Off
			return nil
		}
		now := r.clock.Now().Truncate(time.Microsecond)
		def, _, err := tasks.Hours(ctx, tx)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(def.Zone)
		if err != nil {
			return fmt.Errorf("find sleepy customers: the zone of the default business calendar: %w", err)
		}
		if err := r.q.LockDormancyWatch(ctx, tx); err != nil {
			return fmt.Errorf("find sleepy customers: %w", err)
		}
		today, next := looks(now, zone, watch.At)
		out.Verdict, out.Next = ThatsAll, next.UTC()
		told, err := r.q.CountRetentionRounds(ctx, tx, today)
		if err != nil {
			return fmt.Errorf("find sleepy customers: %w", err)
		}
		room := min(batch, watch.PerDay-int(told))
		if room <= 0 {
			return nil
		}
		if out.Woken, err = r.wake(ctx, tx, now, watch, room); err != nil {
			return err
		}
		if out.Woken == room && room == batch {
			out.Verdict = More
		}
		return nil
	})
	if err == nil && out.Woken > 0 && r.poker != nil {
		r.poker.Poke()
	}
	return out, err
}

// wake begins a round for so many sleepy customers, and tells each.
func (r *Retaining) wake(ctx context.Context, tx pgx.Tx, now time.Time, watch Watch, most int) (int, error) {
	ids, err := r.q.FindSleepyCustomers(ctx, tx, query.FindSleepyCustomersParams{
		QuietSince: now.Add(-watch.After.Duration()), RestedSince: now.Add(-watch.Rest.Duration()), Ours: silent, MaxRows: int32(most),
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	rounds, err := r.q.AddRetentionRounds(ctx, tx, query.AddRetentionRoundsParams{ContactIds: ids, FoundAt: now})
	if err != nil {
		return 0, fmt.Errorf("begin rounds of retention: %w", err)
	}
	told := make([]inbox.Event, len(rounds))
	for i, round := range rounds {
		data, err := json.Marshal(events.Contact{ContactID: round.ContactID})
		if err != nil {
			return 0, fmt.Errorf("begin rounds of retention: encode an event: %w", err)
		}
		told[i] = inbox.Event{
			Source: inbox.OwnSource, ExternalID: "customer.asleep/" + round.ContactID.String() + "/" + strconv.Itoa(int(round.Round)),
			Type: events.CustomerAsleep.Name(), Subject: round.ContactID.String(), Data: data,
		}
	}
	if _, err := inbox.Accept(ctx, tx, now, told...); err != nil {
		return 0, fmt.Errorf("begin rounds of retention: %w", err)
	}
	return len(rounds), nil
}

// looks are the last time at which the watch was to look, or will today, and the next one after now: at a time of day in
// the zone. Days that lack the hour, or have it twice, take what time.Date makes of it.
func looks(now time.Time, zone *time.Location, at string) (last, next time.Time) {
	clock, err := time.Parse("15:04", at)
	if err != nil {
		clock = time.Date(0, 1, 1, 8, 0, 0, 0, time.UTC)
	}
	day := now.In(zone)
	on := func(days int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+days, clock.Hour(), clock.Minute(), 0, 0, zone)
	}
	if today := on(0); now.Before(today) {
		return on(-1), today
	}
	return on(0), on(1)
}
