package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/perdura/perdura/journal"
)

// startMetrics answers Prometheus at /metrics and returns how to stop.
func (h *house) startMetrics(background context.Context, failed chan<- error) (func(context.Context) error, error) {
	listener, err := (&net.ListenConfig{}).Listen(background, "tcp", h.cfg.Metrics.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen at %s for Prometheus: %w; free the port, or set PERDURA_METRICS_LISTEN to another", h.cfg.Metrics.Listen, err)
	}
	if h.parts.Dispatcher {
		if err := h.gauge(); err != nil {
			return nil, errors.Join(fmt.Errorf("measure what waits: %w", err), listener.Close())
		}
	}
	journal.Declare(background, h.table.Processes)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h.tell.Handler())
	web := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog:    slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return background },
	}
	go func() {
		if err := web.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fail(failed, "answer Prometheus: %w", err)
		}
	}()
	h.log.Info("Prometheus is answered", "url", "http://"+listener.Addr().String()+"/metrics")
	return web.Shutdown, nil
}
