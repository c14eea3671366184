package handoff

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/process"
)

// announce tells a user by e-mail and webhook side by side. The clock of the hand-over runs whatever becomes of the
// messages; only a cancellation comes back as an error.
func (h *handoff) announce(ctx workflow.Context, t notify.Template, userID, taskID uuid.UUID) error {
	if userID == uuid.Nil {
		return nil
	}
	by := func(c notify.Channel) func(workflow.Context) error {
		return func(ctx workflow.Context) error {
			_, err := process.Do(ctx, "Notify them", notify.Send, notify.Message{
				Template: t, Channel: c, UserID: userID, LeadID: h.in.LeadID, TaskID: taskID,
			})
			return err
		}
	}
	err := process.Parallel(ctx, "Tell whoever has it now",
		process.Branch{Name: "By e-mail", Run: by(notify.Email)},
		process.Branch{Name: "By webhook", Run: by(notify.Webhook)})
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
