package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/rulebook"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/taskrules"
)

// RuleTrial asks what a task rule would have made of the events of a span of time.
type RuleTrial struct {
	Rule  taskrules.Rule `json:"rule"`
	Since time.Time      `json:"since"`
	Until *time.Time     `json:"until,omitempty" jsonschema_description:"now when left out"`
}

// RuleTried is the answer, by what is known today.
type RuleTried struct {
	Events int         `json:"events" jsonschema_description:"how many events of the type came in"`
	More   bool        `json:"more" jsonschema_description:"there were more than were looked at: choose a shorter span"`
	Fired  int         `json:"fired" jsonschema_description:"how many tasks the rule would have made"`
	Tasks  []RuleFired `json:"tasks" jsonschema_description:"the first hundred"`
}

// RuleFired is an event of which a rule would have made a task.
type RuleFired struct {
	EventID uuid.UUID `json:"event_id"`
	At      time.Time `json:"at"`
	Contact uuid.UUID `json:"contact,omitzero"`
	Lead    uuid.UUID `json:"lead,omitzero"`
	Deal    uuid.UUID `json:"deal,omitzero"`
}

// maxShown bounds the list of a trial.
const maxShown = 100

func (s *Server) taskRuleOperations() []*Operation {
	example := RuleTrial{Since: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Rule: taskrules.Rule{
		On: "survey.answered", When: []taskrules.Condition{{Fact: "event.word", In: []string{"detractor"}}},
		Task: taskrules.Template{Kind: "visit", Title: "Visit a customer who is not satisfied", For: tasks.Owner, Within: "2d"},
	}}
	return []*Operation{{
		Method: http.MethodPost, Path: "/v1/task-rules/dry-run", ID: "tryTaskRule", Tag: "tasks", Access: access.DefinitionsWrite,
		Summary: "What a task rule would have made of past events", Description: "Nothing is written. Write the rule with PUT /v1/definitions/task-rule/{name}; it counts two seconds later.",
		Body: jsonBody(example), Answers: []Answer{answer[RuleTried](200, "What would have come of it.")}, Handle: s.tryTaskRule,
	}}
}

func (s *Server) tryTaskRule(c *Call) error {
	var in RuleTrial
	if err := c.Decode(&in); err != nil {
		return err
	}
	raw, err := json.Marshal(in.Rule)
	if err != nil {
		return err
	}
	var wrong []problem.Field
	for _, p := range taskrules.Kind.Check(raw) {
		wrong = append(wrong, problem.Field{Field: "rule." + p.Field, Message: p.Message})
	}
	if len(wrong) > 0 {
		return problem.Invalid(wrong...)
	}
	until := s.clock.Now()
	if in.Until != nil {
		until = *in.Until
	}
	trial, err := rulebook.Try(c.Ctx(), s.pool, in.Rule, in.Since, until)
	if err != nil {
		return err
	}
	out := RuleTried{Events: trial.Looked, More: trial.More, Fired: len(trial.Fired), Tasks: []RuleFired{}}
	for _, f := range trial.Fired[:min(len(trial.Fired), maxShown)] {
		out.Tasks = append(out.Tasks, RuleFired{f.EventID, f.At.UTC(), f.About.ContactID, f.About.LeadID, f.About.DealID})
	}
	return c.OK(out)
}
