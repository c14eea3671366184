// Package house raises everything Perdura needs in one process and takes it down again: PostgreSQL, Temporal, its web
// interface, a sandbox for mail and text messages, and Perdura itself. Tests run the real thing on free ports.
package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// partStopTimeout bounds how long one part may take to stop before the next one is stopped anyway.
const partStopTimeout = 10 * time.Second

// House is what Open raised.
type House struct {
	options  Options
	setting  Setting
	progress *progress
	taken    map[string]bool // addresses given to parts
	claims   map[Part]*claim
	running  []running // in starting order
	failed   chan error
}

// running is a part that must be stopped.
type running struct {
	name string
	stop func() error
}

// Run raises the house, prints where everything is, and keeps it until ctx ends or a part fails. It stops everything
// before it returns. Nil means that ctx ended.
func Run(ctx context.Context, options Options) error {
	h, err := Open(ctx, options)
	if err != nil {
		return err
	}
	h.setting.print(options.Out, h.setting.Parts, h.options.AddressesFile)
	failure := h.Wait(ctx)
	fmt.Fprintln(options.Out)
	return errors.Join(failure, h.Close())
}

// Open raises the parts in order and returns once all are ready. When one fails, or ctx ends, the others are stopped.
func Open(ctx context.Context, options Options) (*House, error) {
	h := &House{
		options:  options,
		progress: &progress{out: options.Out},
		taken:    map[string]bool{},
		claims:   map[Part]*claim{},
		failed:   make(chan error, 1),
	}
	if err := h.open(ctx); err != nil {
		h.progress.fail()
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *House) open(ctx context.Context) error {
	if err := h.prepare(); err != nil {
		return err
	}
	for _, step := range []struct {
		part  Part
		start func(context.Context) error
	}{
		{Postgres, h.startPostgres},
		{Temporal, h.startTemporal},
		{UI, h.startUI},
		{Sandbox, h.startSandbox},
		{API, h.startPerdura},
	} {
		// API and worker are one program with one connection to Temporal.
		wanted := h.setting.Runs(step.part) || (step.part == API && h.setting.Runs(Worker))
		if !wanted {
			continue
		}
		if err := step.start(ctx); err != nil {
			return err
		}
		// A part that broke while the next one started is reported now, not after the summary.
		select {
		case err := <-h.failed:
			return err
		default:
		}
	}
	return writeJSON(h.options.AddressesFile, h.setting.Addresses)
}

// prepare makes the data folder, claims the parts and settles all addresses that are known without starting anything.
func (h *House) prepare() error {
	dataDir, err := makeDataDir(h.options.DataDir)
	if err != nil {
		return err
	}
	if h.options.AddressesFile == "" {
		h.options.AddressesFile = filepath.Join(dataDir, "addresses.json")
	}
	h.setting.DataDir = dataDir
	h.setting.PID = os.Getpid()
	h.setting.ClockSpeed = h.options.ClockSpeed
	h.setting.Parts = slices.DeleteFunc(slices.Clone(h.options.Parts), func(part Part) bool {
		return (part == Postgres && h.options.DatabaseURL != "") ||
			(part == Sandbox && h.options.Wiring.Sandbox == nil) ||
			((part == API || part == Worker) && h.options.Wiring.Perdura == nil)
	})
	for _, part := range h.setting.Parts {
		claimed, err := stake(dataDir, part)
		if errors.Is(err, errTaken) {
			return alreadyRuns(dataDir, part)
		}
		if err != nil {
			return err
		}
		h.claims[part] = claimed
		if err := claimed.publish(lastRecord(dataDir, part).At); err != nil {
			return err
		}
	}
	// Whoever waits for the file must not find an earlier run's.
	if err := os.Remove(h.options.AddressesFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the addresses of an earlier run: %w", err)
	}
	if h.setting.Secrets, err = loadSecrets(dataDir); err != nil {
		return err
	}
	return h.settleAddresses()
}

// makeDataDir returns the folder's real path. Root's may be passed through by the account PostgreSQL runs as, but not
// read; an ordinary user's is private.
func makeDataDir(dir string) (string, error) {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", fmt.Errorf("make the data folder: %w; choose another with --data", err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	return resolved, nil
}

// Addresses say where everything is.
func (h *House) Addresses() Addresses { return h.setting.Addresses }

// Wait returns nil when ctx ends, or what happened when a part ended by itself.
func (h *House) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-h.failed:
		return err
	}
}

// fail reports that a part ended by itself; the first report counts.
func (h *House) fail(err error) {
	select {
	case h.failed <- err:
	default:
	}
}

// watch reports a part that ends before it is stopped; reason is asked then.
func (h *House) watch(name string, done, stopping <-chan struct{}, reason func() error) {
	go func() {
		select {
		case <-stopping:
			return
		case <-done:
		}
		select {
		case <-stopping:
		default:
			h.fail(fmt.Errorf("run %s: it ended by itself: %w", name, cmp.Or(reason(), errors.New("without giving a reason"))))
		}
	}()
}

// Close stops the parts in the reverse order of their start and gives the data folder free. Closing again does nothing.
func (h *House) Close() error {
	var failures error
	for _, part := range slices.Backward(h.running) {
		done := h.progress.begin("stopping " + part.name)
		result := make(chan error, 1)
		go func() { result <- part.stop() }()
		select {
		case err := <-result:
			if err != nil {
				h.progress.fail()
				failures = errors.Join(failures, err)
				continue
			}
			done("stopped")
		case <-time.After(partStopTimeout):
			h.progress.fail()
			failures = errors.Join(failures, fmt.Errorf("stop %s: not done after %s; going on", part.name, partStopTimeout))
		}
	}
	h.running = nil
	for _, claimed := range h.claims {
		failures = errors.Join(failures, claimed.release())
	}
	h.claims = nil
	return failures
}

func (h *House) runs(name string, stop func() error) {
	h.running = append(h.running, running{name: name, stop: stop})
}
