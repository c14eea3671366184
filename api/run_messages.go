package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

// SignalAccepted says under which id a signal is kept.
type SignalAccepted struct {
	EventID string            `json:"event_id"`
	Links   map[string]string `json:"links"`
}

func messageID(d process.Description, kind string, m process.MessageInfo) string {
	return kind + upper(d.Name) + upper(m.Name)
}

// messageBody is the payload of a signal or update; one without fields may be left out.
func messageBody(t reflect.Type) *Body {
	return &Body{Media: []Media{{Type: mediaJSON, Schema: t}}, Optional: t.Kind() == reflect.Struct && t.NumField() == 0}
}

func (s *Server) signalOperation(d process.Description, m process.MessageInfo) *Operation {
	return &Operation{
		Method: http.MethodPost, Path: "/v1/processes/" + d.Name + "/runs/{run}/signals/" + m.Name, ID: messageID(d, "signal", m),
		Tag: "processes", Access: access.ProcessesWrite, Summary: "Tell a run of " + d.Name + ": " + m.Name, Description: m.Purpose,
		Body: messageBody(m.Payload), Answers: []Answer{answer[SignalAccepted](202, "The fact is kept and will be told to the run.")},
		Handle: func(c *Call) error { return s.signalRun(c, d, m) },
	}
}

func (s *Server) signalRun(c *Call, d process.Description, m process.MessageInfo) error {
	if err := fits(c.Raw(), "", m.Payload); err != nil {
		return err
	}
	run, err := s.findRun(c, d.Name)
	if err != nil {
		return err
	}
	e := inbox.NewSignal(d.Name, run.Run, m.Name, payload(c))
	e.ID, e.ExternalID = c.EffectID(), "signal/"+c.Effect()
	now := s.clock.Now()
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		done, err := repeated(c.Ctx(), tx, c)
		if done || err != nil {
			return err
		}
		if closed(run.State) {
			return hasEnded(run)
		}
		if _, err := inbox.Accept(c.Ctx(), tx, now, e); err != nil {
			return err
		}
		return audit.Append(c.Ctx(), tx, now, c.Did("process.signal", "run", run.Run, "an outside system told the run: "+m.Name))
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.JSON(http.StatusAccepted, SignalAccepted{EventID: e.ID.String(), Links: map[string]string{"run": runView(run).Links["self"]}})
}

func (s *Server) updateOperation(d process.Description, m process.MessageInfo) *Operation {
	return &Operation{
		Method: http.MethodPost, Path: "/v1/processes/" + d.Name + "/runs/{run}/updates/" + m.Name, ID: messageID(d, "update", m),
		Tag: "processes", Access: access.ProcessesWrite, Summary: "Ask a run of " + d.Name + ": " + m.Name,
		Description: m.Purpose + ". The run decides; a refusal is answered with 409 and its reason. Needs Temporal: 503 while it is down.",
		Body:        messageBody(m.Payload),
		Answers:     []Answer{{Status: 200, Text: "The verdict.", Media: []Media{{Type: mediaJSON, Schema: m.Answer}}}},
		Handle:      func(c *Call) error { return s.updateRun(c, d, m) },
	}
}

func (s *Server) updateRun(c *Call, d process.Description, m process.MessageInfo) error {
	if err := fits(c.Raw(), "", m.Payload); err != nil {
		return err
	}
	run, err := s.findRun(c, d.Name)
	if err != nil {
		return err
	}
	return s.ask(c, run, m.Name, payload(c))
}

// ask sends a request to a run and answers with its verdict.
func (s *Server) ask(c *Call, run journal.Run, name string, request json.RawMessage) error {
	if closed(run.State) {
		return hasEnded(run)
	}
	verdict, err := s.runs.Update(c.Ctx(), run.Run, name, c.Effect(), request)
	if err != nil {
		return engineProblem(err, run, name)
	}
	record := c.Did("process.update", "run", run.Run, "the run accepted: "+name)
	if err := audit.Append(c.Ctx(), s.pool, s.clock.Now(), record); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, mediaJSON, verdict)
}

func (s *Server) cancelRun(c *Call) error {
	d, err := s.definition(c.Param("name"))
	if err != nil {
		return err
	}
	run, err := s.findRun(c, d.Describe().Name)
	if err != nil {
		return err
	}
	if closed(run.State) {
		return hasEnded(run)
	}
	if err := s.runs.Cancel(c.Ctx(), run.Run); err != nil {
		return engineProblem(err, run, "cancel")
	}
	if err := audit.Append(c.Ctx(), s.pool, s.clock.Now(), c.Did("process.cancel", "run", run.Run, "an outside system cancelled the run")); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, runView(run))
}

// engineProblem says what a run or Temporal answered.
func engineProblem(err error, run journal.Run, asked string) error {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		p := problem.Conflict("refused", "The run refused: "+refused.Reason)
		p.Errors = []problem.Field{{Field: asked, Message: refused.Reason}}
		if len(refused.Reasons) > 0 {
			p.Errors = nil
			for _, r := range refused.Reasons {
				p.Errors = append(p.Errors, problem.Field(r))
			}
		}
		return p
	case errors.Is(err, ErrRunClosed):
		return hasEnded(run)
	case errors.Is(err, ErrRunUnknown):
		return problem.Unavailable("The run has not begun yet. Try again in a moment.", 2*time.Second)
	default:
		return err
	}
}

func hasEnded(run journal.Run) error {
	detail := "The run has ended"
	if closed(run.State) {
		detail = "The run is " + string(run.State)
	}
	return problem.Conflict("run-closed", detail+" and hears nothing any more.")
}

// payload is the body, or an empty object where it was left out.
func payload(c *Call) json.RawMessage {
	if len(c.Raw()) == 0 {
		return json.RawMessage("{}")
	}
	return c.Raw()
}
