package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/audit"
)

// books are what stands in the tables and the outbox at the end, held against what was accepted.
type books struct {
	accepted map[string][]request // by kind
	refused  int
	gaveUp   int
	lines    []line
}

// line is one thing that must hold.
type line struct {
	what  string
	of    int
	wrong []string
}

// quietWithin is how long the house has to finish what it was asked.
const quietWithin = 6 * time.Minute

// examine waits until nothing moves any more, and looks.
func examine(ctx context.Context, h *house, l *load, say func(string, ...any)) (*books, error) {
	pool, err := pgxpool.New(ctx, h.parts[postgres].DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	b := &books{accepted: map[string][]request{}}
	for _, r := range l.done {
		switch {
		case r.accepted:
			b.accepted[r.kind] = append(b.accepted[r.kind], r)
		case r.status == 0 || r.status >= http.StatusInternalServerError:
			b.gaveUp++
		default:
			b.refused++
		}
	}
	began := time.Now()
	if err := b.quiet(ctx, pool); err != nil {
		return nil, err
	}
	say("it is quiet after %s; the books are read", time.Since(began).Round(time.Second))
	return b, errors.Join(b.check(ctx, pool), b.outbox(ctx, h, pool), b.chain(ctx, pool))
}

// quiet waits until no event waits, no run is at work, and no message is on its way.
func (b *books) quiet(ctx context.Context, pool *pgxpool.Pool) error {
	const moving = `
select (select count(*) from events where state = 'pending')
     + (select count(*) from leads where status = 'received')
     + (select count(*) from messages where state in ('reserved', 'unknown'))
     + (select count(*) from process_runs where state = 'running' and process in ('lead-capture', 'message', 'deal-entry'))
     + (select count(*) from tasks t join process_runs r on r.process = 'lead-handoff' and r.subject = t.lead_id::text
        where t.kind = 'lead-follow-up' and t.state = 'completed' and r.state = 'running')`
	calm := 0
	for deadline := time.Now().Add(quietWithin); calm < 3; time.Sleep(time.Second) {
		var n int
		if err := pool.QueryRow(ctx, moving).Scan(&n); err != nil && time.Now().After(deadline) {
			return fmt.Errorf("look whether it is quiet: %w", err)
		}
		if calm++; n > 0 {
			calm = 0
		}
		if time.Now().After(deadline) {
			return nil // what still moves shows in the books
		}
	}
	return nil
}

// check runs the questions that the tables answer alone.
func (b *books) check(ctx context.Context, pool *pgxpool.Pool) error {
	for _, q := range []struct{ what, kind, sql string }{
		{"accepted leads are captured", leads,
			`select x from unnest($1::uuid[]) x left join leads l on l.id = x where l.status is distinct from 'captured' or l.contact_id is null`},
		{"each has a contact of its own", leads,
			`select min(id::text) from leads where id = any($1::uuid[]) group by contact_id having count(*) > 1`},
		{"each has one task to follow up", leads,
			`select x from unnest($1::uuid[]) x where (select count(*) from tasks t where t.lead_id = x and t.kind = 'lead-follow-up') <> 1`},
		{"each was captured by one run that completed", leads,
			`select x from unnest($1::uuid[]) x where (select array_agg(state) from process_runs r where r.process = 'lead-capture' and r.subject = x::text) is distinct from array['completed']`},
		{"each representative was told once", leads,
			`select x from unnest($1::uuid[]) x where (select count(*) from messages m where m.lead_id = x and m.process = 'lead-capture' and m.channel = 'email' and m.state = 'sent') <> 1`},
		{"accepted messages have one row in the ledger, sent", mails,
			`select x from unnest($1::uuid[]) x where (select array_agg(state) from messages m where m.process = 'message' and m.subject = x::text) is distinct from array['sent']`},
		{"work that was done ended its hand-over", works,
			`select x from unnest($1::uuid[]) x where (select array_agg(outcome) from process_runs r where r.process = 'lead-handoff' and r.subject = x::text) is distinct from array['contacted']`},
		{"and made one deal", works,
			`select x from unnest($1::uuid[]) x where (select count(*) from sales_pipeline d where d.lead_id = x) <> 1`},
		{"deliveries are waited for by one run each", arrivals,
			`select x from unnest($1::text[]) x where (select count(*) from process_runs r where r.process = 'service-arrival' and r.subject = x) <> 1`},
	} {
		ids := make([]string, len(b.accepted[q.kind]))
		for i, r := range b.accepted[q.kind] {
			ids[i] = r.id
		}
		if err := b.ask(ctx, pool, q.what, len(ids), q.sql, ids); err != nil {
			return err
		}
	}
	changes := map[string]int{}
	for _, r := range b.accepted[moves] {
		changes[r.id]++
	}
	ids, counts := []string{}, []int{}
	for id, n := range changes {
		ids, counts = append(ids, id), append(counts, n)
	}
	if err := b.ask(ctx, pool, "accepted changes of deals stand in their history, once each", len(b.accepted[moves]),
		`select x.id from unnest($1::uuid[], $2::int[]) x(id, n)
		 where (select count(*) from deal_history h where h.deal_id = x.id and h.what in ('log', 'amend') and h.accepted) <> x.n`, ids, counts); err != nil {
		return err
	}
	if err := b.ask(ctx, pool, "histories of deals have no gap", len(ids),
		`select deal_id from deal_history group by deal_id having max(no) <> count(*)`); err != nil {
		return err
	}
	if err := b.ask(ctx, pool, "no event waits or is stuck", 0, `select id from events where state = 'pending'`); err != nil {
		return err
	}
	return b.ask(ctx, pool, "no run failed", 0, `select process || ' ' || subject from process_runs where state in ('failed', 'terminated')`)
}

// ask notes what a question finds wrong.
func (b *books) ask(ctx context.Context, pool *pgxpool.Pool, what string, of int, sql string, args ...any) error {
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	wrong, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		for i, v := range values {
			if id, ok := v.([16]byte); ok {
				values[i] = uuid.UUID(id)
			}
		}
		return fmt.Sprint(values...), err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	b.lines = append(b.lines, line{what: what, of: of, wrong: wrong})
	return nil
}

// outbox holds what the providers got against the ledger.
func (b *books) outbox(ctx context.Context, h *house, pool *pgxpool.Pool) error {
	got, err := delivered(ctx, h)
	if err != nil {
		return err
	}
	rows, err := pool.Query(ctx, `select id::text, state from messages where channel = 'email'`)
	if err != nil {
		return err
	}
	ledger, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ ID, State string }])
	if err != nil {
		return err
	}
	lost, twice, unwritten := line{what: "what the ledger calls sent has arrived", of: len(ledger)}, line{what: "no mail has arrived twice", of: len(got)},
		line{what: "what has arrived the ledger calls sent", of: len(got)}
	states := map[string]string{}
	for _, m := range ledger {
		states[m.ID] = m.State
		if m.State == "sent" && got[m.ID] == 0 {
			lost.wrong = append(lost.wrong, m.ID)
		}
	}
	for id, times := range got {
		if times > 1 {
			twice.wrong = append(twice.wrong, id)
		}
		if states[id] != "sent" {
			unwritten.wrong = append(unwritten.wrong, id+" "+states[id])
		}
	}
	b.lines = append(b.lines, lost, twice, unwritten)
	return nil
}

