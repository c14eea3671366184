package records

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
)

// PassOn implements the contract PassOn.
func (r *Records) PassOn(ctx context.Context, arg Passing) (Passed, error) {
	var out Passed
	err := r.at(ctx, func(d *desk) error {
		lead, task, err := d.handover(arg.LeadID, arg.TaskID)
		if err != nil {
			return err
		}
		if lead.AssigneeID.Valid && !slices.Contains(arg.Tried, lead.AssigneeID.UUID) { // done before
			out = Passed{Found: true, AssigneeID: lead.AssigneeID.UUID}
			out.Calendar, _, err = d.hoursOf(lead.AssigneeID)
			return err
		}
		if task.State != "open" || task.AssigneeID != lead.AssigneeID {
			out.Taken = true
			return nil
		}
		next, err := d.next(lead, arg.Tried)
		if err != nil || next == uuid.Nil {
			return err
		}
		out = Passed{Found: true, AssigneeID: next}
		var cal calendar.Calendar
		if out.Calendar, cal, err = d.hoursOf(db.NullID(next)); err != nil {
			return err
		}
		return d.passOn(lead, task, next, cal)
	})
	return out, err
}

// next is another representative for the lead, zero when nobody is free.
func (d *desk) next(lead query.Lead, tried []uuid.UUID) (uuid.UUID, error) {
	sub, err := readSubmission(lead.Submission)
	if err != nil {
		return uuid.Nil, err
	}
	rules, err := d.q.ListAssignmentRules(d.ctx, d.tx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("read the assignment rules: %w", err)
	}
	rules = routing.Matching(rules, routing.Lead{Country: sub.Country, Source: lead.Source, Channel: lead.Channel})
	roster, err := d.roster(routing.Teams(rules))
	if err != nil {
		return uuid.Nil, err
	}
	next, _ := roster.Give(rules, sub.Country, tried, d.now)
	return next, nil
}

func (d *desk) passOn(lead query.Lead, task query.Task, next uuid.UUID, cal calendar.Calendar) error {
	policy, err := readPolicy(d.ctx, d.tx)
	if err != nil {
		return err
	}
	due := cal.Add(d.now, policy.Due.of(db.Text(lead.Tier), cal))
	if err := d.q.GiveTask(d.ctx, d.tx, query.GiveTaskParams{ID: task.ID, AssigneeID: db.NullID(next), DueAt: &due, Key: process.Key(d.ctx)}); err != nil {
		return fmt.Errorf("give the task to somebody else: %w", err)
	}
	d.record("task.give", "task", task.ID, "not acknowledged in time", "assignee_id", "due_at")
	d.give(lead, next)
	if lead.ContactID.Valid {
		d.out.interactions = append(d.out.interactions, interactionRow{
			ID: derived(task.ID, "passed-on/"+next.String()), ContactID: lead.ContactID.UUID, LeadID: db.NullID(lead.ID), Kind: "lead.passed-on",
			Data: map[string]any{"from": lead.AssigneeID, "to": next}, At: d.now.Truncate(time.Microsecond),
		})
	}
	return nil
}
