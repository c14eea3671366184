package teaching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/courses"
	"github.com/perdura/perdura/db"
)

// Door enrols the customers of events, where a course says that it starts on one.
type Door struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	log   *slog.Logger

	mu   sync.Mutex
	read time.Time
	all  map[string]courses.Course
}

// Fresh is how long courses are believed without reading them again, in real time: a course that starts on another event
// does so that much later.
const Fresh = 2 * time.Second

// courses are all there are.
func (d *Door) courses(ctx context.Context) (map[string]courses.Course, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.read) < Fresh {
		return d.all, nil
	}
	all, err := courses.All(ctx, d.pool)
	if err == nil {
		d.all, d.read = all, time.Now()
	}
	return all, err
}

// NewDoor returns a door; it closes nothing.
func NewDoor(pool *pgxpool.Pool, c clock.Clock, log *slog.Logger) *Door {
	return &Door{pool: pool, clock: c, log: log}
}

// occasion is what a course wants to know of an event.
type occasion struct {
	ContactID uuid.UUID `json:"contact_id"`
	Product   string    `json:"product"`
}

// Hear enrols the contact of an event in the courses that start on it, once for each event and course. The error says that
// PostgreSQL cannot be worked with: tell the event again.
func (d *Door) Hear(ctx context.Context, id uuid.UUID, eventType string, data json.RawMessage) error {
	var o occasion
	if json.Unmarshal(data, &o) != nil || o.ContactID == uuid.Nil {
		return nil
	}
	all, err := d.courses(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !all[name].Closed && all[name].On(eventType, o.Product) {
			if err := d.enrol(ctx, id, eventType, name, o); err != nil {
				return fmt.Errorf("enrol the contact of event %s in course %q: %w", id, name, err)
			}
		}
	}
	return nil
}

func (d *Door) enrol(ctx context.Context, event uuid.UUID, eventType, name string, o occasion) error {
	err := db.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		_, _, err := courses.Enrol(ctx, tx, d.clock.Now(), courses.Asking{
			ID: uuid.NewSHA1(event, []byte(name)), Course: name, ContactID: o.ContactID, Source: eventType, Occasion: event.String(),
		}, audit.Record{ActorKind: audit.System, ActorID: "courses", Reason: "event " + event.String()})
		return err
	})
	switch {
	case errors.Is(err, courses.ErrUnknown), errors.Is(err, courses.ErrClosed), errors.Is(err, courses.ErrDeclined):
		d.log.InfoContext(ctx, "somebody was not enrolled", "course", name, "event", event, "reason", err)
		return nil
	}
	return err
}
