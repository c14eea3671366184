package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/bench/instance"
	"github.com/perdura/perdura/standalone/port"
)

// house is a running Perdura: one process, or several that share a data folder.
type house struct {
	dir string
	// env are the variables of every process, "NAME=value".
	env []string
	// args are the flags of every process.
	args []string

	processes []*instance.Instance
	// at is the process that serves the API: where it is, and its key.
	at       *instance.Instance
	document func() (*document, error)

	pool      sync.Once
	connected *pgxpool.Pool // on the house's own tables
}

// lodging is a house that several tests share, raised when the first of them asks for it. They run in parallel and keep
// to their own people.
type lodging struct {
	name   string
	env    []string
	once   sync.Once
	raised *house
	err    error
}

var (
	// ordinary is set up as it comes.
	ordinary = &lodging{name: "ordinary"}
	// strict allows each key few requests. Its providers fail now and then.
	strict = &lodging{name: "strict", env: []string{"PERDURA_API_RATE_LIMIT=50"}}
)

func (l *lodging) enter(t *testing.T) *house {
	t.Helper()
	l.once.Do(func() {
		l.raised = &house{dir: filepath.Join(workspace, l.name), env: l.env}
		l.raised.document = sync.OnceValues(l.raised.fetchDocument)
		_, l.err = l.raised.begin("")
	})
	require.NoError(t, l.err)
	l.raised.explainFailure(t)
	return l.raised
}

// close stops the house, if it was raised, after its audit log was found whole.
func (l *lodging) close() error {
	if l.raised == nil || l.err != nil {
		return nil
	}
	return errors.Join(l.raised.auditHolds(), l.raised.stop())
}

// shared returns the house that most tests use.
func shared(t *testing.T) *house {
	t.Helper()
	return ordinary.enter(t)
}

// newHouse is a house of the test's own, without a process yet. At its end the audit log must hold.
func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	dir, err := os.MkdirTemp(workspace, "house-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	h := &house{dir: dir, env: env}
	h.document = sync.OnceValues(h.fetchDocument)
	t.Cleanup(func() {
		if !t.Failed() && h.at != nil {
			require.NoError(t, h.auditHolds())
		}
		require.NoError(t, h.stop())
	})
	h.explainFailure(t)
	return h
}

// start raises a process with the given parts, or with all of them, and waits until it is ready.
func (h *house) start(t *testing.T, parts string) *instance.Instance {
	t.Helper()
	process, err := h.begin(parts)
	require.NoError(t, err)
	return process
}

func (h *house) begin(parts string) (*instance.Instance, error) {
	program, err := standaloneProgram()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		return nil, err
	}
	process, err := instance.Start(context.Background(), instance.Options{
		Binary: program, DataDir: h.dir, Parts: parts, Args: h.args, Env: h.env, Timeout: 90 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	h.processes = append(h.processes, process)
	if parts == "" || slices.Contains(strings.Split(parts, ","), "api") {
		h.at = process
	}
	return process, nil
}

// kill ends one process and everything it started, at once, as a power failure does.
func (h *house) kill(process *instance.Instance) {
	process.Kill()
	h.processes = slices.DeleteFunc(h.processes, func(p *instance.Instance) bool { return p == process })
}

// stop asks all processes to end, the latest first.
func (h *house) stop() error {
	var failures error
	for _, process := range slices.Backward(h.processes) {
		failures = errors.Join(failures, process.Stop())
	}
	h.processes = nil
	return failures
}

// explainFailure shows what the house printed and logged when the test has failed.
func (h *house) explainFailure(t *testing.T) {
	processes := func() []*instance.Instance { return slices.Clone(h.processes) }
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, process := range processes() {
			t.Logf("process %d printed last:\n%s", process.PID(), tail(process.Output(), 20))
		}
		if log, err := os.ReadFile(filepath.Join(h.dir, "logs", "perdura.log")); err == nil {
			t.Logf("Perdura logged last:\n%s", tail(string(log), 30))
		}
	})
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freeAddress is an address of this machine that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := port.Free("127.0.0.1")
	require.NoError(t, err)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
}

// auditHolds has the whole audit chain checked, after the last records were sealed.
func (h *house) auditHolds() error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		output, err := h.command("audit", "verify")
		switch {
		case err != nil:
			return fmt.Errorf("the audit log does not hold: %w\n%s", err, output)
		case strings.Contains(output, "links that hold: 0\n"):
			return errors.New("the audit log has no links: nothing was recorded\n" + output)
		case strings.Contains(output, "waiting for the sealer: 0\n"):
			return nil
		case time.Now().After(deadline):
			return errors.New("records of the audit log are not sealed in time:\n" + output)
		}
	}
}
