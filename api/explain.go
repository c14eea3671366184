package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
)

// Question asks what the policy gate would say of a message. Name a template, or what it would be.
type Question struct {
	ContactID  uuid.UUID          `json:"contact_id"`
	Template   string             `json:"template,omitempty" jsonschema:"maxLength=100" jsonschema_description:"a published template; the members below then count where they are given"`
	Class      string             `json:"class,omitempty" jsonschema:"enum=marketing,enum=transactional,default=marketing"`
	Purpose    string             `json:"purpose,omitempty" jsonschema:"maxLength=100"`
	Topic      string             `json:"topic,omitempty" jsonschema:"maxLength=100"`
	Department string             `json:"department,omitempty" jsonschema:"maxLength=100"`
	Channel    provider.Channel   `json:"channel,omitempty" jsonschema:"enum=email,enum=sms" jsonschema_description:"empty: the one that the person prefers among channels"`
	Channels   []provider.Channel `json:"channels,omitempty" jsonschema:"maxItems=2" jsonschema_description:"those that the message has words for; empty: the template's, or email and sms"`
	At         *time.Time         `json:"at,omitempty" jsonschema_description:"business time; now when left out"`
	AskedAt    *time.Time         `json:"asked_at,omitempty" jsonschema_description:"when the message was first brought to the gate; at when left out, and then it is held for the collision window"`
	ExpiresAt  *time.Time         `json:"expires_at,omitempty"`
}

// Explanation is the gate's word with the answer of every rule.
type Explanation struct {
	Answer   string           `json:"answer" jsonschema:"enum=send,enum=shift,enum=refuse"`
	Reason   string           `json:"reason,omitempty"`
	Until    *time.Time       `json:"until,omitempty" jsonschema_description:"when it would be asked again"`
	Channel  provider.Channel `json:"channel,omitempty"`
	Priority int              `json:"priority"`
	Policy   int              `json:"policy" jsonschema_description:"version of the contact policy"`
	Track    bool             `json:"track" jsonschema_description:"opens and clicks would be recorded"`
	Rules    []RuleAnswer     `json:"rules" jsonschema_description:"each as if there were no other, in the order in which they count"`
}

// RuleAnswer is what one rule says.
type RuleAnswer struct {
	Rule   string     `json:"rule"`
	Answer string     `json:"answer" jsonschema:"enum=send,enum=shift,enum=refuse"`
	Reason string     `json:"reason,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
}

func (s *Server) explainOperations() []*Operation {
	return []*Operation{{
		Method: http.MethodPost, Path: "/v1/contact-policy/explain", ID: "explainContactPolicy", Tag: "definitions", Access: access.ConsentsRead,
		Summary: "What the contact policy would say of a message", Description: "A dry run: nothing is written, held or sent.",
		Body:    jsonBody(Question{ContactID: uuid.Max, Class: gate.Marketing, Purpose: "email_marketing", Topic: "news", Department: "marketing", Channel: provider.Email}),
		Answers: []Answer{answer[Explanation](200, "The verdict, with the answer of every rule.")}, Handle: s.explain,
	}}
}

func (s *Server) explain(c *Call) error {
	var in Question
	if err := c.Decode(&in); err != nil {
		return err
	}
	r, err := s.requestOf(c, in)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if in.At != nil {
		now = *in.At
	}
	r.AskedAt = now
	if in.AskedAt != nil {
		r.AskedAt = *in.AskedAt
	}
	if in.ExpiresAt != nil {
		r.ExpiresAt = *in.ExpiresAt
	}
	verdict, findings, err := s.gate.Explain(c.Ctx(), s.pool, now, r)
	if err != nil {
		return err
	}
	out := Explanation{
		Answer: string(verdict.Answer), Reason: verdict.Reason, Until: instant(verdict.Until), Channel: verdict.Channel,
		Priority: verdict.Priority, Policy: verdict.Policy, Track: verdict.Track, Rules: make([]RuleAnswer, 0, len(findings)),
	}
	for _, f := range findings {
		out.Rules = append(out.Rules, RuleAnswer{Rule: f.Rule, Answer: string(f.Answer), Reason: f.Reason, Until: instant(f.Until)})
	}
	return c.OK(out)
}

// requestOf is the request that a question stands for.
func (s *Server) requestOf(c *Call, in Question) (gate.Request, error) {
	r := gate.Request{
		ContactID: in.ContactID, Template: in.Template, Class: in.Class, Purpose: in.Purpose, Topic: in.Topic, Department: in.Department,
		Channel: in.Channel, Channels: in.Channels,
	}
	fill(&r.Class, gate.Marketing)
	if in.Template != "" {
		t, err := s.published.Published(c.Ctx(), s.pool, in.Template)
		if errors.Is(err, templates.ErrUnknown) {
			return r, problem.Invalid(problem.Field{Field: "template", Message: "is not a published template"})
		}
		if err != nil {
			return r, err
		}
		if r.Class = t.Class; in.Class != "" {
			r.Class = in.Class
		}
		fill(&r.Purpose, t.Purpose)
		fill(&r.Topic, t.Topic)
		if len(r.Channels) == 0 {
			r.Channels = t.Channels()
		}
	}
	if len(r.Channels) == 0 {
		r.Channels = []provider.Channel{provider.Email, provider.SMS}
	}
	return r, nil
}

// instant is t for an answer; nil when there is none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return utc(&t)
}
