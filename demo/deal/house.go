package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

// house is what is played on. API and worker are processes of their own when they are to be killed.
type house struct {
	*instance.Instance // where it is called: that stays the same whatever is killed
	options            instance.Options

	mu    sync.Mutex
	parts map[string]*instance.Instance
}

// The processes of a house whose parts are killed.
const (
	foundations = "postgres,temporal,sandbox"
	api         = "api"
	worker      = "worker"
)

func raise(ctx context.Context, o options, dir string) (*house, error) {
	h := &house{parts: map[string]*instance.Instance{}, options: instance.Options{
		Binary: o.binary, DataDir: dir, Timeout: 3 * time.Minute,
		Env: []string{fmt.Sprintf("PERDURA_CLOCK_SPEED=%g", o.speed), "PERDURA_API_RATE_LIMIT=0"},
	}}
	if o.kills == 0 {
		if err := h.start(ctx, ""); err != nil {
			return nil, err
		}
		h.Instance = h.parts[""]
		return h, nil
	}
	// The links in the mails have to lead to the API after its restart, too.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h.options.Args = []string{"--api", free.Addr().String()}
	if err := free.Close(); err != nil {
		return nil, err
	}
	for _, part := range []string{foundations, api, worker} {
		if err := h.start(ctx, part); err != nil {
			h.stop()
			return nil, err
		}
	}
	h.Instance = h.parts[api]
	return h, nil
}

func (h *house) start(ctx context.Context, part string) error {
	o := h.options
	o.Parts = part
	i, err := instance.Start(ctx, o)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts[part] = i
	return nil
}

// stop ends what goes on, the foundations last.
func (h *house) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, part := range []string{worker, api, foundations, ""} {
		if i := h.parts[part]; i != nil {
			_ = i.Stop()
		}
	}
}

// haunt kills API or worker or both, so many times at random moments spread over a span, and raises them again. It returns
// early when ctx ends, with how often it came to it.
func (h *house) haunt(ctx context.Context, times int, span time.Duration, seed uint64, say func(format string, args ...any)) (int, error) {
	random := rand.New(rand.NewPCG(seed, seed))
	began := time.Now()
	for n := range times {
		moment := began.Add(time.Duration((float64(n) + random.Float64()) / float64(times) * float64(span)))
		select {
		case <-ctx.Done():
			return n, nil
		case <-time.After(time.Until(moment)):
		}
		victims := [][]string{{api}, {worker}, {api, worker}}[random.IntN(3)]
		say("kill %d of %d: %v", n+1, times, victims)
		for _, part := range victims {
			h.parts[part].Kill()
		}
		for _, part := range victims {
			if err := h.start(context.WithoutCancel(ctx), part); err != nil {
				return n, fmt.Errorf("raise %s again: %w", part, err)
			}
		}
	}
	return times, nil
}
