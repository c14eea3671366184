package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// pipeline is a query.DBTX that keeps statements without results for one round trip.
type pipeline struct{ batch pgx.Batch }

var errNoResults = errors.New("a pipelined statement has no results: run it on the transaction")

func (p *pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

func (p *pipeline) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errNoResults }

func (p *pipeline) QueryRow(context.Context, string, ...any) pgx.Row { return noRow{} }

type noRow struct{}

func (noRow) Scan(...any) error { return errNoResults }

// write sends everything on the desk to PostgreSQL, what others refer to first. Events come last, since accepting them
// takes the locks of their subjects.
func (d *desk) write() error {
	var p pipeline
	if err := d.queue(&p); err != nil {
		return fmt.Errorf("queue the writes: %w", err)
	}
	if p.batch.Len() > 0 {
		if err := d.tx.SendBatch(d.ctx, &p.batch).Close(); err != nil {
			return fmt.Errorf("write the records: %w", err)
		}
	}
	if len(d.out.events) > 0 {
		if _, err := inbox.Accept(d.ctx, d.tx, d.now, d.out.events...); err != nil {
			return fmt.Errorf("emit events: %w", err)
		}
	}
	return nil
}

func (d *desk) queue(p query.DBTX) error {
	out, q := &d.out, d.q
	var errs []error
	rows := func(n int, list any, exec func(context.Context, query.DBTX, json.RawMessage) error) {
		if n == 0 {
			return
		}
		raw, err := json.Marshal(list)
		errs = append(errs, err, exec(d.ctx, p, raw))
	}
	columns := func(n int, exec func() error) {
		if n > 0 {
			errs = append(errs, exec())
		}
	}
	rows(len(out.leads), out.leads, q.AddLeads)
	rows(len(out.contacts), out.contacts, q.AddContacts)
	rows(len(out.fills), out.fills, q.FillContacts)
	columns(len(out.identities.kinds), func() error {
		return q.AddIdentities(d.ctx, p, query.AddIdentitiesParams{Kinds: out.identities.kinds, Vals: out.identities.values, ContactIds: out.identities.contacts})
	})
	columns(len(out.keys.kinds), func() error {
		return q.AddContactKeys(d.ctx, p, query.AddContactKeysParams{Kinds: out.keys.kinds, Vals: out.keys.values, ContactIds: out.keys.contacts})
	})
	columns(len(out.consents.contacts), func() error {
		c := out.consents
		return q.AddConsents(d.ctx, p, query.AddConsentsParams{ContactIds: c.contacts, Purposes: c.purposes, Granted: c.granted, Sources: c.sources, At: c.at})
	})
	rows(len(out.resolved), out.resolved, q.ResolveLeads)
	rows(len(out.reviews), out.reviews, q.AddMergeReviews)
	rows(len(out.scores), out.scores, q.AddLeadScores)
	rows(len(out.scores), out.scores, q.ScoreLeads)
	columns(len(out.assigned.left), func() error {
		return q.AssignLeads(d.ctx, p, query.AssignLeadsParams{Ids: out.assigned.left, Assignees: out.assigned.right})
	})
	columns(len(out.owners.left), func() error {
		return q.SetContactOwners(d.ctx, p, query.SetContactOwnersParams{Ids: out.owners.left, Owners: out.owners.right, Now: d.now})
	})
	columns(len(out.loads), func() error { return q.EnsureLoads(d.ctx, p, out.loadedUsers()) })
	rows(len(out.loads), out.loads, func(ctx context.Context, p query.DBTX, raw json.RawMessage) error {
		_, err := q.ChangeLoads(ctx, p, raw)
		return err
	})
	rows(len(out.tasks), out.tasks, q.AddTasks)
	columns(len(out.captured.left), func() error {
		return q.CaptureLeads(d.ctx, p, query.CaptureLeadsParams{Ids: out.captured.left, Tasks: out.captured.right, Now: &d.now})
	})
	rows(len(out.interactions), out.interactions, q.AddInteractions)
	rows(len(out.requests), out.requests, q.AddDataRequests)
	columns(len(out.audit), func() error { return audit.Append(d.ctx, p, d.now, out.audit...) })
	for _, fn := range out.last {
		errs = append(errs, fn(p))
	}
	return errors.Join(errs...)
}
