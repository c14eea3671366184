package capture

import (
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/work"
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

// announce tells a user of a lead. The lead is kept whatever becomes of the messages: the send ledger and the trail say
// what failed.
func announce(ctx workflow.Context, m notify.Message) error {
	return work.Tell(ctx, "Tell whoever has it", "Notify the representative", m)
}

// greet writes to the person who asked.
func greet(ctx workflow.Context, lead records.Lead, found records.Resolution) error {
	_, err := process.Do(ctx, "Write to the person", notify.Send, notify.Message{
		Template: notify.FirstContact, Channel: notify.Email, ContactID: found.ContactID, LeadID: lead.LeadID,
	})
	return work.OnlyCancellation(err)
}
