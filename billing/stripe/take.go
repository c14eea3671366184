package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/billing"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// Taken says what became of an event. Reason is a code; empty when it was booked, is a repeat, or says nothing to the books.
type Taken struct {
	Booked int
	Reason string
}

// Why an event waits, or is not booked.
const (
	UnknownCustomer = "unknown-customer" // nobody here is this customer
	UnknownInvoice  = "unknown-invoice"  // what it speaks of paid no invoice that is known
	NotBooked       = "not-booked"       // the books do not take it as it is
)

// ErrGarbage means that an event cannot be read.
var ErrGarbage = errors.New("the event cannot be read")

// by is who the audit log says it was.
var by = audit.Record{ActorKind: audit.System, ActorID: "stripe"}

// taking is a transaction that takes an event and those that waited for what it tells.
type taking struct {
	tx    pgx.Tx
	q     *query.Queries
	now   time.Time
	at    func(time.Time) time.Time
	keep  []inbox.Event // all that is accepted at the end
	taken Taken
}

// Take books an event of Stripe in the caller's transaction, late in it: it takes the locks of inbox.Accept. at makes
// business time of real time. What cannot be booked yet is kept, and booked once what is missing becomes known.
// Errors: ErrGarbage, or PostgreSQL's.
func Take(ctx context.Context, tx pgx.Tx, now time.Time, at func(time.Time) time.Time, e Event) (Taken, error) {
	o, err := e.parse()
	if err != nil || e.ID == "" || e.Type == "" {
		return Taken{}, ErrGarbage
	}
	if o.ID == "" {
		return Taken{}, nil // of something that is not named, such as the balance
	}
	t := &taking{tx: tx, q: query.New(), now: now.Truncate(time.Microsecond), at: at}
	// One event of Stripe after the other: what one waits for, another tells.
	if err := t.q.LockBilled(ctx, tx, "source/"+Source); err != nil {
		return Taken{}, fmt.Errorf("take an event of Stripe: %w", err)
	}
	known, err := t.take(ctx, e, o)
	if err != nil {
		return Taken{}, err
	}
	if err := t.retry(ctx, known); err != nil {
		return Taken{}, err
	}
	accepted, err := inbox.Accept(ctx, tx, t.now, t.keep...)
	if err != nil {
		return Taken{}, err
	}
	for _, a := range accepted {
		if !a.Duplicate {
			t.taken.Booked++
		}
	}
	return t.taken, nil
}

// take books one event, or keeps it waiting. It returns what is known from now on.
func (t *taking) take(ctx context.Context, e Event, o Object) ([]string, error) {
	// The books may refuse: then nothing of the event stays.
	part, err := t.tx.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("take an event of Stripe: %w", err)
	}
	b := &event{tx: part, q: t.q, now: t.now, at: t.at, e: e, o: o}
	err = b.book(ctx)
	var wrong *billing.InvalidError
	if errors.As(err, &wrong) {
		if err := part.Rollback(ctx); err != nil {
			return nil, fmt.Errorf("take an event of Stripe: %w", err)
		}
		return nil, t.wait(ctx, e, o, o.ID, NotBooked)
	}
	if err != nil {
		return nil, err
	}
	if err := part.Commit(ctx); err != nil {
		return nil, fmt.Errorf("take an event of Stripe: %w", err)
	}
	if b.missing != "" {
		return b.known, t.wait(ctx, e, o, b.missing, b.reason)
	}
	t.keep = append(t.keep, b.keep...)
	if err := t.q.ResolveReconciliation(ctx, t.tx, query.ResolveReconciliationParams{Source: Source, EventID: e.ID, Now: t.now}); err != nil {
		return nil, fmt.Errorf("take an event of Stripe: %w", err)
	}
	return b.known, nil
}

// wait keeps an event until an object becomes known, for somebody to look at meanwhile.
func (t *taking) wait(ctx context.Context, e Event, o Object, object, reason string) error {
	t.taken.Reason = reason
	raw, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("keep an event of Stripe: %w", err)
	}
	raw, err = json.Marshal(map[string]any{"id": e.ID, "type": e.Type, "created": e.Created, "data": map[string]any{"object": json.RawMessage(raw)}})
	if err != nil {
		return fmt.Errorf("keep an event of Stripe: %w", err)
	}
	err = t.q.AddReconciliation(ctx, t.tx, query.AddReconciliationParams{
		ID: uuid.Must(uuid.NewV7()), Source: Source, EventID: e.ID, EventType: e.Type, ObjectID: object, Data: raw, Reason: reason, At: t.now,
	})
	if err != nil {
		return fmt.Errorf("keep an event of Stripe: %w", err)
	}
	return nil
}

// retry books what waited for what is known now, and what waited for that.
func (t *taking) retry(ctx context.Context, known []string) error {
	reason := t.taken.Reason
	done := map[string]bool{}
	for len(known) > 0 {
		rows, err := t.q.ListReconciliations(ctx, t.tx, query.ListReconciliationsParams{Source: Source, ObjectIds: known})
		if err != nil {
			return fmt.Errorf("look for events of Stripe that wait: %w", err)
		}
		known = nil
		for _, row := range rows {
			var e Event
			if done[row.EventID] || json.Unmarshal(row.Data, &e) != nil {
				continue
			}
			done[row.EventID] = true
			o, err := e.parse()
			if err != nil {
				continue
			}
			more, err := t.take(ctx, e, o)
			if err != nil {
				return err
			}
			known = append(known, more...)
		}
		slices.Sort(known)
	}
	t.taken.Reason = reason
	return nil
}

// tell makes an event of the books of Stripe's event. Its name counts those of its own type alone, so that it is the same when
// Stripe's event comes again and says less that is new.
func tell[T any](b *event, e process.Event[T], subject string, data T) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("tell %s: %w", e.Name(), err)
	}
	n := 0
	for _, before := range b.told {
		if before.Type == e.Name() {
			n++
		}
	}
	b.told = append(b.told, inbox.Event{
		Source: Source, ExternalID: fmt.Sprintf("%s/%s/%d", b.e.ID, e.Name(), n), Type: e.Name(), Subject: subject, Data: raw,
		OccurredAt: b.at(time.Unix(b.e.Created, 0)).UTC(),
	})
	return nil
}
