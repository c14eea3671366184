package work

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/approving"
	"github.com/perdura/perdura/process"
)

// ApproveUnless is Approve for a question that nobody needs answered any more once one of the cases has come: then it is
// taken back, and the name of the case returned. The name is "" when the question ended by itself.
func ApproveUnless(ctx workflow.Context, step string, r approving.Request, cases ...process.Case) (Decision, string, error) {
	asked, err := process.Do(ctx, step+": ask", approving.Ask, r)
	if err != nil {
		return Decision{}, "", err
	}
	out, heard, err := process.FollowUnless(ctx, step, Approval, ApprovalInput{ApprovalID: asked.ApprovalID}, cases...)
	if err == nil {
		err = ctx.Err() // the child of a cancelled run may have ended by itself
	}
	decision := Decision{ApprovalID: asked.ApprovalID, Status: out.Status}
	if err == nil && heard == "" {
		return decision, "", nil
	}
	// The question's own run takes it back; one that had not begun by then, or that was decided in the last moment, cannot.
	if _, undone := process.Undo(ctx, step+": take the question back", approving.Withdraw, asked.ApprovalID); undone != nil {
		return decision, heard, errors.Join(err, undone)
	}
	decision.Status = Withdrawn
	return decision, heard, err
}
