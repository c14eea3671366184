package records

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Kinds of data requests.
const (
	completion = "completion" // something is missing
	correction = "correction" // something cannot be read
)

// Check implements the contract Check.
func (r *Records) Check(ctx context.Context, arg Lead) (Checked, error) {
	var out Checked
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		resolved := lead.Status != "received" && lead.Status != "incomplete" && lead.Status != "invalid"
		if resolved && db.Text(lead.ResolvedBy) != d.run() {
			out.Verdict = Settled
			return nil
		}
		sub, err := readSubmission(lead.Submission)
		if err != nil {
			return err
		}
		policy, err := readPolicy(ctx, d.tx)
		if err != nil {
			return err
		}
		in := inspect(sub, policy)
		if resolved {
			// This very run has been further. Its worker died before the history knew, and it goes the same way again.
			out.Verdict, _ = in.verdict()
			return nil
		}
		if err := d.keepRequests(lead, in); err != nil {
			return err
		}
		var status string
		out.Verdict, status = in.verdict()
		if status == lead.Status {
			return nil
		}
		d.record("lead.check", "lead", lead.ID, out.Verdict, "status")
		return d.setStatus(lead, status)
	})
	return out, err
}

// verdict sums the inspection up: the answer of Check and the status of the lead.
func (i inspection) verdict() (verdict, status string) {
	switch {
	case i.reachable() && len(i.problems) == 0:
		return Complete, "received"
	case i.reachable():
		return Usable, "received"
	case len(i.contactProblems()) > 0:
		return Malformed, "invalid"
	default:
		return Missing, "incomplete"
	}
}

// contactProblems are the e-mail and telephone that were given and cannot be read.
func (i inspection) contactProblems() []Problem {
	var out []Problem
	for _, p := range i.of(false) {
		if p.Field == "email" || p.Field == "phone" {
			out = append(out, p)
		}
	}
	return out
}

// keepRequests makes the lead's open data requests say what the inspection found, and closes those that were answered.
func (d *desk) keepRequests(lead query.Lead, in inspection) error {
	open, err := d.q.ListOpenDataRequests(d.ctx, d.tx, lead.ID)
	if err != nil {
		return fmt.Errorf("read the data requests: %w", err)
	}
	byKind := map[string]query.DataRequest{}
	for _, request := range open {
		byKind[request.Kind] = request
	}
	for kind, problems := range map[string][]Problem{completion: in.of(true), correction: in.of(false)} {
		request, exists := byKind[kind]
		if len(problems) == 0 {
			if exists {
				d.record("data-request.answer", "data-request", request.ID, kind, "state")
				if err := d.q.CloseDataRequest(d.ctx, d.tx, query.CloseDataRequestParams{ID: request.ID, State: "answered", AnsweredAt: &d.now}); err != nil {
					return fmt.Errorf("close the data request: %w", err)
				}
			}
			continue
		}
		fields, err := json.Marshal(problems)
		if err != nil {
			return fmt.Errorf("encode the data request: %w", err)
		}
		if exists {
			err = d.q.ChangeDataRequest(d.ctx, d.tx, query.ChangeDataRequestParams{ID: request.ID, Fields: fields})
		} else {
			id := newID()
			d.record("data-request.open", "data-request", id, kind, "fields")
			err = d.q.AddDataRequest(d.ctx, d.tx, query.AddDataRequestParams{ID: id, LeadID: lead.ID, Kind: kind, Fields: fields, CreatedAt: d.now})
		}
		if err != nil {
			return fmt.Errorf("write the data request: %w", err)
		}
	}
	return nil
}

func (d *desk) setStatus(lead query.Lead, status string) error {
	if err := d.q.SetLeadStatus(d.ctx, d.tx, query.SetLeadStatusParams{ID: lead.ID, Status: status}); err != nil {
		return fmt.Errorf("note the lead's status: %w", err)
	}
	return nil
}

// Dismiss implements the contract Dismiss. A lead that was captured or merged stays as it is.
func (r *Records) Dismiss(ctx context.Context, arg Dismissal) (struct{}, error) {
	return struct{}{}, r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		switch lead.Status {
		case "captured", "merged", "rejected":
			return nil
		}
		open, err := d.q.ListOpenDataRequests(ctx, d.tx, lead.ID)
		if err != nil {
			return fmt.Errorf("read the data requests: %w", err)
		}
		for _, request := range open {
			d.record("data-request.expire", "data-request", request.ID, request.Kind, "state")
			if err := d.q.CloseDataRequest(ctx, d.tx, query.CloseDataRequestParams{ID: request.ID, State: "expired"}); err != nil {
				return fmt.Errorf("close the data request: %w", err)
			}
		}
		reviews, err := d.reviews(lead)
		if err != nil {
			return err
		}
		by := "withdrawn"
		for _, review := range reviews {
			if _, err := d.q.CloseMergeReview(ctx, d.tx, query.CloseMergeReviewParams{ID: review.ID, State: Separate, DecidedBy: &by, Now: &d.now}); err != nil {
				return fmt.Errorf("close the merge review: %w", err)
			}
		}
		if err := d.release(lead); err != nil {
			return err
		}
		if err := tasks.Cancel(ctx, d.tx, d.now, lead.ID, tasks.LeadData, tasks.MergeReview); err != nil {
			return err
		}
		status := arg.Status
		if status == "" {
			status = "incomplete"
			if lead.Status == "invalid" {
				status = "invalid"
			}
		}
		if len(open) > 0 || status != lead.Status {
			d.record("lead.dismiss", "lead", lead.ID, status, "status")
		}
		return d.setStatus(lead, status)
	})
}
