package records

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// reasons are the outcomes of a follow-up task that turn a lead down, and how. Every other outcome accepts it.
var reasons = map[string]string{
	"not-reachable": Recycled, "no-answer": Recycled, "no-budget": Recycled, "no-time": Recycled, "not-now": Recycled, "later": Recycled,
	"not-ready": Recycled, "too-early": Recycled,
	"not-a-fit": Rejected, "not-interested": Rejected, "duplicate": Rejected, "spam": Rejected, "wrong-contact": Rejected, "competitor": Rejected,
}

// judgement reads a task's outcome: a reason such as "no-budget", alone or after a verdict ("rejected: no budget"), or
// anything else for an accepted lead.
func judgement(outcome string) Judged {
	words := strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(outcome)))
	verdict, reason, both := strings.Cut(words, ":")
	if !both {
		verdict, reason = "", words
	}
	reason = strings.Trim(reason, "-")
	known := reasons[reason]
	switch {
	case verdict == Recycled || verdict == Rejected:
		if known == "" {
			reason = "other"
		}
		return Judged{Verdict: or(known, verdict), Reason: reason}
	case known != "":
		return Judged{Verdict: known, Reason: reason}
	case reason == Recycled || reason == Rejected:
		return Judged{Verdict: reason, Reason: "other"}
	}
	return Judged{Verdict: Accepted}
}

// String is the judgement as leads.quality keeps it: "accepted", "recycled:no-budget".
func (j Judged) String() string {
	if j.Reason == "" {
		return j.Verdict
	}
	return j.Verdict + ":" + j.Reason
}

// Judge implements the contract Judge.
func (r *Records) Judge(ctx context.Context, arg Handover) (Judged, error) {
	var out Judged
	err := r.at(ctx, func(d *desk) error {
		lead, task, err := d.handover(arg.LeadID, arg.TaskID)
		if err != nil {
			return err
		}
		out = judgement(db.Text(task.Outcome))
		if lead.Quality != nil { // done before
			out.Verdict, out.Reason, _ = strings.Cut(*lead.Quality, ":")
			return nil
		}
		if lead.TaskID.Valid && lead.TaskID.UUID != task.ID {
			// Asked again after the task was finished: the lead was not judged by then, so it has kept its place.
			out.NextTaskID = lead.TaskID.UUID
			_, err := d.q.GetInteraction(ctx, d.tx, derived(task.ID, "judged"))
			if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			d.record("lead.judge", "lead", lead.ID, out.String()+", and asked again")
		} else if err := d.close(lead, out); err != nil {
			return err
		}
		if lead.ContactID.Valid {
			d.out.interactions = append(d.out.interactions, interactionRow{
				ID: derived(task.ID, "judged"), ContactID: lead.ContactID.UUID, LeadID: db.NullID(lead.ID), Kind: "lead.judged",
				Data: map[string]any{"verdict": out.Verdict, "reason": out.Reason}, At: d.now,
			})
		}
		if lead.ContactID.Valid && out.Verdict == Recycled && NotReady(out.Reason) && out.NextTaskID == uuid.Nil {
			if err := d.nurture(lead, task.ID); err != nil {
				return err
			}
		}
		return emit(d, "lead.quality-judged/"+task.ID.String(), lead.ID, events.QualityJudged,
			events.Judgement{LeadID: lead.ID, ContactID: lead.ContactID.UUID, Verdict: out.Verdict, Reason: out.Reason})
	})
	return out, err
}

// close writes the verdict of sales into the lead, which takes nobody's capacity any more.
func (d *desk) close(lead query.Lead, verdict Judged) error {
	if _, err := d.q.JudgeLead(d.ctx, d.tx, query.JudgeLeadParams{ID: lead.ID, Quality: verdict.String()}); err != nil {
		return fmt.Errorf("write the verdict: %w", err)
	}
	if err := d.release(lead); err != nil {
		return err
	}
	d.record("lead.judge", "lead", lead.ID, verdict.String(), "quality")
	return nil
}