// mostListed is how many messages the outbox lists at once.
const mostListed = 5000

// delivered counts the mails of the outbox by the ledger's id, which is in their Message-ID.
func delivered(ctx context.Context, h *house) (map[string]int, error) {
	answer, err := h.parts[sandbox].Call(ctx, http.MethodGet, h.api.Outbox+fmt.Sprintf("/outbox/messages?channel=email&limit=%d", mostListed), nil)
	if err != nil {
		return nil, err
	}
	var list []struct {
		MessageID string `json:"provider_id"`
	}
	if err := answer.Decode(&list); err != nil {
		return nil, err
	}
	if len(list) == mostListed {
		return nil, errors.New("the outbox holds more than it lists at once: let requests come for a shorter time")
	}
	got := map[string]int{}
	for _, m := range list {
		id, _, _ := strings.Cut(strings.Trim(m.MessageID, "<>"), "@")
		got[id]++
	}
	return got, nil
}

// chain verifies the audit log.
func (b *books) chain(ctx context.Context, pool *pgxpool.Pool) error {
	report, err := audit.Verify(ctx, pool)
	if err != nil {
		return err
	}
	l := line{what: "the audit chain is whole", of: int(report.Sealed)}
	if report.Broken != nil {
		l.wrong = []string{report.Broken.String()}
	}
	b.lines = append(b.lines, l)
	return nil
}

func (b *books) verdict() error {
	for _, l := range b.lines {
		if len(l.wrong) > 0 {
			return errors.New("the books do not agree")
		}
	}
	if b.gaveUp > 0 {
		return fmt.Errorf("%d requests were never answered", b.gaveUp)
	}
	return nil
}
