package work

import (
	"errors"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/process"
)

// Decision is what became of a request for approval.
type Decision struct {
	ApprovalID uuid.UUID `json:"approval_id"`
	// Status is an ending of the process Approval.
	Status string `json:"status"`
}

// Approve asks those whose decision the policy wants, and waits for it. A decision is no error, whatever it says; what is
// refused with approving.NoDecider or NoPolicy was never asked. A run that is cancelled, or whose question failed
// half-way, has taken it back when Approve returns; an approval that was given is taken back by Undo with
// approving.Withdraw.
func Approve(ctx workflow.Context, step string, r approving.Request) (Decision, error) {
	asked, err := process.Do(ctx, step+": ask", approving.Ask, r)
	if err != nil {
		return Decision{}, err
	}
	out, err := process.Follow(ctx, step, Approval, ApprovalInput{ApprovalID: asked.ApprovalID})
	if err == nil {
		err = ctx.Err() // the child of a cancelled run may have ended by itself
	}
	decision := Decision{ApprovalID: asked.ApprovalID, Status: out.Status}
	if err != nil {
		_, undone := process.Undo(ctx, step+": take the question back", approving.Withdraw, asked.ApprovalID)
		return decision, errors.Join(err, undone)
	}
	return decision, nil
}
