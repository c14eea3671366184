package leadimport_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/process/processtest"
	"github.com/perdura/perdura/workflows/leadimport"
)

func TestEveryPathEndsAsDeclared(t *testing.T) {
	t.Parallel()
	explore.Test(t, leadimport.Process)
}

var file = uuid.New()

// scene is a run over a file of some batches.
type scene struct {
	*processtest.Env
	batches *processtest.Calls[records.Rows]
	failed  *processtest.Calls[records.Import]
	sent    *processtest.Calls[notify.Message]
}

func newScene(t *testing.T, batches int, digest records.Digest) *scene {
	t.Helper()
	env := processtest.New(t, leadimport.Process)
	s := &scene{Env: env}
	s.batches = processtest.Stub(env, records.CaptureRows, func(r records.Rows) (records.Progress, error) {
		next := r.After + records.RowsPerBatch
		return records.Progress{Next: next, More: next < batches*records.RowsPerBatch}, nil
	})
	processtest.Stub(env, records.FinishImport, processtest.Returns[records.Import](digest))
	s.failed = processtest.Stub(env, records.FailImport, processtest.Returns[records.Import](struct{}{}))
	s.sent = processtest.Stub(env, notify.Send, processtest.Returns[notify.Message](notify.Receipt{State: notify.Sent}))
	return s
}

func TestEveryBatchOnceAndOneDigestForEach(t *testing.T) {
	t.Parallel()
	readers := make([]uuid.UUID, 23)
	for i := range readers {
		readers[i] = uuid.New()
	}
	s := newScene(t, 7, records.Digest{Readers: readers, Rows: 1400, Rejected: 3})
	s.Run(leadimport.Process, leadimport.Input{ImportID: file})
	var out leadimport.Outcome
	require.NoError(t, s.GetWorkflowResult(&out))
	require.Equal(t, leadimport.Outcome{Status: leadimport.WithRejects, Rows: 1400, Rejected: 3}, out)
	for i, batch := range s.batches.Args() {
		require.Equal(t, records.Rows{ImportID: file, After: i * records.RowsPerBatch}, batch)
	}
	require.Equal(t, 7, s.batches.Count())
	var told []uuid.UUID
	keys := map[string]bool{}
	for i, m := range s.sent.Args() {
		require.Equal(t, notify.ImportDigest, m.Template)
		require.Equal(t, file, m.ImportID)
		told = append(told, m.UserID)
		keys[s.sent.Keys()[i]] = true
	}
	require.ElementsMatch(t, readers, told)
	require.Len(t, keys, len(readers), "each digest has a key of its own")
}

func TestAFailedDigestDoesNotFailTheImport(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, records.Digest{Readers: []uuid.UUID{uuid.New()}, Rows: 5, Rejected: 5})
	processtest.Stub(s.Env, notify.Send, func(notify.Message) (notify.Receipt, error) {
		return notify.Receipt{}, process.Invalid("no-server", "no mail server is configured")
	})
	s.Run(leadimport.Process, leadimport.Input{ImportID: file})
	require.NoError(t, s.GetWorkflowError())
	require.Equal(t, leadimport.Rejected, s.Ended().Outcome)
}

func TestALongImportGoesOnAsANewRun(t *testing.T) {
	t.Parallel()
	s := newScene(t, 9, records.Digest{Rows: 1800})
	s.SetContinueAsNewSuggested(true)
	s.Run(leadimport.Process, leadimport.Input{ImportID: file})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	require.Equal(t, 1, s.batches.Count())
	require.Empty(t, s.Closed(), "a run that goes on has not ended")
}

func TestCancellationClosesTheFile(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, records.Digest{Readers: []uuid.UUID{uuid.New()}})
	processtest.Stub(s.Env, records.CaptureRows, func(r records.Rows) (records.Progress, error) {
		s.CancelWorkflow()
		return records.Progress{Next: r.After + records.RowsPerBatch, More: true}, nil
	})
	s.Run(leadimport.Process, leadimport.Input{ImportID: file})
	require.Equal(t, process.Cancelled, s.Ended().State)
	require.Equal(t, []records.Import{{ImportID: file}}, s.failed.Args())
	require.Zero(t, s.sent.Count())
}

func TestAFileThatWasReceivedStartsARun(t *testing.T) {
	t.Parallel()
	actions, err := leadimport.Process.On(events.ImportReceived.Name(), []byte(`{"import_id":"`+file.String()+`"}`))
	require.NoError(t, err)
	require.Len(t, actions, 1)
	require.Equal(t, file.String(), actions[0].Subject)
}
