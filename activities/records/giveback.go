package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// GiveBack implements the contract GiveBack.
func (r *Records) GiveBack(ctx context.Context, arg GivingBack) (GivenBack, error) {
	var out GivenBack
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		before, err := d.q.GetTaskByKey(ctx, d.tx, process.Key(ctx))
		if err == nil {
			out = GivenBack{Given, before.AssigneeID.UUID, before.ID}
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the task: %w", err)
		}
		if lead.Status != "captured" || !lead.ContactID.Valid {
			out.Verdict = NotThere
			return nil
		}
		if arg.Reason == SalesReady {
			// Under the key of the step: a lead may become ready in each of its rounds.
			if err := emit(d, "lead.sales-ready/"+process.Key(ctx), lead.ContactID.UUID, events.LeadSalesReady,
				events.Contact{ContactID: lead.ContactID.UUID, LeadID: lead.ID}); err != nil {
				return err
			}
		}
		open, err := d.q.FindOpenTask(ctx, d.tx, query.FindOpenTaskParams{LeadID: lead.ID, Kind: tasks.FollowUp})
		if err == nil {
			out = GivenBack{WithSales, open.AssigneeID.UUID, open.ID}
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the follow-up task: %w", err)
		}
		if lead, err = d.ensureAssignee(lead); err != nil {
			return err
		}
		out = GivenBack{Verdict: Given, AssigneeID: lead.AssigneeID.UUID}
		out.TaskID, err = d.keepTask(lead, db.Text(lead.Tier), followUp{returned: true})
		return err
	})
	return out, err
}

// ensureAssignee gives a lead whose representative has left to somebody else, as capture does.
func (d *desk) ensureAssignee(lead query.Lead) (query.Lead, error) {
	if lead.AssigneeID.Valid {
		active, err := d.q.ListActiveUsers(d.ctx, d.tx, []uuid.UUID{lead.AssigneeID.UUID})
		if err != nil {
			return lead, fmt.Errorf("read the assignee: %w", err)
		}
		if len(active) == 1 {
			return lead, nil
		}
	}
	sub, err := readSubmission(lead.Submission)
	if err != nil {
		return lead, err
	}
	a := &assignment{lead: lead.ID, contact: lead.ContactID.UUID, route: routing.Lead{Country: sub.Country, Source: lead.Source, Channel: lead.Channel}}
	if err := d.assign([]*assignment{a}); err != nil {
		return lead, err
	}
	lead.AssigneeID = db.NullID(a.res.AssigneeID)
	lead.Quality = nil // the load of whoever gets it is counted by assign
	return lead, nil
}
