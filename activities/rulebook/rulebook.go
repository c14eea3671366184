// Package rulebook makes tasks of events, as the task rules say: it hears every event that the dispatcher has delivered.
// Of one event a rule makes one task at most, however often the event is told.
package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/taskrules"
)

// Fresh is how long rules are believed without reading them again, in real time: a change counts that much later.
const Fresh = 2 * time.Second

// Book knows the rules. Make it with New; it is safe for concurrent use.
type Book struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	log   *slog.Logger

	mu    sync.Mutex
	read  time.Time
	rules map[string][]rule // by type of event
}

// rule is the newest version of one.
type rule struct {
	taskrules.Rule
	name    string
	version int
}

// New returns the book of the rules in pool; it closes nothing.
func New(pool *pgxpool.Pool, c clock.Clock, log *slog.Logger) *Book {
	return &Book{pool: pool, clock: c, log: log}
}

// Hear makes the tasks of an event. A rule that cannot be followed is logged and kept in task_rule_results, and the others
// count all the same. The error says that PostgreSQL cannot be worked with: tell the event again.
func (b *Book) Hear(ctx context.Context, id uuid.UUID, eventType string, data json.RawMessage) error {
	rules, err := b.on(ctx, eventType)
	if err != nil {
		return err
	}
	for _, r := range rules {
		err := b.follow(ctx, r, id, data)
		if err == nil {
			continue
		}
		if passing(err) {
			return err
		}
		problem := describe(err)
		b.log.ErrorContext(ctx, "a task rule could not be followed: mend it", "rule", r.name, "version", r.version, "event", id, "error", problem)
		if err := query.New().AddRuleResult(ctx, b.pool, query.AddRuleResultParams{
			Rule: r.name, EventID: id, Version: int32(r.version), Problem: &problem, At: b.clock.Now(),
		}); err != nil {
			return fmt.Errorf("note that a task rule failed: %w", err)
		}
	}
	return nil
}

// on lists the rules for events of a type.
func (b *Book) on(ctx context.Context, eventType string) ([]rule, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rules != nil && time.Since(b.read) < Fresh {
		return b.rules[eventType], nil
	}
	rows, err := query.New().ListCurrentDefinitions(ctx, b.pool, taskrules.Kind.Name())
	if err != nil {
		return nil, fmt.Errorf("read the task rules: %w", err)
	}
	b.rules, b.read = map[string][]rule{}, time.Now()
	for _, row := range rows {
		r := rule{name: row.Name, version: int(row.Version)}
		if json.Unmarshal(row.Body, &r.Rule) != nil {
			b.log.ErrorContext(ctx, "a task rule cannot be read: write it anew", "rule", r.name, "version", r.version)
			continue
		}
		if !r.Off {
			b.rules[r.On] = append(b.rules[r.On], r)
		}
	}
	return b.rules[eventType], nil
}

// follow makes the task of one rule, if the event meets its conditions.
func (b *Book) follow(ctx context.Context, r rule, id uuid.UUID, data json.RawMessage) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return db.InTx(ctx, b.pool, func(tx pgx.Tx) error {
		facts, about, err := factsOf(ctx, tx, data)
		if err != nil || !r.Fires(facts) {
			return err
		}
		now := b.clock.Now().Truncate(time.Microsecond)
		brief := r.Brief(tasks.Rule{Name: r.name, Version: r.version, EventID: id}, about)
		brief.By = audit.Record{ActorKind: audit.System, ActorID: "task-rule/" + r.name, Reason: "event " + id.String()}
		given, err := tasks.GiveIn(ctx, tx, now, brief, "rule/"+r.name+"/"+id.String())
		if err != nil {
			return err
		}
		return query.New().AddRuleResult(ctx, tx, query.AddRuleResultParams{
			Rule: r.name, EventID: id, Version: int32(r.version), TaskID: uuid.NullUUID{UUID: given.TaskID, Valid: true}, At: now,
		})
	})
}

var errPanic = errors.New("the rule panicked")

// passing reports whether PostgreSQL, and not the rule, is what failed.
func passing(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return false
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, io.EOF) || errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, new(net.Error))
}

// describe says what failed, without the texts of libraries: those may quote what they choked on.
func describe(err error) string {
	var app *temporal.ApplicationError
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &app):
		return app.Message()
	case errors.As(err, &pg):
		return "PostgreSQL answered SQLSTATE " + pg.Code
	case errors.Is(err, errPanic):
		return errPanic.Error()
	}
	return fmt.Sprintf("failed (%T)", err)
}
