package handoff

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/work"
)

// announce tells a user of the lead. The clock of the hand-over runs whatever becomes of the messages.
func (h *handoff) announce(ctx workflow.Context, t notify.Template, userID, taskID uuid.UUID) error {
	return work.Tell(ctx, "Tell whoever has it now", "Notify them",
		notify.Message{Template: t, UserID: userID, LeadID: h.in.LeadID, TaskID: taskID})
}
