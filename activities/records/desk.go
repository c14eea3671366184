package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// desk is one transaction of an activity: what it reads with, and the writes that it leaves to the end, so that they go
// to PostgreSQL together in one round trip, however many leads are on the desk.
type desk struct {
	ctx context.Context
	tx  pgx.Tx
	q   *query.Queries
	now time.Time
	out ledger
	// actor is who the audit log names.
	actor audit.Record

	managers map[string]uuid.NullUUID // by team, as far as looked up
}

// at runs fn in a transaction and writes what it left on the desk.
func (r *Records) at(ctx context.Context, fn func(d *desk) error) error {
	d := &desk{
		ctx: ctx, q: r.q, now: r.clock.Now().Truncate(time.Microsecond), // as precise as PostgreSQL keeps it
		actor: audit.Record{ActorKind: audit.Process, ActorID: tasks.Actor(ctx)},
	}
	err := db.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		d.tx = tx
		if err := fn(d); err != nil {
			return err
		}
		return d.write()
	})
	if err == nil && len(d.out.events) > 0 && r.poker != nil {
		r.poker.Poke()
	}
	return err
}

// lead reads a lead and keeps others from changing it until the transaction ends.
func (d *desk) lead(id uuid.UUID) (query.Lead, error) {
	l, err := d.q.LockLead(d.ctx, d.tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, process.NotFound("lead", id.String())
	}
	if err != nil {
		return l, fmt.Errorf("read the lead: %w", err)
	}
	return l, nil
}

// later adds statements without results to the writes at the end, after all others.
func (d *desk) later(fn func(p query.DBTX) error) { d.out.last = append(d.out.last, fn) }

// record notes a change of a resource for the audit log.
func (d *desk) record(action, kind string, id uuid.UUID, reason string, fields ...string) {
	d.out.audit = append(d.out.audit, audit.Record{
		ActorKind: d.actor.ActorKind, ActorID: d.actor.ActorID, Action: action,
		ResourceKind: kind, ResourceID: id.String(), Reason: reason, Fields: fields,
	})
}

// run names the run that the activity works for: workflow ID and entry.
func (d *desk) run() string {
	key := process.Key(d.ctx)
	if at := strings.LastIndexByte(key, '/'); at >= 0 {
		return key[:at]
	}
	return key
}

// emit leaves a typed event for the end of the transaction; key names it for good.
func emit[T any](d *desk, key string, subject uuid.UUID, e process.Event[T], data T) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("emit %s: encode its data: %w", e.Name(), err)
	}
	d.out.events = append(d.out.events, inbox.Event{
		Source: inbox.OwnSource, ExternalID: key, Type: e.Name(), Subject: subject.String(), Data: raw,
	})
	return nil
}

// idSpace is the name space of ids that follow from another id, so that a thing is written once (RFC 9562, version 5).
var idSpace = uuid.MustParse("5e0ae2c2-9f6e-5b62-8c2f-0b7f0f6f3a41")

// derived is the id of what there can be only one of: the "submitted" interaction of a lead, say.
func derived(of uuid.UUID, what string) uuid.UUID {
	return uuid.NewSHA1(idSpace, []byte(what+"/"+of.String()))
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
