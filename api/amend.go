package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/intake"
)

// amend changes the submission of a locked lead. Where a run waits for that, or is about to read it, the run judges it;
// later on it is judged and carried out here.
func (s *Server) amend(c *Call, tx pgx.Tx, now time.Time, lead query.Lead, patch intake.Submission) error {
	settled := problem.Conflict("lead-settled", "The lead is "+lead.Status+" and nothing is asked of it: change its contact instead.")
	switch lead.Status {
	case "incomplete", "invalid":
		return s.amendWaiting(c, tx, now, lead, patch)
	case "rejected":
		return settled
	}
	err := records.Amend(c.Ctx(), tx, now, lead, records.Amendment{Key: c.Effect(), By: c.Actor(), Patch: patch})
	var declined *records.Declined
	switch {
	case errors.Is(err, records.ErrNotAsked) && lead.Status == "received" && !lead.ContactID.Valid:
		return s.amendWaiting(c, tx, now, lead, patch)
	case errors.Is(err, records.ErrNotAsked):
		return settled
	case errors.As(err, &declined):
		return declinedAmendment(declined)
	}
	return err
}

// statusAmended is the status of a lead once its amendment is kept: one that waited for it is taken up again.
func statusAmended(before string) string {
	if before == "incomplete" || before == "invalid" {
		return "received"
	}
	return before
}

func declinedAmendment(d *records.Declined) error {
	fields := make([]problem.Field, len(d.Fields))
	for i, f := range d.Fields {
		fields[i] = problem.Field{Field: f.Field, Message: f.Message}
	}
	if d.Code == records.Malformed {
		return problem.Invalid(fields...)
	}
	p := problem.Conflict(d.Code, "What the amendment gives is another contact's: leave the listed fields out, or submit a lead of that person.")
	p.Errors = fields
	return p
}

// amendWaiting leaves the judgement to the capture run.
func (s *Server) amendWaiting(c *Call, tx pgx.Tx, now time.Time, lead query.Lead, patch intake.Submission) error {
	var before intake.Submission
	if err := json.Unmarshal(lead.Submission, &before); err != nil {
		return fmt.Errorf("amend lead %s: its submission is damaged: %w", lead.ID, err)
	}
	raw, err := json.Marshal(before.Amend(patch))
	if err != nil {
		return fmt.Errorf("amend a lead: %w", err)
	}
	if err := query.New().SetSubmission(c.Ctx(), tx, query.SetSubmissionParams{ID: lead.ID, Submission: raw}); err != nil {
		return fmt.Errorf("amend a lead: %w", err)
	}
	return audit.Append(c.Ctx(), tx, now, c.Did("lead.amend", "lead", lead.ID.String(), "a data request was answered", patch.Fields()...))
}
