package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/bench/instance"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
)

// customer is one of the cast.
type customer struct {
	number         int
	habit          habit
	ending         string
	contact        string
	email, phone   string
	bills          []string
	got            []message // what reached them
	paid           int64     // what they were told to have paid, in cents
	settledAt      time.Time // real time at which the payment of the last cent was accepted
	promisedOn     time.Time // business day
	said, objected bool
	calls          int
}

// owed is what is left, as the customer knows.
func (c *customer) owed() int64 { return int64(len(c.bills))*debt - c.paid }

// message is something that arrived at the sandbox.
type message struct {
	ID         string    `json:"id"`
	Channel    string    `json:"channel"`
	To         string    `json:"to"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	ProviderID string    `json:"provider_id"`
	SentAt     time.Time `json:"sent_at"` // real time
}

// town is everybody, and the house that they owe.
type town struct {
	house   *instance.Instance
	pool    *pgxpool.Pool
	clock   clock.Clock
	began   time.Time
	manager string // key of the manager, who approves
	people  []*customer
	byPhone map[string]*customer
	byID    map[string]*customer
	seen    map[string]bool
}

// newTown writes the customers and the manager's key. There is no call to make either over REST: customers come with an
// import or a lead, which would bring the work of sales along, and keys are made by an operator. All else is played through
// the public API, the outbox and the pages.
func newTown(ctx context.Context, house *instance.Instance) (*town, error) {
	pool, err := db.Open(ctx, house.DatabaseURL, 2)
	if err != nil {
		return nil, err
	}
	t := &town{house: house, pool: pool, byPhone: map[string]*customer{}, byID: map[string]*customer{}, seen: map[string]bool{}}
	if t.clock, err = house.Clock(ctx); err != nil {
		return nil, err
	}
	operator := audit.Record{ActorKind: audit.System, ActorID: "demo-collections", Reason: "a key for the manager of the demonstration"}
	if _, t.manager, err = access.NewKeys(pool, t.clock).CreateFor(ctx, operator, "manager@example.com", "manager", []string{"*"}, time.Time{}); err != nil {
		return nil, err
	}
	for _, group := range cast {
		for range group.count {
			n := len(t.people) + 1
			c := &customer{
				number: n, habit: group.habit, ending: group.ending, contact: uuid.NewString(),
				email: uuid.NewString()[24:] + "@example.org", phone: fmt.Sprintf("+44163296%04d", n),
			}
			if _, err := pool.Exec(ctx, `insert into contacts (id, email, phone, first_name, time_zone, language, lifecycle, created_at, updated_at)
				values ($1, $2, $3, 'Ada', 'Europe/London', 'en', 'customer', $4, $4)`, c.contact, c.email, c.phone, t.clock.Now()); err != nil {
				return nil, fmt.Errorf("write a customer: %w", err)
			}
			t.people = append(t.people, c)
			t.byPhone[c.phone], t.byPhone[c.email], t.byID[c.contact] = c, c, c
		}
	}
	return t, nil
}

// say prints a line of progress with the business day that it is.
func (t *town) say(format string, args ...any) {
	real := time.Since(t.began)
	fmt.Printf("  %5.1fs  day %4.1f  %s\n", real.Seconds(), t.days(time.Now()), fmt.Sprintf(format, args...))
}

// days is how many business days after the beginning a real instant is.
func (t *town) days(at time.Time) float64 {
	return t.clock.At(at).Sub(t.clock.At(t.began)).Hours() / 24
}
