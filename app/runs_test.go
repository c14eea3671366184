package app

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/api"
	"github.com/perdura/perdura/process"
)

const run = "greeting:7"

// described answers DescribeWorkflowExecution with a status; unspecified means that there is no such run.
func described(c *mocks.Client, status enums.WorkflowExecutionStatus) {
	call := c.On("DescribeWorkflowExecution", mock.Anything, run, "")
	if status == enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED {
		call.Return(nil, serviceerror.NewNotFound("no such run"))
		return
	}
	call.Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{Status: status},
	}, nil)
}

func TestWhatTemporalAnswersToACancel(t *testing.T) {
	t.Parallel()
	missing := serviceerror.NewNotFound("workflow execution already completed")
	for name, tc := range map[string]struct {
		answer error
		status enums.WorkflowExecutionStatus
		want   error
	}{
		"done":         {nil, 0, nil},
		"unknown":      {missing, enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, api.ErrRunUnknown},
		"ended before": {missing, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, api.ErrRunClosed},
		"down":         {serviceerror.NewUnavailable("connection refused"), 0, api.ErrEngineDown},
		"too slow":     {context.DeadlineExceeded, 0, api.ErrEngineDown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &mocks.Client{}
			c.On("CancelWorkflow", mock.Anything, run, "").Return(tc.answer)
			described(c, tc.status)
			require.ErrorIs(t, newRuns(c).Cancel(t.Context(), run), tc.want)
		})
	}
}

// A signal at the wrong moment can make Temporal repeat a workflow task. The request is asked again, under the same id.
func TestARunThatIsNotReadyIsAskedAgain(t *testing.T) {
	t.Parallel()
	c, handle := &mocks.Client{}, &mocks.WorkflowUpdateHandle{}
	notReady := serviceerror.NewWorkflowNotReady("unexpected workflow task failure")
	c.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, notReady).Twice()
	c.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(handle, nil)
	handle.On("Get", mock.Anything, mock.Anything).Return(nil)
	_, err := newRuns(c).Update(t.Context(), run, "move", "request-1", nil)
	require.NoError(t, err)
	c.AssertNumberOfCalls(t, "UpdateWorkflow", 3)
	for _, call := range c.Calls {
		require.Equal(t, "request-1", call.Arguments.Get(1).(client.UpdateWorkflowOptions).UpdateID)
	}
}

func TestWhatARunAnswersToAnUpdate(t *testing.T) {
	t.Parallel()
	refusal := process.Refused("too-late", "the offer has expired")
	for name, tc := range map[string]struct {
		asked, got error // of asking, and of reading the verdict
		check      func(t *testing.T, verdict json.RawMessage, err error)
	}{
		"a verdict": {check: func(t *testing.T, verdict json.RawMessage, err error) {
			require.NoError(t, err)
			require.JSONEq(t, `{"stage":"won"}`, string(verdict))
		}},
		"a refusal": {got: refusal, check: func(t *testing.T, _ json.RawMessage, err error) {
			var refused *api.RefusedError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, api.RefusedError{Code: "too-late", Reason: "the offer has expired"}, *refused)
		}},
		"a refusal with reasons": {got: process.RefusedFor("unmet", "more is asked for", []process.Reason{{Field: "amount", Message: "has to be set"}}),
			check: func(t *testing.T, _ json.RawMessage, err error) {
				var refused *api.RefusedError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, api.RefusedError{Code: "unmet", Reason: "more is asked for", Reasons: []process.Reason{{Field: "amount", Message: "has to be set"}}}, *refused)
			}},
		"the run ended meanwhile": {got: temporal.NewApplicationError("x", "AcceptedUpdateCompletedWorkflow"),
			check: func(t *testing.T, _ json.RawMessage, err error) { require.ErrorIs(t, err, api.ErrRunClosed) }},
		"no worker": {asked: serviceerror.NewFailedPrecondition("no poller"),
			check: func(t *testing.T, _ json.RawMessage, err error) { require.ErrorIs(t, err, api.ErrEngineDown) }},
		"no answer in time": {asked: client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
			check: func(t *testing.T, _ json.RawMessage, err error) { require.ErrorIs(t, err, api.ErrEngineDown) }},
		"a bug in the handler": {got: temporal.NewApplicationError("index out of range", "PanicError"),
			check: func(t *testing.T, _ json.RawMessage, err error) {
				var refused *api.RefusedError
				require.Error(t, err)
				require.False(t, errors.As(err, &refused), "a bug is no verdict")
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(tc.got).Run(func(args mock.Arguments) {
				*args.Get(1).(*json.RawMessage) = json.RawMessage(`{"stage":"won"}`)
			})
			c := &mocks.Client{}
			c.On("UpdateWorkflow", mock.Anything, mock.MatchedBy(func(o client.UpdateWorkflowOptions) bool {
				return o.WorkflowID == run && o.UpdateID == "u1" && o.UpdateName == "move" && o.WaitForStage == client.WorkflowUpdateStageCompleted
			})).Return(handle, tc.asked)
			verdict, err := newRuns(c).Update(t.Context(), run, "move", "u1", nil)
			tc.check(t, verdict, err)
		})
	}
}

func TestRunsAtAStep(t *testing.T) {
	t.Parallel()
	page := func(next string, ids ...string) *workflowservice.ListWorkflowExecutionsResponse {
		p := &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte(next)}
		for _, id := range ids {
			p.Executions = append(p.Executions, &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: id}})
		}
		return p
	}
	c := &mocks.Client{}
	var queries []string
	asked := func(token string) any {
		return mock.MatchedBy(func(r *workflowservice.ListWorkflowExecutionsRequest) bool {
			if string(r.NextPageToken) != token {
				return false
			}
			queries = append(queries, r.Query)
			return true
		})
	}
	c.On("ListWorkflow", mock.Anything, asked("")).Return(page("more", "a", "b"), nil)
	c.On("ListWorkflow", mock.Anything, asked("more")).Return(page("", "c", "d"), nil)
	ids, err := newRuns(c).AtStep(t.Context(), "greeting", `x' OR '1'='1`, 3)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, ids)
	require.Contains(t, queries[0], `PerduraStep = 'x\' OR \'1\'=\'1'`, "a step's name stays a name")
}
