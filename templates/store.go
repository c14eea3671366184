package templates

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
)

// ErrUnknown means that there is no template of that name, no such version of it, or none that is published.
var ErrUnknown = errors.New("no such template")

// A template is read anew when it is older than stale; from refresh on, one caller does so ahead of time while the others
// go on with what they have. Real time: it is about machines.
const (
	refresh = 500 * time.Millisecond
	stale   = time.Second
)

// Store hands out published templates and keeps them in memory for a second, so that sending thousands of messages asks
// the database twice a second for each template. The zero value is ready; it is safe for concurrent use.
type Store struct {
	mu     sync.Mutex
	byName map[string]kept
	now    func() time.Time // for tests; nil for time.Now
}

type kept struct {
	template Template
	read     time.Time
	renewing bool
}

// Published returns the published version of a template, at most one second old. Errors: ErrUnknown, or PostgreSQL's.
func (s *Store) Published(ctx context.Context, db query.DBTX, name string) (Template, error) {
	began := s.time()
	if t, ok := s.fresh(name, began); ok {
		return t, nil
	}
	t, err := readPublished(ctx, db, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		s.byName = map[string]kept{}
	}
	switch last, known := s.byName[name]; {
	case errors.Is(err, ErrUnknown):
		delete(s.byName, name)
	case err != nil:
		if known {
			last.renewing = false
			s.byName[name] = last
		}
	case !known || began.After(last.read):
		s.byName[name] = kept{template: t, read: began}
	}
	return t, err
}

// fresh returns what is in memory, unless it is too old or this caller is the one to renew it. Nobody waits for another:
// who waits may hold the connection that the other needs.
func (s *Store) fresh(name string, now time.Time) (Template, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.byName[name]
	age := now.Sub(k.read)
	switch {
	case !known || age >= stale:
		return Template{}, false
	case age >= refresh && !k.renewing:
		k.renewing = true
		s.byName[name] = k
		return Template{}, false
	}
	return k.template, true
}

func (s *Store) time() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}

func readPublished(ctx context.Context, db query.DBTX, name string) (Template, error) {
	row, err := query.New().ReadPublishedTemplate(ctx, db, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return Template{}, fmt.Errorf("read the published template %q: %w", name, ErrUnknown)
	}
	if err != nil {
		return Template{}, fmt.Errorf("read the published template %q: %w", name, err)
	}
	return fromRow(row)
}

func fromRow(row query.CommunicationTemplate) (Template, error) {
	t := Template{Name: row.Name, Version: int(row.Version), Class: row.Class, Purpose: row.Purpose, Topic: row.Topic}
	if err := json.Unmarshal(row.Definition, &t.Definition); err != nil {
		return t, fmt.Errorf("read template %q, version %d: its definition does not decode: %w", row.Name, row.Version, err)
	}
	return t, nil
}
