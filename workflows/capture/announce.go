package capture

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process"
)

func newLead(lead records.Lead, assigned records.Assigned, task records.FollowedUp) notify.Message {
	m := notify.Message{Template: notify.LeadAssigned, UserID: assigned.AssigneeID, LeadID: lead.LeadID, TaskID: task.TaskID}
	if assigned.Queue == records.WithManager {
		m.Template = notify.LeadQueued
	}
	return m
}

func askedAgain(first records.Renewed) notify.Message {
	return notify.Message{Template: notify.LeadAskedAgain, UserID: first.AssigneeID, LeadID: first.LeadID, TaskID: first.TaskID}
}

// announce tells a user by e-mail and webhook side by side. The lead is kept whatever becomes of the messages: the send
// ledger and the trail say what failed, and only a cancellation comes back as an error.
func announce(ctx workflow.Context, m notify.Message) error {
	if m.UserID == uuid.Nil {
		return nil
	}
	by := func(c notify.Channel) func(workflow.Context) error {
		return func(ctx workflow.Context) error {
			m := m
			m.Channel = c
			_, err := process.Do(ctx, "Notify the representative", notify.Send, m)
			return err
		}
	}
	return onlyCancellation(process.Parallel(ctx, "Tell whoever has it",
		process.Branch{Name: "By e-mail", Run: by(notify.Email)},
		process.Branch{Name: "By webhook", Run: by(notify.Webhook)}))
}

// greet writes to the person who asked.
func greet(ctx workflow.Context, lead records.Lead, found records.Resolution) error {
	_, err := process.Do(ctx, "Write to the person", notify.Send, notify.Message{
		Template: notify.FirstContact, Channel: notify.Email, ContactID: found.ContactID, LeadID: lead.LeadID,
	})
	return onlyCancellation(err)
}

func onlyCancellation(err error) error {
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
