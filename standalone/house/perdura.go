package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// perduraReadyTimeout bounds the time from the start of Perdura to its word that it is ready.
const perduraReadyTimeout = 60 * time.Second

// startPerdura runs API and worker, whichever are wanted, as one program with one connection to Temporal.
func (h *House) startPerdura(ctx context.Context) error {
	done := h.progress.begin("Perdura")
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ready, ended := make(chan struct{}), make(chan struct{})
	var failure error // read after ended
	go func() {
		defer close(ended)
		failure = h.options.Wiring.Perdura(running, h.setting, sync.OnceFunc(func() { close(ready) }))
	}()
	stopping, stop := stopper(func() error {
		select {
		case <-ended:
			cancel()
			return nil // by itself, which is reported where it was noticed
		default:
		}
		cancel()
		<-ended
		if errors.Is(failure, context.Canceled) {
			return nil
		}
		return failure
	})
	h.runs("Perdura", stop)

	timer := time.NewTimer(perduraReadyTimeout)
	defer timer.Stop()
	select {
	case <-ready:
	case <-ended:
		return fmt.Errorf("start Perdura: %w", cmp.Or(failure, errors.New("it ended before it was ready")))
	case <-timer.C:
		return fmt.Errorf("start Perdura: not ready after %s", perduraReadyTimeout)
	case <-ctx.Done():
		return fmt.Errorf("start Perdura: %w", context.Cause(ctx))
	}
	h.watch("Perdura", ended, stopping, func() error { return failure })
	outcome := "worker runs"
	if h.setting.Runs(API) {
		outcome = "ready at " + h.setting.API
	}
	done(outcome)
	return h.publishPerdura()
}

// publishPerdura tells other processes on the data folder where the API is.
func (h *House) publishPerdura() error {
	for _, part := range []Part{API, Worker} {
		if !slices.Contains(h.setting.Parts, part) {
			continue
		}
		at := map[string]string{}
		if part == API {
			at[keyAPI] = h.options.API.String()
		}
		if err := h.claims[part].publish(at); err != nil {
			return err
		}
	}
	return nil
}
