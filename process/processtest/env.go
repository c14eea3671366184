// Package processtest sets up the tests of a process: Temporal's test environment with its virtual clock, the process
// registered as workers do it, and a journal that remembers what was written.
package processtest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
)

// Entry is the entry id of the run that Run starts.
const Entry = "entry-1"

// Env is a test environment in which one process runs. Time passes at once: a wait of a month takes no time.
type Env struct {
	*testsuite.TestWorkflowEnvironment
	t testing.TB

	entry  string // of the run under test
	mu     sync.Mutex
	closed []process.Closed
	opened []process.Opened
}

// New returns an environment that knows the definitions: the process to test and the children that it starts. The
// activities of the process are added with Stub or Register.
func New(t testing.TB, defs ...process.Definition) *Env {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	e := &Env{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t}
	for _, d := range defs {
		process.Register(e.TestWorkflowEnvironment, d)
	}
	e.Register(
		process.OpenRun.Implement(func(_ context.Context, o process.Opened) (struct{}, error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.opened = append(e.opened, o)
			return struct{}{}, nil
		}),
		process.CloseRun.Implement(func(_ context.Context, c process.Closed) (struct{}, error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.closed = append(e.closed, c)
			return struct{}{}, nil
		}))
	return e
}

// Register adds activities as workers do.
func (e *Env) Register(activities ...process.Implementation) {
	for _, a := range activities {
		a.Register(e.TestWorkflowEnvironment)
	}
}

// Run runs the process with in until it ends, as the first run of its entry, by real time.
func (e *Env) Run(d process.Definition, in any) { e.RunWith(d, in, process.Envelope{Entry: Entry}) }

// RunWith runs the process with an envelope of the test's making: another clock, or what an earlier run carried over.
func (e *Env) RunWith(d process.Definition, in any, envelope process.Envelope) {
	e.t.Helper()
	e.entry = envelope.Entry
	e.ExecuteWorkflow(d.Describe().Name, in, envelope)
	require.True(e.t, e.IsWorkflowCompleted(), "the process did not end: nothing that is awaited comes")
}

// Continued is what the run under test handed to the run that goes on for it; the test fails when it ended otherwise.
func Continued[In any](e *Env) (in In, envelope process.Envelope) {
	e.t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(e.t, e.GetWorkflowError(), &again)
	require.Empty(e.t, e.Closed(), "a run that goes on has not ended")
	require.NoError(e.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in, &envelope))
	return in, envelope
}

// Ended is the journal's last entry on the run under test; the test fails when there is none.
func (e *Env) Ended() process.Closed {
	e.t.Helper()
	for _, c := range slices.Backward(e.Closed()) {
		if c.Entry == e.entry {
			return c
		}
	}
	require.FailNow(e.t, "the journal has no end of the run", "the workflow's error is %v", e.GetWorkflowError())
	return process.Closed{}
}

// Closed lists the ends that were written into the journal, those of children among them.
func (e *Env) Closed() []process.Closed {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.closed)
}

// Opened lists the starts of children that were written into the journal.
func (e *Env) Opened() []process.Opened {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.opened)
}

// After does something once that much virtual time has passed since the start.
func (e *Env) After(d time.Duration, do func()) { e.RegisterDelayedCallback(do, d) }

// Status asks the run for its status.
func (e *Env) Status() process.Status {
	e.t.Helper()
	value, err := e.QueryWorkflow(process.StatusQuery)
	require.NoError(e.t, err)
	var s process.Status
	require.NoError(e.t, value.Get(&s))
	return s
}

// Signal tells the run a fact, as the dispatcher does. An empty eventID is never taken for a repeat.
func Signal[T any](e *Env, s process.Signal[T], eventID string, payload T) {
	e.t.Helper()
	data, err := json.Marshal(payload)
	require.NoError(e.t, err)
	e.SignalWorkflow(s.Name(), process.Delivery{EventID: eventID, Data: data})
}

// Ask sends the run an update and hands its verdict to then.
func Ask[Req, Res any](e *Env, u process.Update[Req, Res], req Req, then func(Res, error)) {
	e.t.Helper()
	e.UpdateWorkflow(u.Name(), "", &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { then(*new(Res), err) },
		OnComplete: func(answer any, err error) {
			res, _ := answer.(Res)
			then(res, err)
		},
	}, req)
}
