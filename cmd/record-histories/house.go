package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/bench/instance"
	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/process"
)

// poll is the pause between two looks at a lead or an import.
const poll = 20 * time.Millisecond

// house is a running standalone house, with its Temporal.
type house struct {
	*instance.Instance
	temporal client.Client
	codec    *codec.Codec
}

// enter opens the house that an addresses file tells of. Close its Temporal client.
func enter(path string) (*house, error) {
	running, err := instance.Attach(path)
	if err != nil {
		return nil, err
	}
	h := &house{Instance: running}
	keys, err := codec.ParseKeys(h.EncryptionKeys)
	if err != nil {
		return nil, err
	}
	if h.codec, err = codec.New(keys); err != nil {
		return nil, err
	}
	h.temporal, err = client.Dial(client.Options{
		HostPort: h.Temporal, Namespace: h.Namespace, DataConverter: codec.DataConverter(h.codec), FailureConverter: codec.FailureConverter(h.codec),
	})
	if err != nil {
		return nil, fmt.Errorf("reach Temporal at %s: %w", h.Temporal, err)
	}
	return h, nil
}

// call sends a request to the API and decodes its answer into out, which may be nil.
func (h *house) call(ctx context.Context, method, path, contentType, body string, out any) error {
	answer, err := h.Call(ctx, method, h.API+path, []byte(body), "Content-Type", contentType)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer.Status >= http.StatusBadRequest {
		return fmt.Errorf("%s %s answered %d: %s", method, path, answer.Status, answer.Body)
	}
	if out == nil {
		return nil
	}
	return answer.Decode(out)
}

func (h *house) post(ctx context.Context, path, body string, out any) error {
	return h.call(ctx, http.MethodPost, path, "application/json", body, out)
}

// lead is what a scenario looks at.
type lead struct {
	ID       uuid.UUID `json:"id"`
	Status   string    `json:"status"`
	Assignee uuid.UUID `json:"assignee"`
	TaskID   uuid.UUID `json:"task_id"`
	Contact  uuid.UUID `json:"contact_id"`
	ReviewID string    `json:"review_id"`
}

// submit sends a lead and waits until it has come to a status.
func (h *house) submit(ctx context.Context, body, status string) (lead, error) {
	var l lead
	if err := h.post(ctx, "/v1/leads", body, &l); err != nil {
		return l, err
	}
	return h.await(ctx, l.ID, status)
}

// await looks at a lead until it has come to a status.
func (h *house) await(ctx context.Context, id uuid.UUID, status string) (lead, error) {
	l := lead{}
	err := h.until(ctx, func() (bool, error) {
		l = lead{}
		err := h.call(ctx, http.MethodGet, "/v1/leads/"+id.String(), "application/json", "", &l)
		return l.Status == status, err
	})
	if err != nil {
		return l, fmt.Errorf("lead %s is %q and should become %q: %w", id, l.Status, status, err)
	}
	return l, nil
}

// ended waits until the run with this workflow ID has ended and checks how.
func (h *house) ended(ctx context.Context, workflowID, outcome string) error {
	for {
		var out struct{ Status string }
		err := h.temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, &out)
		if temporal.IsCanceledError(err) {
			out.Status, err = string(process.Cancelled), nil
		}
		if err == nil && out.Status != outcome {
			return fmt.Errorf("run %s ended as %q instead of %q", workflowID, out.Status, outcome)
		}
		if err == nil || ctx.Err() != nil || !errors.As(err, new(notFound)) {
			return err
		}
		time.Sleep(poll) // it has not begun
	}
}

// continued waits until the first of the runs that follow one another under this workflow ID has gone on as a new one, and
// returns its run ID.
func (h *house) continued(ctx context.Context, workflowID string) (string, error) {
	runID := ""
	for {
		run, err := h.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
		switch {
		case err == nil && runID == "":
			runID = run.GetWorkflowExecutionInfo().GetFirstRunId()
		case err == nil && run.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
			return runID, nil
		case err != nil && (ctx.Err() != nil || !errors.As(err, new(notFound))):
			return "", fmt.Errorf("wait until run %s goes on: %w", workflowID, err)
		}
		time.Sleep(poll)
	}
}

// until looks again and again until the answer is yes.
func (h *house) until(ctx context.Context, yes func() (bool, error)) error {
	for {
		if ok, err := yes(); ok || err != nil {
			return err
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
