package api

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/intake"
)

// LeadSubmission is what a client sends to submit a lead. An e-mail address or a phone number is needed.
type LeadSubmission struct {
	intake.Submission
}

// JSONSchemaExtend adds what a submission must have.
func (l LeadSubmission) JSONSchemaExtend(s *jsonschema.Schema) {
	l.Submission.JSONSchemaExtend(s)
	one := uint64(1)
	source, _ := s.Properties.Get("source")
	source.MinLength = &one
	s.Required = []string{"source", "channel"}
	for _, name := range []string{"email", "phone"} {
		given := jsonschema.NewProperties()
		given.Set(name, &jsonschema.Schema{MinLength: &one})
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Required: []string{name}, Properties: given})
	}
}

// LeadAmendment holds the fields that complete or correct a submission; those left out stay as they are.
type LeadAmendment struct {
	intake.Submission
}

// JSONSchemaExtend leaves out what cannot be amended: where a lead came from.
func (l LeadAmendment) JSONSchemaExtend(s *jsonschema.Schema) {
	l.Submission.JSONSchemaExtend(s)
	s.Properties.Delete("source")
	s.Properties.Delete("channel")
	one := uint64(1)
	s.MinProperties = &one
}

// LeadAccepted is the answer to a submission that is kept and not yet worked on.
type LeadAccepted struct {
	ID     uuid.UUID         `json:"id"`
	Status string            `json:"status"`
	Links  map[string]string `json:"links"`
}

// Lead is a lead with what came of it.
type Lead struct {
	ID           uuid.UUID         `json:"id"`
	Status       string            `json:"status" jsonschema:"enum=received,enum=incomplete,enum=invalid,enum=in_review,enum=captured,enum=merged,enum=rejected"`
	Tier         string            `json:"tier,omitempty" jsonschema:"enum=hot,enum=warm,enum=cold"`
	Score        *int32            `json:"score,omitempty"`
	ScoreFactors []ScoreFactor     `json:"score_factors,omitempty" jsonschema_description:"why the score is what it is; left out in lists"`
	Assignee     *uuid.UUID        `json:"assignee,omitempty" jsonschema_description:"the user who works on it"`
	AssigneeName string            `json:"assignee_name,omitempty"`
	TaskID       *uuid.UUID        `json:"task_id,omitempty"`
	ContactID    *uuid.UUID        `json:"contact_id,omitempty"`
	DuplicateOf  *uuid.UUID        `json:"duplicate_of,omitempty" jsonschema_description:"the lead of the same person that is being worked on"`
	Source       string            `json:"source"`
	Channel      string            `json:"channel"`
	Campaign     string            `json:"campaign,omitempty"`
	ImportID     *uuid.UUID        `json:"import_id,omitempty"`
	Quality      string            `json:"quality,omitempty" jsonschema_description:"what sales made of it"`
	Submission   json.RawMessage   `json:"submission" jsonschema_description:"what was sent, corrections applied"`
	Requests     []DataRequest     `json:"requests,omitempty" jsonschema_description:"what is asked for: answer with an amendment"`
	ReviewID     string            `json:"review_id,omitempty" jsonschema:"format=uuid" jsonschema_description:"the open merge review"`
	SubmittedAt  time.Time         `json:"submitted_at"`
	CapturedAt   *time.Time        `json:"captured_at,omitempty"`
	Links        map[string]string `json:"links"`
}

// ScoreFactor is one rule that moved the score.
type ScoreFactor struct {
	RuleID string  `json:"rule_id"`
	Reason string  `json:"reason"`
	Points float64 `json:"points"`
}

// DataRequest asks for missing (completion) or malformed (correction) fields.
type DataRequest struct {
	ID     uuid.UUID `json:"id"`
	Kind   string    `json:"kind" jsonschema:"enum=completion,enum=correction"`
	Fields []struct {
		Field   string `json:"field"`
		Problem string `json:"problem"`
	} `json:"fields"`
}

func (s *Server) leadView(l query.Lead, assigneeName string) Lead {
	return Lead{
		ID: l.ID, Status: l.Status, Tier: db.Text(l.Tier), Score: l.Score, Assignee: id(l.AssigneeID), AssigneeName: assigneeName,
		TaskID: id(l.TaskID), ContactID: id(l.ContactID), DuplicateOf: id(l.DuplicateOf), Source: l.Source, Channel: l.Channel,
		Campaign: db.Text(l.Campaign), ImportID: id(l.ImportID), Quality: db.Text(l.Quality), Submission: l.Submission,
		SubmittedAt: l.SubmittedAt.UTC(), CapturedAt: utc(l.CapturedAt), Links: s.leadLinks(l),
	}
}

func (s *Server) leadLinks(l query.Lead) map[string]string {
	links := map[string]string{"self": link("v1/leads", l.ID.String())}
	if run := s.captureRun(l.ID); run != "" && !l.ImportID.Valid {
		links["process"] = run
	}
	if l.ContactID.Valid {
		links["contact"] = link("v1/contacts", l.ContactID.UUID.String())
	}
	return links
}

// captureRun is where the run is found that works on a submitted lead: the process that starts on lead.submitted.
func (s *Server) captureRun(lead uuid.UUID) string {
	data, err := json.Marshal(events.Lead{LeadID: lead})
	if err != nil {
		return ""
	}
	for _, d := range s.definitions {
		actions, err := d.On(events.LeadSubmitted.Name(), data)
		if err != nil {
			continue
		}
		for _, a := range actions {
			if a.Signal == "" {
				return link("v1/processes", d.Describe().Name, "runs", a.Subject)
			}
		}
	}
	return ""
}

func id(n uuid.NullUUID) *uuid.UUID {
	if !n.Valid {
		return nil
	}
	return &n.UUID
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
