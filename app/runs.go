package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/process"
)

const (
	// askTimeout bounds a question to a run: a worker that is alive answers within milliseconds.
	askTimeout = 3 * time.Second
	// listTimeout bounds a look into visibility.
	listTimeout = 5 * time.Second
)

// runs speaks to the runs in Temporal for the API.
type runs struct {
	temporal client.Client
	updates  *crowd
}

var _ api.Runs = runs{}

// updatesAtOnce is how many requests one run is given at the same time.
const updatesAtOnce = 4

func newRuns(c client.Client) runs { return runs{c, newCrowd(updatesAtOnce)} }

// Status asks the run where it stands.
func (r runs) Status(ctx context.Context, workflowID string) (process.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var status process.Status
	answer, err := r.temporal.QueryWorkflow(ctx, workflowID, "", process.StatusQuery)
	if err != nil {
		return status, unanswered("ask the run for its status", err)
	}
	if err := answer.Get(&status); err != nil {
		return status, fmt.Errorf("read the status of the run: %w", err)
	}
	return status, nil
}

// notReadyPauses are how long Update waits before it asks again while Temporal repeats a workflow task of the run, which a
// signal at the wrong moment can make it do. The update's id makes asking again harmless.
var notReadyPauses = []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

// Update asks the run for a verdict.
func (r runs) Update(ctx context.Context, workflowID, name, updateID string, payload json.RawMessage) (json.RawMessage, error) {
	if len(payload) == 0 {
		payload = json.RawMessage("null")
	}
	options := client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: updateID, UpdateName: name, Args: []any{payload},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	}
	leave, err := r.updates.enter(ctx, workflowID)
	if err != nil {
		return nil, r.denied(ctx, workflowID, "ask the run for a verdict", err)
	}
	defer leave()
	for pause := 0; ; pause++ {
		verdict, err := r.ask(ctx, options)
		if err == nil {
			return verdict, nil
		}
		var notReady *serviceerror.WorkflowNotReady
		if !errors.As(err, &notReady) || pause == len(notReadyPauses) {
			return nil, r.denied(ctx, workflowID, "ask the run for a verdict", err)
		}
		select {
		case <-time.After(notReadyPauses[pause]):
		case <-ctx.Done():
		}
	}
}

func (r runs) ask(ctx context.Context, options client.UpdateWorkflowOptions) (verdict json.RawMessage, err error) {
	handle, err := r.temporal.UpdateWorkflow(ctx, options)
	if err != nil {
		return nil, err
	}
	err = handle.Get(ctx, &verdict)
	return verdict, err
}

// Cancel asks the run to stop and compensate.
func (r runs) Cancel(ctx context.Context, workflowID string) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := r.temporal.CancelWorkflow(ctx, workflowID, ""); err != nil {
		return r.denied(ctx, workflowID, "cancel the run", err)
	}
	return nil
}

// AtStep lists the running runs of a process that stand at a wait.
func (r runs) AtStep(ctx context.Context, processName, step string, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	query := fmt.Sprintf("WorkflowType = %s AND PerduraStep = %s AND ExecutionStatus = 'Running'", quoted(processName), quoted(step))
	var ids []string
	var next []byte
	for len(ids) < limit {
		page, err := r.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: int32(min(limit, 1000)), NextPageToken: next, Query: query,
		})
		if err != nil {
			return nil, unanswered("list runs by step", err)
		}
		for _, execution := range page.GetExecutions() {
			ids = append(ids, execution.GetExecution().GetWorkflowId())
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			break
		}
	}
	return ids[:min(limit, len(ids))], nil
}

// quoted writes a value for a visibility query.
func quoted(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// denied sorts the errors of calls that a run may decline. Temporal answers "not found" for a run that has ended as
// well, so it is asked which.
func (r runs) denied(ctx context.Context, workflowID, attempt string, err error) error {
	var app *temporal.ApplicationError
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &app) && app.Type() == "AcceptedUpdateCompletedWorkflow":
		return api.ErrRunClosed
	case errors.As(err, &app):
		switch app.Type() {
		case process.TypeRefused, process.TypeInvalid, process.TypeNotFound:
			return &api.RefusedError{Code: process.Code(err), Reason: app.Message(), Reasons: process.Reasons(err)}
		}
		return fmt.Errorf("%s: %w", attempt, err)
	case !errors.As(err, &missing):
		return unanswered(attempt, err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	known, lookErr := r.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	switch {
	case lookErr != nil:
		return unanswered(attempt, lookErr)
	case known.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return fmt.Errorf("%s: %w", attempt, err)
	default:
		return api.ErrRunClosed
	}
}

// unanswered sorts the errors of a call that got no answer from the run.
func unanswered(attempt string, err error) error {
	var missing *serviceerror.NotFound
	var unavailable *serviceerror.Unavailable
	var deadline *serviceerror.DeadlineExceeded
	var canceled *serviceerror.Canceled
	var precondition *serviceerror.FailedPrecondition // no worker listens
	var exhausted *serviceerror.ResourceExhausted
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var notReady *serviceerror.WorkflowNotReady // Temporal repeats a workflow task of the run
	switch {
	case errors.As(err, &missing):
		return api.ErrRunUnknown
	case errors.As(err, &unavailable), errors.As(err, &deadline), errors.As(err, &notReady), errors.As(err, &canceled), errors.As(err, &precondition),
		errors.As(err, &exhausted), errors.As(err, &late), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", attempt, api.ErrEngineDown)
	default:
		return fmt.Errorf("%s: %w", attempt, err)
	}
}
