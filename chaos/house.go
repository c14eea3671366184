package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

// The processes of the house, in the order in which they start.
const (
	postgres = "postgres"
	temporal = "temporal"
	sandbox  = "sandbox"
	api      = "api"
	worker   = "worker"
)

var order = []string{postgres, temporal, sandbox, api, worker}

// The wires between them.
const (
	apiToPostgres    = "api–postgres"
	workerToPostgres = "worker–postgres"
	toTemporal       = "perdura–temporal"
	toProvider       = "worker–provider"
)

// house is what is broken.
type house struct {
	options instance.Options
	api     instance.Addresses // stays the same whatever is killed

	mu    sync.Mutex
	parts map[string]*instance.Instance
	wires map[string]*wire
	env   map[string][]string // of each process
}

func raise(ctx context.Context, o options, dir string) (*house, error) {
	h := &house{parts: map[string]*instance.Instance{}, wires: map[string]*wire{}, env: map[string][]string{},
		options: instance.Options{Binary: o.binary, DataDir: dir, Timeout: 3 * time.Minute}}
	// Whatever comes back comes back where it was.
	for _, flag := range []string{"api", "temporal", "outbox", "smtp", "postgres"} {
		free, err := freeAddress()
		if err != nil {
			return nil, err
		}
		h.options.Args = append(h.options.Args, "--"+flag, free)
	}
	for _, part := range order {
		if part == api {
			if err := h.wireUp(); err != nil {
				return nil, errors.Join(err, h.stop())
			}
		}
		if err := h.start(ctx, part); err != nil {
			return nil, errors.Join(err, h.stop())
		}
	}
	h.api = h.parts[api].Addresses
	h.api.Outbox = h.parts[sandbox].Outbox
	return h, nil
}

// wireUp lays the wires, once the far ends are known.
func (h *house) wireUp() error {
	database, err := url.Parse(h.parts[postgres].DatabaseURL)
	if err != nil {
		return err
	}
	provider, err := url.Parse(h.parts[sandbox].Outbox)
	if err != nil {
		return err
	}
	for name, to := range map[string]string{
		apiToPostgres: database.Host, workerToPostgres: database.Host, toTemporal: h.parts[temporal].Temporal, toProvider: provider.Host,
	} {
		if h.wires[name], err = lay(to); err != nil {
			return err
		}
	}
	through := func(name string) string {
		u := *database
		u.Host = h.wires[name].at()
		return u.String()
	}
	shared := []string{"PERDURA_API_RATE_LIMIT=0", "PERDURA_EMAIL_PROVIDER=sendgrid", "PERDURA_TEMPORAL_ADDRESS=" + h.wires[toTemporal].at(),
		"PERDURA_SENDGRID_URL=http://" + h.wires[toProvider].at()}
	h.env[api] = append([]string{"PERDURA_DATABASE_URL=" + through(apiToPostgres)}, shared...)
	h.env[worker] = append([]string{"PERDURA_DATABASE_URL=" + through(workerToPostgres)}, shared...)
	return nil
}

// freeAddress finds one below the ports that systems hand out for outgoing connections (from 32768 on Linux): whatever is
// killed there finds its port free when it comes back.
func freeAddress() (string, error) {
	var failed error
	for range 100 {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(22_000))))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		failed = err
	}
	return "", failed
}

func (h *house) start(ctx context.Context, part string) error {
	o := h.options
	o.Parts, o.Env = part, h.env[part]
	i, err := instance.Start(ctx, o)
	if err != nil {
		return fmt.Errorf("start %s: %w", part, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts[part] = i
	return nil
}

// kill ends a process with -9, and with it what it started: the server of PostgreSQL is a group of its own.
func (h *house) kill(part string) {
	if part == postgres {
		if pid, err := h.postmaster(); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	h.parts[part].Kill()
}

// signal stops or continues a process and everything it started.
func (h *house) signal(part string, s syscall.Signal) {
	if part == postgres {
		if pid, err := h.postmaster(); err == nil {
			_ = syscall.Kill(pid, s)
		}
	}
	_ = syscall.Kill(-h.parts[part].PID(), s)
}

// postmaster is the process id of PostgreSQL's server.
func (h *house) postmaster() (int, error) {
	found := errors.New("there is no postmaster.pid")
	pid := 0
	err := filepath.WalkDir(h.options.DataDir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.Name() != "postmaster.pid" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(string(content), "\n")
		pid, found = strconv.Atoi(strings.TrimSpace(first))
		return filepath.SkipAll
	})
	return pid, errors.Join(err, found)
}

// tend starts what has ended by itself, as whatever supervises processes in production does, and returns what that was.
func (h *house) tend(ctx context.Context) (ended []string, err error) {
	for _, part := range order {
		if h.parts[part].Ended() {
			ended = append(ended, part+" ended by itself: "+lastLine(h.parts[part].Output()))
			err = errors.Join(err, h.start(ctx, part))
		}
	}
	return ended, err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// stop ends what goes on, the foundations last.
func (h *house) stop() error {
	var errs []error
	for i := range order {
		if part := h.parts[order[len(order)-1-i]]; part != nil {
			errs = append(errs, part.Stop())
		}
	}
	return errors.Join(errs...)
}
