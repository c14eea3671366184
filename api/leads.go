package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/intake"
)

func (s *Server) leadOperations() []*Operation {
	example := LeadSubmission{intake.Submission{
		Email: "ada@example.com", FirstName: "Ada", LastName: "Example", Company: "Example Ltd", Source: "website", Channel: "form",
		Country: "GB", Message: "Please call me about the small model.", Consent: map[string]bool{"email_marketing": true},
	}}
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/leads", ID: "submitLead", Tag: "leads", Access: access.LeadsWrite, Waits: true,
			Summary:     "Submit a lead",
			Description: "The lead is kept, and captured in the background. Its content is judged there: what is missing or malformed is asked for by a data request, not refused here.",
			Body:        jsonBody(example),
			Answers: []Answer{
				answer[LeadAccepted](202, "The lead is kept.", "Location"),
				answer[Lead](201, "The caller waited (Prefer: wait=N), and this is what came of the lead.", "Location", "Preference-Applied"),
			},
			Handle: s.submitLead,
		},
		{
			Method: http.MethodGet, Path: "/v1/leads", ID: "listLeads", Tag: "leads", Access: access.LeadsRead, Query: typeOf[leadFilter](),
			Summary:     "List leads, what to do first at the top",
			Description: "Hot before warm before cold, higher scores first, then who has waited longest. Ask for status=captured to see those being worked on.",
			Answers:     []Answer{answer[Page[Lead]](200, "A page of leads.")},
			Handle:      s.listLeads,
		},
		{
			Method: http.MethodGet, Path: "/v1/leads/{id}", ID: "getLead", Tag: "leads", Access: access.LeadsRead,
			Summary: "A lead and what came of it", Answers: []Answer{answer[Lead](200, "The lead.")}, Handle: s.getLead,
		},
		{
			Method: http.MethodPost, Path: "/v1/leads/{id}/amend", ID: "amendLead", Tag: "leads", Access: access.LeadsWrite,
			Summary:     "Complete or correct a lead",
			Description: "Answers the data requests of a lead. A lead that waits for the answer goes on with it; of one that capture went on with, the contact is completed at once: what it lacks is filled, what it has stays.",
			Body:        jsonBody(LeadAmendment{intake.Submission{Email: "ada@example.com"}}),
			Answers:     []Answer{answer[LeadAccepted](202, "The amendment is kept.", "Location")},
			Handle:      s.amendLead,
		},
	}
}

func (s *Server) submitLead(c *Call) error {
	var in LeadSubmission
	if err := c.Decode(&in); err != nil {
		return err
	}
	ctx, now := c.Ctx(), s.clock.Now()
	var id uuid.UUID
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		id, _, err = intake.Submit(ctx, tx, now, in.Submission, intake.Origin{Key: c.leadKey(), Actor: c.Actor()})
		return err
	})
	if err != nil {
		return err
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/leads", id.String()))
	if c.Wait > 0 {
		settled, err := s.awaitLead(ctx, id, c.Wait)
		if err != nil {
			return err
		}
		if settled {
			lead, err := s.readLead(ctx, id)
			if err != nil {
				return err
			}
			c.Response().Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(c.Wait/time.Second)))
			return c.JSON(http.StatusCreated, lead)
		}
	}
	return c.JSON(http.StatusAccepted, LeadAccepted{ID: id, Status: "received", Links: s.leadLinks(query.Lead{ID: id})})
}

// leadKey is the name of the submission, empty without an Idempotency-Key: the lead's id is then new, and ordered by time.
func (c *Call) leadKey() string {
	if c.Key == "" {
		return ""
	}
	return c.Effect()
}

// awaitLead waits, in real time, until the lead has been settled or needs something. It asks often at first and less
// often later.
func (s *Server) awaitLead(ctx context.Context, id uuid.UUID, wait time.Duration) (bool, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for pause := 10 * time.Millisecond; ; pause = min(pause+5*time.Millisecond, 50*time.Millisecond) {
		done, err := query.New().GetLeadProgress(ctx, s.pool, id)
		if err != nil || done {
			return done, err
		}
		select {
		case <-time.After(pause):
		case <-deadline.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

func (s *Server) getLead(c *Call) error {
	lead, err := s.readLead(c.Ctx(), c.ID("id"))
	if err != nil {
		return err
	}
	return c.OK(lead)
}

func (s *Server) readLead(ctx context.Context, id uuid.UUID) (Lead, error) {
	row, err := query.New().GetLeadView(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Lead{}, problem.NotFound("lead", id.String())
	}
	if err != nil {
		return Lead{}, fmt.Errorf("read a lead: %w", err)
	}
	lead := s.leadView(row.Lead, row.AssigneeName)
	lead.ReviewID = row.ReviewID
	if err := json.Unmarshal(row.Factors, &lead.ScoreFactors); err != nil {
		return Lead{}, fmt.Errorf("read the score of lead %s: its factors are damaged: %w", id, err)
	}
	if err := json.Unmarshal(row.Requests, &lead.Requests); err != nil {
		return Lead{}, fmt.Errorf("read the requests of lead %s: they are damaged: %w", id, err)
	}
	return lead, nil
}

func (s *Server) amendLead(c *Call) error {
	var in LeadAmendment
	if err := c.Decode(&in); err != nil {
		return err
	}
	ctx, now, id := c.Ctx(), s.clock.Now(), c.ID("id")
	var lead query.Lead
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		lead, err = query.New().LockLead(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.NotFound("lead", id.String())
		}
		if err != nil {
			return fmt.Errorf("amend a lead: %w", err)
		}
		if err := s.amend(c, tx, now, lead, in.Submission); err != nil {
			return err
		}
		return inbox.Emit(ctx, tx, now, "lead/"+id.String()+"/amended/"+c.Effect(), id.String(), events.LeadAmended, events.Lead{LeadID: id})
	})
	if err != nil {
		return err
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/leads", id.String()))
	return c.JSON(http.StatusAccepted, LeadAccepted{ID: id, Status: statusAmended(lead.Status), Links: s.leadLinks(lead)})
}
