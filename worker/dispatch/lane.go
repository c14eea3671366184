package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

// event is one claimed event.
type event struct {
	seq      int64
	id       uuid.UUID
	kind     string
	subject  string
	data     json.RawMessage
	attempts int
	trace    string
}

// result is what a lane reports; last means that the lane has ended.
type result struct {
	settled  []settlement
	temporal contact
	last     bool
	subject  string
	// retryIn is when the subject is to be tried again; 0 when it is free.
	retryIn time.Duration
}

// contact is what a delivery learned about Temporal.
type contact int

const (
	none contact = iota
	answered
	silent
)

// settlement is what became of one event.
type settlement struct {
	seq     int64
	state   state
	tries   int // 0 when it was not attempted
	retryIn time.Duration
	problem string
}

type state string

const (
	pending   state = "pending"
	delivered state = "delivered"
	ignored   state = "ignored"
	setAside  state = "set-aside"
)

// bySubject groups rows into one list a subject, ordered by seq; the subject whose first event is oldest comes first.
func bySubject(rows []query.ClaimEventsRow) [][]event {
	slices.SortFunc(rows, func(a, b query.ClaimEventsRow) int { return cmp.Compare(a.Seq, b.Seq) })
	var lanes [][]event
	place := map[string]int{}
	for _, r := range rows {
		i, ok := place[r.Subject]
		if !ok {
			i = len(lanes)
			place[r.Subject] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], event{r.Seq, r.ID, r.Type, r.Subject, r.Data, int(r.Attempts), r.Trace})
	}
	return lanes
}

// lane delivers the events of one subject in their order. At the first that fails, and when the lease runs out, it gives
// the rest back.
func (d *Dispatcher) lane(work context.Context, deadline time.Time, events []event) {
	for i, ev := range events {
		if i > 0 && (work.Err() != nil || time.Until(deadline) < deliveryTime+leaseMargin) {
			d.results <- result{settled: giveBack(events[i:]), last: true, subject: ev.subject}
			return
		}
		r := d.attempt(work, ev)
		failed := r.settled[0].state == pending
		if failed {
			r.retryIn = r.settled[0].retryIn
			r.settled = append(r.settled, giveBack(events[i+1:])...)
		}
		r.last = failed || i == len(events)-1
		d.results <- r
		if failed {
			return
		}
	}
}

func (d *Dispatcher) attempt(work context.Context, ev event) result {
	ctx, cancel := context.WithTimeout(work, deliveryTime)
	defer cancel()
	state, contact, err := measured(ctx, ev, func(ctx context.Context) (state, contact, error) { return d.try(ctx, ev) })
	s := settlement{seq: ev.seq, state: state, tries: 1}
	if err != nil {
		s.problem = describe(err)
	}
	switch state {
	case setAside:
		d.log.ErrorContext(ctx, "an event cannot be delivered and is set aside; see `perdura events`",
			"event", ev.id, "type", ev.kind, "attempts", ev.attempts+1, "error", s.problem)
	case pending:
		s.retryIn = backoff(ev.attempts + 1)
		if contact == silent { // no fault of the event: it goes as soon as Temporal is back
			s.retryIn = min(s.retryIn, maxProbe)
		}
		d.log.WarnContext(ctx, "an event could not be delivered; trying again later",
			"event", ev.id, "type", ev.kind, "attempts", ev.attempts+1, "retry_in", s.retryIn, "error", s.problem)
	}
	return result{settled: []settlement{s}, temporal: contact, subject: ev.subject}
}

// try delivers an event and lets the listeners hear of it. One that was tried in vain for long enough is set aside, so that
// those behind it go on: until then a build that can deliver it may come.
func (d *Dispatcher) try(ctx context.Context, ev event) (state, contact, error) {
	state, contact, err := d.deliver.event(ctx, ev)
	if state != pending {
		if unheard := d.tell(ctx, ev); unheard != nil {
			state, err = pending, unheard
		}
	}
	if state == pending && ev.attempts+1 >= d.opts.SetAsideAfter && incurable(err) {
		state = setAside
	}
	return state, contact, err
}

// tell lets the listeners hear of an event.
func (d *Dispatcher) tell(ctx context.Context, ev event) error {
	for _, listen := range d.opts.Listeners {
		if err := listen(ctx, ev.id, ev.kind, ev.data); err != nil {
			return err
		}
	}
	return nil
}

func giveBack(events []event) []settlement {
	out := make([]settlement, len(events))
	for i, ev := range events {
		out[i] = settlement{seq: ev.seq, state: pending}
	}
	return out
}
