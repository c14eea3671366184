package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

const (
	mediaMermaid  = "text/vnd.mermaid"
	mediaPlain    = "text/plain"
	mediaSVG      = "image/svg+xml"
	mediaMarkdown = "text/markdown"
)

// ProcessView is the contract of a process and how many of its runs go on.
type ProcessView struct {
	Name     string            `json:"name"`
	Purpose  string            `json:"purpose"`
	Owner    string            `json:"owner"`
	Reentry  string            `json:"reentry" jsonschema:"enum=one at a time,enum=after exit,enum=once ever,enum=many" jsonschema_description:"what a second start for the same subject means"`
	Pinned   bool              `json:"pinned" jsonschema_description:"with versioned workers: a run ends on the build that it began on, instead of going on with the newest"`
	Endings  []string          `json:"endings"`
	Input    json.RawMessage   `json:"input" jsonschema_description:"the JSON Schema of the input"`
	Signals  []MessageView     `json:"signals"`
	Updates  []MessageView     `json:"updates"`
	Queries  []QueryView       `json:"queries"`
	Triggers []TriggerView     `json:"triggers"`
	Running  int               `json:"running"`
	Links    map[string]string `json:"links"`
}

// MessageView is a signal or an update.
type MessageView struct {
	Name    string          `json:"name"`
	Purpose string          `json:"purpose"`
	Payload json.RawMessage `json:"payload" jsonschema_description:"a JSON Schema"`
	Answer  json.RawMessage `json:"answer,omitempty" jsonschema_description:"the JSON Schema of an update's verdict"`
}

// QueryView is a question that every run answers.
type QueryView struct {
	Name    string `json:"name"`
	Purpose string `json:"purpose"`
}

// TriggerView is an event type that reaches the process.
type TriggerView struct {
	Event   string `json:"event"`
	Purpose string `json:"purpose"`
	Signal  string `json:"signal,omitempty" jsonschema_description:"the signal it becomes; absent when it starts a run"`
}

func (s *Server) processOperations() []*Operation {
	ops := []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/processes", ID: "listProcesses", Tag: "processes", Access: access.ProcessesRead,
			Summary: "List the processes", Answers: []Answer{answer[Page[ProcessView]](200, "Every process.")}, Handle: s.listProcesses,
		},
		{
			Method: http.MethodGet, Path: "/v1/processes/{name}", ID: "getProcess", Tag: "processes", Access: access.ProcessesRead,
			Summary: "A process's contract", Answers: []Answer{answer[ProcessView](200, "The process.")}, Handle: s.getProcess,
		},
	}
	if s.maps == nil {
		return ops
	}
	return append(ops,
		&Operation{
			Method: http.MethodGet, Path: "/v1/processes/{name}/map", ID: "getMap", Tag: "processes", Access: access.ProcessesRead,
			Summary: "The map of a process, drawn from its code", Description: "Mermaid, or SVG when Accept asks for image/svg+xml.",
			Answers: []Answer{{Status: 200, Text: "The map.", Media: []Media{{Type: mediaMermaid}, {Type: mediaPlain}, {Type: mediaSVG}}}}, Handle: s.getMap,
		},
		&Operation{
			Method: http.MethodGet, Path: "/v1/processes/{name}/procedure", ID: "getProcedure", Tag: "processes", Access: access.ProcessesRead,
			Summary: "The written procedure of a process, made from its code", Answers: []Answer{{Status: 200, Text: "The procedure.", Media: []Media{{Type: mediaMarkdown}}}}, Handle: s.getProcedure,
		})
}

func (s *Server) listProcesses(c *Call) error {
	counts, err := journal.Counts(c.Ctx(), s.pool)
	if err != nil {
		return err
	}
	out := Page[ProcessView]{Items: []ProcessView{}}
	for _, d := range s.definitions {
		view, err := s.processView(d.Describe(), counts)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, view)
	}
	return c.OK(out)
}

func (s *Server) getProcess(c *Call) error {
	d, err := s.definition(c.Param("name"))
	if err != nil {
		return err
	}
	counts, err := journal.Counts(c.Ctx(), s.pool)
	if err != nil {
		return err
	}
	view, err := s.processView(d.Describe(), counts)
	if err != nil {
		return err
	}
	return c.OK(view)
}

func (s *Server) processView(d process.Description, counts map[string]int) (ProcessView, error) {
	self := link("v1/processes", d.Name)
	v := ProcessView{
		Name: d.Name, Purpose: d.Purpose, Owner: d.Owner, Reentry: string(d.Reentry), Pinned: d.Pinned, Endings: append([]string{}, d.Endings...),
		Signals: []MessageView{}, Updates: []MessageView{}, Triggers: []TriggerView{},
		Queries: []QueryView{{process.StatusQuery, "where the run stands, what it waits for, and its trail"}},
		Running: counts[d.Name], Links: map[string]string{"self": self, "runs": self + "/runs"},
	}
	if s.maps != nil {
		v.Links["map"], v.Links["procedure"] = self+"/map", self+"/procedure"
	}
	var err error
	if v.Input, err = s.shape(d.Input); err != nil {
		return v, err
	}
	for _, m := range d.Signals {
		view := MessageView{Name: m.Name, Purpose: m.Purpose}
		if view.Payload, err = s.shape(m.Payload); err != nil {
			return v, err
		}
		v.Signals = append(v.Signals, view)
	}
	for _, m := range d.Updates {
		view := MessageView{Name: m.Name, Purpose: m.Purpose}
		if view.Payload, err = s.shape(m.Payload); err != nil {
			return v, err
		}
		if view.Answer, err = s.shape(m.Answer); err != nil {
			return v, err
		}
		v.Updates = append(v.Updates, view)
	}
	for _, t := range d.Triggers {
		v.Triggers = append(v.Triggers, TriggerView{t.Event, t.Purpose, t.Signal})
	}
	return v, nil
}

// shape is the schema of a type as a client reads it outside the document: references lead into the document.
func (s *Server) shape(t reflect.Type) (json.RawMessage, error) {
	name := s.shapes[t]
	component, ok := s.schemas.Components()[name]
	if !ok {
		return nil, fmt.Errorf("describe a process: the schema %s is missing", name)
	}
	raw, err := json.Marshal((*jsonschema.Schema)(component))
	if err != nil {
		return nil, fmt.Errorf("describe a process: %w", err)
	}
	return json.RawMessage(strings.ReplaceAll(string(raw), `"$ref":"#/`, `"$ref":"/openapi.json#/`)), nil
}

func (s *Server) getMap(c *Call) error {
	if _, err := s.definition(c.Param("name")); err != nil {
		return err
	}
	typ := wants(c, mediaMermaid, mediaPlain, mediaSVG)
	if typ == mediaSVG {
		image, err := s.maps.SVG(c.Param("name"))
		if err != nil {
			return fmt.Errorf("draw process %s: %w", c.Param("name"), err)
		}
		c.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		return c.Blob(http.StatusOK, mediaSVG, image)
	}
	chart, err := s.maps.Mermaid(c.Param("name"))
	if err != nil {
		return fmt.Errorf("draw process %s: %w", c.Param("name"), err)
	}
	return c.Blob(http.StatusOK, typ+"; charset=utf-8", []byte(chart))
}

func (s *Server) getProcedure(c *Call) error {
	if _, err := s.definition(c.Param("name")); err != nil {
		return err
	}
	words, err := s.maps.Procedure(c.Param("name"))
	if err != nil {
		return fmt.Errorf("describe process %s: %w", c.Param("name"), err)
	}
	return c.Blob(http.StatusOK, mediaMarkdown+"; charset=utf-8", []byte(words))
}
