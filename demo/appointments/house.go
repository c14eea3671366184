package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/bench/instance"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/db"
)

// house is what is played on. Its foundations are raised first: the clock is set to the week of the play before anybody
// looks at it.
type house struct {
	*instance.Instance // where it is called
	foundations        *instance.Instance
	clock              clock.Clock
	pool               *pgxpool.Pool
}

// rising is about how long API and worker take to come up.
const rising = 8 * time.Second

func raise(ctx context.Context, binary, dir string, speed float64) (*house, error) {
	h := &house{}
	// The sandbox has to know where the API will be.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if err := free.Close(); err != nil {
		return nil, err
	}
	o := instance.Options{
		Binary: binary, DataDir: dir, Timeout: 3 * time.Minute, Parts: "postgres,temporal,sandbox", Args: []string{"--api", free.Addr().String()},
		Env: []string{fmt.Sprintf("PERDURA_CLOCK_SPEED=%g", speed), "PERDURA_API_RATE_LIMIT=0"},
	}
	if h.foundations, err = instance.Start(ctx, o); err != nil {
		return nil, err
	}
	if err = h.set(ctx, speed); err == nil {
		o.Parts = "api,worker"
		h.Instance, err = instance.Start(ctx, o)
	}
	if err != nil {
		h.stop()
	}
	return h, err
}

// set writes the clock of the house.
func (h *house) set(ctx context.Context, speed float64) (err error) {
	if h.pool, err = db.Open(ctx, h.foundations.DatabaseURL, 4); err != nil {
		return err
	}
	if err := db.Migrate(ctx, h.pool); err != nil {
		return err
	}
	if h.clock, err = clock.New(time.Now().Add(rising), began, speed); err != nil {
		return err
	}
	raw, err := json.Marshal(h.clock)
	if err != nil {
		return err
	}
	_, err = h.pool.Exec(ctx, `insert into settings (name, value) values ('clock', $1) on conflict (name) do update set value = excluded.value`, raw)
	return err
}

func (h *house) stop() {
	if h.pool != nil {
		h.pool.Close()
	}
	for _, i := range []*instance.Instance{h.Instance, h.foundations} {
		if i != nil {
			_ = i.Stop()
		}
	}
}

// until lets business time come.
func (h *house) until(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(h.clock.Span(at.Sub(h.clock.Now()))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call makes one call under a key of its own.
func (h *house) call(ctx context.Context, method, path string, body any) (instance.Answer, error) {
	var header []string
	if method != http.MethodGet {
		header = []string{"Idempotency-Key", uuid.NewString()}
	}
	return h.Call(ctx, method, h.API+path, body, append(header, "Authorization", "Bearer "+h.APIKey)...)
}

// send makes a call that must succeed.
func send[T any](ctx context.Context, h *house, method, path string, body any) (out T, err error) {
	answer, err := h.call(ctx, method, path, body)
	if err != nil {
		return out, err
	}
	if answer.Status >= http.StatusMultipleChoices {
		return out, fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return out, answer.Decode(&out)
}

// list reads all pages of a list.
func list[T any](ctx context.Context, h *house, path string) (all []T, err error) {
	for cursor := ""; ; {
		page, err := send[struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}](ctx, h, http.MethodGet, path+"?limit=200&cursor="+cursor, nil)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Items...); page.NextCursor == "" {
			return all, nil
		}
		cursor = page.NextCursor
	}
}
