package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/bench/instance"
	"github.com/perdura/perdura/bench/usage"
)

// parts are the processes of the house, in the order in which they start.
var parts = []string{"postgres", "temporal", "sandbox", "api", "worker"}

// people is how many customers wait; each for many things.
const people = 1000

type house struct {
	processes map[string]*instance.Instance
	api       *instance.Instance
	pool      *pgxpool.Pool
	contacts  []uuid.UUID
	orders    int
}

func raise(ctx context.Context, o options, dir string) (*house, error) {
	h := &house{processes: map[string]*instance.Instance{}}
	for _, part := range parts {
		i, err := instance.Start(ctx, instance.Options{
			Binary: o.binary, DataDir: dir, Parts: part, Timeout: 3 * time.Minute,
			Env: []string{"PERDURA_API_RATE_LIMIT=0", "PERDURA_SMS_PER_SECOND=10000"},
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", part, err), h.stop())
		}
		h.processes[part] = i
	}
	h.api = h.processes["api"]
	var err error
	h.pool, err = pgxpool.New(ctx, h.api.DatabaseURL)
	return h, err
}

func (h *house) stop() error {
	if h.pool != nil {
		h.pool.Close()
	}
	var errs []error
	for i := range parts {
		if p := h.processes[parts[len(parts)-1-i]]; p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

// prepare makes the customers, and lets messages leave at any hour.
func (h *house) prepare(ctx context.Context) error {
	rows := make([][]any, people)
	for i := range rows {
		id := uuid.New()
		h.contacts = append(h.contacts, id)
		rows[i] = []any{id, fmt.Sprintf("+4416329%05d", i), "UTC", "en", time.Now(), time.Now()}
	}
	if _, err := h.pool.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id", "phone", "time_zone", "language", "created_at", "updated_at"},
		pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	return h.amend(ctx, "contact-policy", func(body map[string]any) {
		for _, rule := range []string{"hours", "caps", "newcomers"} {
			body[rule] = []any{}
		}
		body["collisions"] = map[string]any{"window_minutes": 0, "max_per_day": 0, "overflow": "shift"}
	})
}

// amend changes the definition of a kind that counts.
func (h *house) amend(ctx context.Context, kind string, change func(map[string]any)) error {
	path := h.api.API + "/v1/definitions/" + kind + "/default"
	answer, err := h.api.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	var definition struct{ Body map[string]any }
	if err := answer.Decode(&definition); err != nil {
		return err
	}
	change(definition.Body)
	answer, err = h.api.Call(ctx, http.MethodPut, path, map[string]any{"body": definition.Body, "note": "for this measurement"})
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("PUT %s: %d %s", path, answer.Status, answer.Body)
	}
	return err
}

// weigh reads how much memory the processes hold, and how much the databases.
func (h *house) weigh(ctx context.Context) (weight, error) {
	w := weight{Memory: map[string]int64{}}
	for _, part := range parts {
		used, err := usage.Of(h.processes[part].PID())
		if err != nil {
			return w, err
		}
		w.Memory[part] = used.Memory
	}
	err := h.pool.QueryRow(ctx, `select pg_database_size(current_database()),
		(select coalesce(sum(pg_database_size(datname)), 0) from pg_database where datname like '%temporal%')::bigint`).Scan(&w.Perdura, &w.Temporal)
	return w, err
}
