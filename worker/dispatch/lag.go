package dispatch

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

const (
	// StuckAfter is the number of attempts after which an event counts as stuck: some eight seconds of trying.
	StuckAfter = 6
	// maxStuck is how many stuck events Lag lists.
	maxStuck = 20
)

// Lag says how far deliveries are behind.
type Lag struct {
	// Pending counts events that wait; Oldest is how long the first of them has, in business time.
	Pending int
	Oldest  time.Duration
	// StuckCount counts events that failed again and again; Stuck lists the first of them.
	StuckCount int
	Stuck      []Stuck
	// SetAside counts events that can never be delivered as they are. They hold up nobody.
	SetAside int
	// TemporalDown means that this dispatcher could not reach Temporal when it last tried.
	TemporalDown bool
}

// Stuck is an event that failed again and again. It holds up the later events of its subject.
type Stuck struct {
	ID        uuid.UUID
	Type      string
	Attempts  int
	LastError string // without personal data
}

// health is written by the loop and read by anybody.
type health struct{ down atomic.Bool }

func (h *health) setDown(down bool) { h.down.Store(down) }

// Lag measures the inbox. It errs when PostgreSQL does not answer.
func (d *Dispatcher) Lag(ctx context.Context) (Lag, error) {
	q, now := query.New(), d.opts.instant(0)
	m, err := q.MeasureInbox(ctx, d.pool, query.MeasureInboxParams{Now: now, StuckAfter: StuckAfter})
	if err != nil {
		return Lag{}, fmt.Errorf("measure the inbox: %w", err)
	}
	lag := Lag{Pending: int(m.Pending), StuckCount: int(m.Stuck), SetAside: int(m.SetAside), TemporalDown: d.health.down.Load()}
	if m.Pending > 0 {
		lag.Oldest = max(now.Sub(m.Oldest), 0)
	}
	if m.Stuck == 0 {
		return lag, nil
	}
	rows, err := q.ListStuckEvents(ctx, d.pool, query.ListStuckEventsParams{StuckAfter: StuckAfter, MaxRows: maxStuck})
	if err != nil {
		return Lag{}, fmt.Errorf("list the stuck events: %w", err)
	}
	for _, r := range rows {
		lag.Stuck = append(lag.Stuck, Stuck{r.ID, r.Type, int(r.Attempts), r.LastError})
	}
	return lag, nil
}
