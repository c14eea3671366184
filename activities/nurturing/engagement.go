package nurturing

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/analytics/timing"
	"github.com/perdura/perdura/gate"
)

// Everybody's habits change slowly: they are read anew after a minute, of the latest so many messages. Real time: it is
// about the database's work.
const (
	everybodyStays = time.Minute
	everybodyRows  = 5000
)

// tally counts messages by channel, and when people reacted to them.
type tally struct {
	sent, reacted map[string]int
	hours         timing.Hours
}

func newTally() tally { return tally{sent: map[string]int{}, reacted: map[string]int{}} }

func (t *tally) add(channel string, reacted bool, local time.Time) {
	t.sent[channel]++
	if reacted {
		t.reacted[channel]++
		t.hours.Add(local)
	}
}

// everybody keeps the tally of all people in memory.
type everybody struct {
	mu   sync.Mutex
	read time.Time
	tally
}

// engagement is what a person reacted to, beside everybody.
type engagement struct{ own, all tally }

// engagement reads how a person reacted so far. Only messages whose reactions may be seen count.
func (n *Nurturing) engagement(ctx context.Context, contact uuid.UUID, zone *time.Location) (engagement, error) {
	all, err := n.everybodys(ctx)
	if err != nil {
		return engagement{}, err
	}
	rows, err := n.q.ListReactionsOf(ctx, n.pool, contact)
	if err != nil {
		return engagement{}, fmt.Errorf("read how contact %s reacted: %w", contact, err)
	}
	own := newTally()
	for _, r := range rows {
		own.add(r.Channel, r.Reacted, r.ReactedAt.In(zone))
	}
	return engagement{own, all}, nil
}

func (n *Nurturing) everybodys(ctx context.Context) (tally, error) {
	e := &n.everybody
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.read.IsZero() && time.Since(e.read) < everybodyStays {
		return e.tally, nil
	}
	policy, _, err := gate.Kind.Current(ctx, n.pool, gate.PolicyName)
	if err != nil {
		return tally{}, err
	}
	rows, err := n.q.ListRecentReactions(ctx, n.pool, everybodyRows)
	if err != nil {
		return tally{}, fmt.Errorf("read how everybody reacted: %w", err)
	}
	fresh := newTally()
	for _, r := range rows {
		fresh.add(r.Channel, r.Reacted, r.ReactedAt.In(policy.TimeZone.Of(r.TimeZone, r.Country)))
	}
	e.tally, e.read = fresh, time.Now()
	return fresh, nil
}

// records are those of some channels.
func (e engagement) records(of []provider.Channel) []timing.Record {
	records := make([]timing.Record, len(of))
	for i, channel := range of {
		c := string(channel)
		records[i] = timing.Record{
			Channel: c, Sent: e.own.sent[c], Reacted: e.own.reacted[c], EverybodySent: e.all.sent[c], EverybodyReacted: e.all.reacted[c],
		}
	}
	return records
}

// odds are those of the person's hours.
func (e engagement) odds() timing.Odds {
	return timing.Learn(e.own.hours, e.all.hours, timing.StandardBelief())
}
