package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// maxName bounds source, external id, type and subject, in bytes: they stand in indexes.
const maxName = 512

// Accepted says under which id an event is kept. Of a repeat it is the id of the first.
type Accepted struct {
	ID        uuid.UUID
	Duplicate bool
}

// Accept writes events in tx, in their order, and answers for each in the same order. It holds the lock of every
// subject until the transaction ends, so call it once, late, with all events: then transactions cannot wait for each
// other in a circle. Errors: *InvalidError when an event is no event; anything else is PostgreSQL's.
func Accept(ctx context.Context, tx query.DBTX, now time.Time, events ...Event) ([]Accepted, error) {
	if len(events) == 0 {
		return nil, nil
	}
	arg, err := columns(now, traced(ctx, events))
	if err != nil {
		return nil, err
	}
	inserted, err := query.New().AcceptEvents(ctx, tx, arg)
	if err != nil {
		return nil, refusal(err)
	}
	fresh := make(map[uuid.UUID]bool, len(inserted))
	for _, id := range inserted {
		fresh[id] = true
	}
	out := make([]Accepted, len(events))
	var repeats []int
	for i, id := range arg.Ids {
		if out[i].ID = id; !fresh[id] {
			repeats = append(repeats, i)
		}
	}
	if len(repeats) > 0 {
		err = resolve(ctx, tx, events, repeats, out)
	}
	if err == nil {
		count(ctx, out)
	}
	return out, err
}

// Emit accepts one typed event of the product itself. key names the event for good: emitting it again changes nothing.
func Emit[T any](ctx context.Context, tx query.DBTX, now time.Time, key, subject string, e process.Event[T], data T) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("emit %s: encode its data: %w", e.Name(), err)
	}
	_, err = Accept(ctx, tx, now, Event{Source: OwnSource, ExternalID: key, Type: e.Name(), Subject: subject, Data: raw})
	return err
}

// resolve looks the repeats up by a statement of its own: it sees what was committed while the insert waited.
func resolve(ctx context.Context, tx query.DBTX, events []Event, repeats []int, out []Accepted) error {
	var arg query.FindEventsParams
	for _, i := range repeats {
		arg.Sources = append(arg.Sources, events[i].Source)
		arg.ExternalIds = append(arg.ExternalIds, events[i].ExternalID)
	}
	found, err := query.New().FindEvents(ctx, tx, arg)
	if err != nil {
		return fmt.Errorf("look up repeated events: %w", err)
	}
	type name struct{ source, externalID string }
	first := make(map[name]uuid.UUID, len(found))
	for _, row := range found {
		first[name{row.Source, row.ExternalID}] = row.ID
	}
	for _, i := range repeats {
		id, ok := first[name{events[i].Source, events[i].ExternalID}]
		if !ok {
			return fmt.Errorf("accept event %d: its id is taken by another event: give it a new one", i)
		}
		out[i] = Accepted{ID: id, Duplicate: true}
	}
	return nil
}

func columns(now time.Time, events []Event) (query.AcceptEventsParams, error) {
	n := len(events)
	arg := query.AcceptEventsParams{
		Received: now, Locks: make([]int64, 0, n), Ids: make([]uuid.UUID, 0, n), Sources: make([]string, 0, n),
		ExternalIds: make([]string, 0, n), Types: make([]string, 0, n), Subjects: make([]string, 0, n),
		Payloads: make([]string, 0, n), Occurred: make([]time.Time, 0, n), Traces: make([]string, 0, n),
	}
	for i, e := range events {
		if problem := e.check(i); problem != nil {
			return arg, problem
		}
		if e.ID == uuid.Nil {
			e.ID = newID()
		}
		if e.OccurredAt.IsZero() {
			e.OccurredAt = now
		}
		arg.Locks = append(arg.Locks, lockOf(e.Subject))
		arg.Ids = append(arg.Ids, e.ID)
		arg.Sources = append(arg.Sources, e.Source)
		arg.ExternalIds = append(arg.ExternalIds, e.ExternalID)
		arg.Types = append(arg.Types, e.Type)
		arg.Subjects = append(arg.Subjects, e.Subject)
		arg.Payloads = append(arg.Payloads, string(orNull(e.Data)))
		arg.Occurred = append(arg.Occurred, e.OccurredAt)
		arg.Traces = append(arg.Traces, e.Trace)
	}
	// Everybody takes the locks in one order, so that two calls never wait for each other.
	slices.Sort(arg.Locks)
	arg.Locks = slices.Compact(arg.Locks)
	return arg, nil
}

// check returns a nil error interface when the event can be kept.
func (e Event) check(i int) error {
	for _, f := range []struct{ name, value string }{
		{"source", e.Source}, {"id", e.ExternalID}, {"type", e.Type}, {"subject", e.Subject},
	} {
		switch {
		case f.value == "":
			return &InvalidError{i, f.name, "is missing"}
		case len(f.value) > maxName:
			return &InvalidError{i, f.name, fmt.Sprintf("is longer than %d bytes", maxName)}
		case !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0):
			return &InvalidError{i, f.name, "is not plain UTF-8 text"}
		}
	}
	if raw := orNull(e.Data); !json.Valid(raw) || !utf8.Valid(raw) {
		return &InvalidError{i, "data", "is not JSON"}
	}
	return nil
}

// refusal turns what PostgreSQL cannot keep although it is JSON (the character U+0000, a lone surrogate, a number
// beyond its range) into an InvalidError. PostgreSQL's own message would quote the value.
func refusal(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") {
		return &InvalidError{0, "data", "holds a character or number that cannot be kept (SQLSTATE " + pg.Code + ")"}
	}
	return fmt.Errorf("accept events: %w", err)
}

// lockOf is the key of the advisory lock of a subject.
func lockOf(subject string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("events/" + subject))
	return int64(h.Sum64())
}
