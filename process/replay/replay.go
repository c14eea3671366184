// Package replay runs recorded histories through the code of today. A change that would break runs in flight fails here
// and not in production. Histories hold identifiers only, so they may be kept in the clear beside the tests.
//
// Those of the product's own processes, in workflows/*/testdata, are recorded from a running standalone house:
//
//	go run ./cmd/record-histories --addresses FILE
//
// and those of other processes, one by one, with perdura replay record.
package replay

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/perdura/perdura/process"
)

// T is the part of *testing.T that File and Dir need.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Replayer replays histories against definitions.
type Replayer struct {
	Definitions []process.Definition
	// DataConverter reads histories that were recorded encrypted; nil reads plain ones.
	DataConverter converter.DataConverter
}

// File replays the history in path and fails t when the code would not go the same way.
func File(t T, path string, defs ...process.Definition) {
	t.Helper()
	if err := (Replayer{Definitions: defs}).File(path); err != nil {
		t.Errorf("%v", err)
	}
}

// Dir replays every history (*.json, *.json.gz) below dir. A directory without any fails too: it would prove nothing.
func Dir(t T, dir string, defs ...process.Definition) {
	t.Helper()
	n, err := (Replayer{Definitions: defs}).Dir(dir)
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("%d histories replayed", n)
}

// Dir replays every history below dir. It returns how many there are, and the errors of all that fail.
func (r Replayer) Dir(dir string) (int, error) {
	n := 0
	var failed []error
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".json") {
			return err
		}
		n++
		failed = append(failed, r.File(path))
		return nil
	})
	switch {
	case err != nil:
		failed = append(failed, fmt.Errorf("replay the histories in %s: %w", dir, err))
	case n == 0:
		failed = append(failed, fmt.Errorf("replay the histories in %s: there are none: record one with replay.Save or temporal workflow show -o json", dir))
	}
	return n, errors.Join(failed...)
}

// File replays the history in path.
func (r Replayer) File(path string) error {
	h, err := Load(path)
	if err != nil {
		return err
	}
	if err := r.History(h); err != nil {
		return fmt.Errorf("replay %s: runs like this one would break. Keep the old way for them with workflow.GetVersion, or pin them to the old workers: %w", path, err)
	}
	return nil
}

// History replays h.
func (r Replayer) History(h *historypb.History) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: r.DataConverter})
	if err != nil {
		return fmt.Errorf("make a replayer: %w", err)
	}
	for _, d := range r.Definitions {
		process.Register(replayer, d)
	}
	return replayer.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), h)
}

// Load reads a history as temporal workflow show -o json or Save writes it, compressed with gzip or not.
func Load(path string) (*historypb.History, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var in io.Reader = bytes.NewReader(raw)
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) { // RFC 1952, section 2.3.1
		if in, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("read the history %s: %w", path, err)
		}
	}
	h, err := client.HistoryFromJSON(in, client.HistoryJSONOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the history %s: it is not what temporal workflow show -o json writes: %w", path, err)
	}
	return h, nil
}
