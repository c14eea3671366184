package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"strings"

	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

// Source is the part of a Temporal client that Save needs.
type Source interface {
	GetWorkflowHistory(ctx context.Context, workflowID, runID string, isLongPoll bool, filter enums.HistoryEventFilterType) client.HistoryEventIterator
}

// Save records the history of a run in path, compressed when path ends with .gz. An empty runID means the latest run.
// Payloads are put in the clear with the codecs, the one that was applied last first; without any they stay as they are.
// What tells of the machine, host names above all, is left out: see Write.
func Save(ctx context.Context, c Source, workflowID, runID, path string, codecs ...converter.PayloadCodec) error {
	h := &historypb.History{}
	events := c.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		h.Events = append(h.Events, e)
	}
	if len(h.Events) == 0 {
		return fmt.Errorf("read the history of %s: it has no events: check the workflow ID", workflowID)
	}
	for _, codec := range codecs {
		if err := Decode(h, codec); err != nil {
			return err
		}
	}
	return Write(h, path)
}

// Write writes a history to path, compressed when path ends with .gz, without the identities of workers, stack traces
// and builds: they would tell of the machine that it came about on, and replaying does not need them.
func Write(h *historypb.History, path string) error {
	raw, err := protojson.MarshalOptions{Indent: " "}.Marshal(scrubbed(h))
	if err != nil {
		return fmt.Errorf("write the history %s: %w", path, err)
	}
	if strings.HasSuffix(path, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(raw); err != nil {
			return fmt.Errorf("write the history %s: %w", path, err)
		}
		if err := z.Close(); err != nil {
			return fmt.Errorf("write the history %s: %w", path, err)
		}
		raw = b.Bytes()
	}
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}
