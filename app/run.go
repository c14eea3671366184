package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/telemetry"
	"github.com/perdura/perdura/worker"
)

// house is what the parts of one process share.
type house struct {
	cfg      config.Config
	table    worker.Table
	parts    Parts
	log      *slog.Logger
	pool     *pgxpool.Pool
	clock    clock.Clock
	links    *links.Signer
	evidence *evidence.Signer
	codec    *codec.Codec // nil when payloads stay in clear
	temporal client.Client
	tell     *telemetry.Telemetry
	at       worker.Connection
	maps     *Maps
}

// Run runs the parts until ctx ends, then stops them in order: no new requests, no new deliveries, the worker's steps
// seen through, connections closed. ready is called once, as soon as the API answers and the rest is starting; nil is
// fine. It errs when a part cannot start or ends by itself. PostgreSQL must answer at the start; Temporal is waited for.
func Run(ctx context.Context, cfg config.Config, table worker.Table, parts Parts, ready func(Addresses)) error {
	h, err := open(ctx, cfg, table, parts)
	if err != nil {
		return err
	}
	defer h.close()
	return h.run(ctx, ready)
}

func open(ctx context.Context, cfg config.Config, table worker.Table, parts Parts) (*house, error) {
	if err := table.Check(); err != nil {
		return nil, err
	}
	h := &house{cfg: cfg, table: table, parts: parts, log: newLog(cfg.Log), maps: NewMaps(table)}
	var err error
	if !cfg.Encryption.Off {
		if h.codec, err = codec.New(cfg.Encryption.Keys); err != nil {
			return nil, err
		}
	}
	if h.links, err = links.NewSigner(worker.PublicURL(cfg.API), cfg.Links.Keys...); err != nil {
		return nil, err
	}
	if h.evidence, err = evidence.NewSigner(cfg.Evidence.Keys...); err != nil {
		return nil, err
	}
	if h.tell, err = telemetry.Start(ctx, telemetry.Options{
		Metrics: cfg.Metrics.Listen != "", TraceURL: cfg.Trace.URL, TraceShare: cfg.Trace.Share, Version: version(),
	}); err != nil {
		return nil, err
	}
	if h.temporal, h.at, err = worker.Dial(cfg.Temporal, h.codec, h.log, h.tell.Observe); err != nil {
		return nil, err
	}
	if h.pool, err = db.Open(ctx, cfg.Database.URL, int32(cfg.Database.MaxConnections)); err != nil {
		h.temporal.Close()
		return nil, err
	}
	if err := db.CheckSchema(ctx, h.pool); err != nil {
		h.close()
		return nil, err
	}
	if h.clock, err = businessClock(ctx, h.pool, cfg, time.Now()); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) close() {
	h.temporal.Close()
	h.pool.Close()
}

// run starts the parts, waits for the end, and stops them in the reverse order.
func (h *house) run(ctx context.Context, ready func(Addresses)) error {
	// Parts outlive ctx: each is told to stop at its turn.
	background := context.WithoutCancel(ctx)
	var running stack
	failed := make(chan error, 8)
	defer running.stopAll(h.log)

	running.push("telemetry", h.tell.Stop)
	if h.tell.Handler() != nil {
		stop, err := h.startMetrics(background, failed)
		if err != nil {
			return err
		}
		running.push("metrics", stop)
	}
	engine, err := h.newEngine(failed)
	if err != nil {
		return err
	}
	running.push("worker", engine.start(background))
	addresses := Addresses{}
	if h.parts.API {
		var stop func(context.Context) error
		if addresses.API, stop, err = h.startAPI(background, engine); err != nil {
			return err
		}
		running.push("API", stop)
	}
	h.log.Info("perdura runs", "version", version(), "api", addresses.API, "worker", h.parts.Worker,
		"dispatcher", h.parts.Dispatcher, "temporal", h.at.Address, "clock_speed", h.cfg.Clock.Speed)
	if ready != nil {
		ready(addresses)
	}
	select {
	case <-ctx.Done():
		h.log.Info("stopping", "cause", context.Cause(ctx).Error())
		return nil
	case err := <-failed:
		h.log.Error("a part ended by itself; stopping the others", "error", err.Error())
		return err
	}
}

// stack is what runs, in the order of its start.
type stack []part

type part struct {
	name string
	stop func(context.Context) error
}

func (s *stack) push(name string, stop func(context.Context) error) {
	*s = append(*s, part{name, stop})
}

// stopTimeout bounds one part's stop from outside; the parts keep to shorter limits of their own.
const stopTimeout = 15 * time.Minute

func (s *stack) stopAll(log *slog.Logger) {
	for i := len(*s) - 1; i >= 0; i-- {
		p := (*s)[i]
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		if err := p.stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
			log.Error("stop "+p.name, "error", err.Error())
		} else {
			log.Info("stopped", "part", p.name)
		}
		cancel()
	}
}

// fail reports that a part ended by itself. Only the first report matters; it never blocks.
func fail(failed chan<- error, format string, args ...any) {
	select {
	case failed <- fmt.Errorf(format, args...):
	default:
	}
}
