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
)

// Renew implements the contract Renew.
func (r *Records) Renew(ctx context.Context, arg Lead) (Renewed, error) {
	var out Renewed
	err := r.at(ctx, func(d *desk) error {
		repeated, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		if !repeated.DuplicateOf.Valid {
			return process.Invalid("not-repeated", "lead "+arg.LeadID.String()+" is no duplicate: resolve it first")
		}
		first, err := d.lead(repeated.DuplicateOf.UUID)
		if err != nil {
			return err
		}
		out = Renewed{LeadID: first.ID, AssigneeID: first.AssigneeID.UUID, TaskID: first.TaskID.UUID}
		noted := derived(repeated.ID, "asked-again")
		_, err = d.q.GetInteraction(ctx, d.tx, noted)
		if err == nil { // done before
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read whether the repetition was noted: %w", err)
		}
		d.out.interactions = append(d.out.interactions, interactionRow{
			ID: noted, ContactID: first.ContactID.UUID, LeadID: db.NullID(first.ID), Kind: "lead.asked-again",
			Channel: db.NullText(repeated.Channel), Data: map[string]any{"lead_id": repeated.ID, "source": repeated.Source}, At: repeated.SubmittedAt,
		})
		if first.Status != "captured" {
			// Its own capture is under way, and will count this when it scores.
			out.AssigneeID, out.TaskID = uuid.Nil, uuid.Nil
			return nil
		}
		scored, err := d.scoreStored(first, derived(repeated.ID, "score"), map[string]int{AskedAgain: 1})
		if err != nil {
			return err
		}
		out.TaskID, err = d.keepTask(first, scored.Tier, followUp{again: true})
		return err
	})
	return out, err
}

// keepTask sees to it that a captured lead has an open follow-up task. When the last one is finished, a new one begins
// another hand-over. why says what the task is made for.
func (d *desk) keepTask(first query.Lead, tier string, why followUp) (uuid.UUID, error) {
	task, err := d.q.FindOpenTask(d.ctx, d.tx, query.FindOpenTaskParams{LeadID: first.ID, Kind: tasks.FollowUp})
	if err == nil {
		return task.ID, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("look for the follow-up task: %w", err)
	}
	policy, err := readPolicy(d.ctx, d.tx)
	if err != nil {
		return uuid.Nil, err
	}
	_, cal, err := tasks.Hours(d.ctx, d.tx)
	if err != nil {
		return uuid.Nil, err
	}
	f := followUp{
		lead: first.ID, contact: first.ContactID.UUID, assignee: first.AssigneeID.UUID, tier: tier, policy: policy, cal: cal,
		again: why.again, returned: why.returned,
	}
	if f.queued, err = d.inQueue(first.AssigneeID); err != nil {
		return uuid.Nil, err
	}
	row := d.followUpTask(f, process.Key(d.ctx))
	if err := d.q.ReopenLead(d.ctx, d.tx, query.ReopenLeadParams{ID: first.ID, TaskID: db.NullID(row.ID)}); err != nil {
		return uuid.Nil, fmt.Errorf("reopen the lead: %w", err)
	}
	reason := "asked again"
	if f.returned {
		reason = "returned to sales"
	}
	d.record("lead.reopen", "lead", first.ID, reason, "quality", "task_id")
	if first.Quality != nil && first.AssigneeID.Valid {
		d.out.loads = append(d.out.loads, loadRow{UserID: first.AssigneeID.UUID, Delta: 1})
	}
	return row.ID, d.handOver(f, row.ID)
}
