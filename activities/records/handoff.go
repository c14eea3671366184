package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
)

// ReadTerms implements the contract ReadTerms. A task that somebody gave to another person takes its lead along.
func (r *Records) ReadTerms(ctx context.Context, arg Handover) (Terms, error) {
	var out Terms
	err := r.at(ctx, func(d *desk) error {
		lead, task, err := d.handover(arg.LeadID, arg.TaskID)
		if err != nil {
			return err
		}
		policy, err := readPolicy(ctx, d.tx)
		if err != nil {
			return err
		}
		out.Standing = standing(lead, task)
		if out.Standing != Gone && task.AssigneeID.Valid && task.AssigneeID != lead.AssigneeID {
			d.give(lead, task.AssigneeID.UUID)
			lead.AssigneeID = task.AssigneeID
		}
		out.AssigneeID = lead.AssigneeID.UUID
		if out.Queued, err = d.inQueue(lead.AssigneeID); err != nil {
			return err
		}
		var cal calendar.Calendar
		if out.Calendar, cal, err = d.hoursOf(lead.AssigneeID); err != nil {
			return err
		}
		tier := db.Text(lead.Tier)
		out.Acknowledge, out.FirstContact = policy.Acknowledge.of(tier, cal), policy.FirstContact.of(tier, cal)
		out.Grace, out.Reassignments = tasks.Days(cal, policy.GraceDays), policy.Reassignments
		return nil
	})
	return out, err
}

func standing(lead query.Lead, task query.Task) string {
	switch {
	case lead.Status != "captured" || task.State == "cancelled":
		return Gone
	case task.State == "completed":
		return Done
	case task.State == "acknowledged" || task.State == "started":
		return Acknowledged
	}
	return Fresh
}

// handover reads a lead and its task and keeps others from changing them.
func (d *desk) handover(leadID, taskID uuid.UUID) (query.Lead, query.Task, error) {
	lead, err := d.lead(leadID)
	if err != nil {
		return lead, query.Task{}, err
	}
	task, err := d.q.LockTask(d.ctx, d.tx, taskID)
	if errors.Is(err, pgx.ErrNoRows) {
		return lead, task, process.NotFound("task", taskID.String())
	}
	if err != nil {
		return lead, task, fmt.Errorf("read the follow-up task: %w", err)
	}
	return lead, task, nil
}

// give moves a captured lead, its contact and the load from one person to another.
func (d *desk) give(lead query.Lead, to uuid.UUID) {
	d.out.assigned.add(lead.ID, to)
	if lead.ContactID.Valid {
		d.out.owners.add(lead.ContactID.UUID, to)
	}
	if lead.AssigneeID.Valid {
		d.out.loads = append(d.out.loads, loadRow{UserID: lead.AssigneeID.UUID, Delta: -1})
	}
	d.record("lead.assign", "lead", lead.ID, "the task was given to somebody else", "assignee_id")
	d.out.loads = append(d.out.loads, loadRow{UserID: to, Delta: 1, AssignedAt: &d.now})
	d.joinLoads()
}

// hoursOf is the business calendar of a user.
func (d *desk) hoursOf(user uuid.NullUUID) (calendar.Definition, calendar.Calendar, error) {
	return tasks.HoursOf(d.ctx, d.tx, d.now, user)
}
