package records

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/analytics/scoring"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process/calendar"
)

// FollowUp implements the contract FollowUp.
func (r *Records) FollowUp(ctx context.Context, arg Lead) (FollowedUp, error) {
	var out FollowedUp
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		sub, err := readSubmission(lead.Submission)
		if err != nil {
			return err
		}
		policy, err := readPolicy(ctx, d.tx)
		if err != nil {
			return err
		}
		out.Greet = policy.Greet && inspect(sub, policy).email != "" && agreed(sub)
		if lead.TaskID.Valid {
			task, err := d.q.GetTask(ctx, d.tx, lead.TaskID.UUID)
			if err != nil {
				return fmt.Errorf("read the follow-up task: %w", err)
			}
			out.TaskID = task.ID
			if task.DueAt != nil {
				out.DueAt = task.DueAt.UTC()
			}
			return nil
		}
		_, cal, err := tasks.Hours(ctx, d.tx)
		if err != nil {
			return err
		}
		f := followUp{lead: lead.ID, contact: lead.ContactID.UUID, assignee: lead.AssigneeID.UUID, tier: db.Text(lead.Tier), policy: policy, cal: cal}
		if f.queued, err = d.inQueue(lead.AssigneeID); err != nil {
			return err
		}
		task := d.capture(f)
		out.TaskID, out.DueAt = task.ID, task.DueAt
		if err := d.nurtureIfCold(lead); err != nil {
			return err
		}
		return d.handOver(f, task.ID)
	})
	return out, err
}

// purposes are those that allow a first e-mail to somebody who asked.
var purposes = []string{"contact", "email", "marketing"}

func agreed(sub Submission) bool {
	return slices.ContainsFunc(purposes, func(purpose string) bool { return sub.Consent[purpose] })
}

// inQueue reports whether a lead waits for a manager to find somebody, instead of standing with a representative.
func (d *desk) inQueue(assignee uuid.NullUUID) (bool, error) {
	if !assignee.Valid {
		return true, nil
	}
	user, err := d.q.GetUser(d.ctx, d.tx, assignee.UUID)
	if err != nil {
		return false, fmt.Errorf("read the assignee: %w", err)
	}
	return user.Role != "representative", nil
}

// followUp is what the task about a lead is made from.
type followUp struct {
	lead, contact, assignee uuid.UUID
	tier                    string
	queued, again           bool
	returned                bool // came back by itself, from nurturing or after a cooling period
	policy                  Policy
	cal                     calendar.Calendar
}

// capture leaves on the desk: the follow-up task, and the lead as captured.
func (d *desk) capture(f followUp) tasks.Row {
	task := d.followUpTask(f, "follow-up/"+f.lead.String())
	d.out.captured.add(f.lead, task.ID)
	d.record("lead.capture", "lead", f.lead, "", "status", "task_id")
	return task
}

func (d *desk) followUpTask(f followUp, key string) tasks.Row {
	task := tasks.Row{
		ID: newID(), Key: key, Kind: tasks.FollowUp, Title: followUpTitle(f), AssigneeID: db.NullID(f.assignee),
		ContactID: db.NullID(f.contact), LeadID: db.NullID(f.lead), Process: "lead-handoff", Subject: f.lead.String(),
		Context: map[string]any{"tier": f.tier}, DueAt: f.cal.Add(d.now, f.policy.Due.of(f.tier, f.cal)), CreatedAt: d.now,
	}
	if f.queued {
		task.Context["queue"] = WithManager
	}
	d.out.tasks = append(d.out.tasks, task)
	d.record("task.open", "task", task.ID, "", "assignee_id", "due_at")
	return task
}

func followUpTitle(f followUp) string {
	switch {
	case f.queued:
		return "Find somebody for a " + f.tier + " lead"
	case f.returned:
		return "Get back to a " + f.tier + " lead who is worth another try"
	case f.again:
		return "Get back to a " + f.tier + " lead who asked again"
	case scoring.Tier(f.tier) == scoring.Hot:
		return "Call a hot lead"
	}
	return "Get in touch with a " + f.tier + " lead"
}

// handOver tells that the lead is sales' now; its hand-over begins with that.
func (d *desk) handOver(f followUp, taskID uuid.UUID) error {
	return emit(d, "lead.assigned/"+f.lead.String()+"/"+taskID.String(), f.lead, events.LeadAssigned,
		events.Assignment{LeadID: f.lead, ContactID: f.contact, AssigneeID: f.assignee, TaskID: taskID})
}
