package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
)

// team are the people of the house and the deals that they work on.
type team struct {
	house   *house
	options options
	began   time.Time
	people  []person
	keys    map[uuid.UUID]string // of people, by id
	manager uuid.UUID
	deals   []*deal
	before  forecast
	print   sync.Mutex
}

// person is a user of the house.
type person struct {
	id   uuid.UUID
	name string
}

// newTeam gives the users of the house keys of their own, with which they act in their own name. There is no call to make
// keys over REST: an operator makes them with `perdura keys create --user`, and this program as that command does. All
// else is played through the public API, the outbox and the signing pages.
func newTeam(ctx context.Context, h *house, o options) (*team, error) {
	pool, err := db.Open(ctx, h.DatabaseURL, 2)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	t := &team{house: h, options: o, began: time.Now(), keys: map[uuid.UUID]string{}}
	operator := audit.Record{ActorKind: audit.System, ActorID: "demo-deal", Reason: "keys for the people of the demonstration"}
	for _, name := range []string{"rep1", "rep2", "manager"} {
		key, secret, err := access.NewKeys(pool, clock.Clock{}).CreateFor(ctx, operator, name+"@example.com", "key of "+name, []string{"*"}, time.Time{})
		if err != nil {
			return nil, err
		}
		t.people = append(t.people, person{key.UserID.UUID, name})
		t.keys[key.UserID.UUID], t.manager = secret, key.UserID.UUID // the manager comes last
	}
	for i, r := range cast {
		t.deals = append(t.deals, &deal{team: t, role: r, number: i + 1, email: uuid.NewString()[24:] + "@example.org"})
	}
	return t, t.hurry(ctx)
}

// hurry lets contracts expire after six days instead of fourteen: a demonstration is to be short.
func (t *team) hurry(ctx context.Context) error {
	const path = "/v1/definitions/contract-template/" + contracts.Standard
	current, err := get[struct{ Body contracts.Template }](ctx, t.house, path)
	if err != nil {
		return err
	}
	current.Body.Valid, current.Body.Reminders = "6d", nil
	_, err = send[any](ctx, t.house, t.house.APIKey, http.MethodPut, path, map[string]any{"body": current.Body, "note": "for the demonstration"})
	return err
}

// say prints a line of progress with the business day that it is.
func (t *team) say(format string, args ...any) {
	t.print.Lock()
	defer t.print.Unlock()
	real := time.Since(t.began).Seconds()
	fmt.Printf("  %5.1fs  day %4.1f  %s\n", real, real*t.options.speed/86400, fmt.Sprintf(format, args...))
}

// real is how long so many business days take.
func (t *team) real(days float64) time.Duration {
	return time.Duration(days * float64(24*time.Hour) / t.options.speed)
}

// play lets all deals begin, and then all go their ways at once, while the house is killed as often as was asked for.
func (t *team) play(ctx context.Context) error {
	haunting, exorcise := context.WithCancel(ctx)
	defer exorcise()
	haunted := make(chan error, 1)
	go func() {
		n, err := t.house.haunt(haunting, t.options.kills, t.real(8), t.options.seed, t.say)
		if err == nil && n < t.options.kills {
			err = fmt.Errorf("the play was over after %d of %d kills", n, t.options.kills)
		}
		haunted <- err
	}()
	err := t.each(func(d *deal) error { return d.begin(ctx) })
	if err == nil {
		t.before, err = t.forecast(ctx)
	}
	if err == nil {
		t.say("ten deals stand at the beginning of the pipeline")
		err = t.each(func(d *deal) error { return d.live(ctx) })
	}
	exorcise()
	return errors.Join(err, <-haunted)
}

// each does something for all deals at once.
func (t *team) each(do func(*deal) error) error {
	failures := make([]error, len(t.deals))
	var wg sync.WaitGroup
	for i, d := range t.deals {
		wg.Go(func() {
			if err := do(d); err != nil {
				failures[i] = fmt.Errorf("deal %d (%s): %w", d.number, d.company, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}
