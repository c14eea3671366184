package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

const (
	// askTimeout bounds the question to a run where it stands; the journal answers when the run does not.
	askTimeout = 1500 * time.Millisecond
	// askers is how many runs of a list are asked at once.
	askers = 8
)

// Run is a run of a process. Times are business time.
type Run struct {
	ID         string            `json:"id"`
	Process    string            `json:"process"`
	Subject    string            `json:"subject"`
	Entry      uuid.UUID         `json:"entry" jsonschema_description:"tells runs about the same subject apart; may stand in the place of the id"`
	State      string            `json:"state" jsonschema:"enum=running,enum=waiting,enum=completed,enum=failed,enum=cancelled,enum=terminated"`
	Step       string            `json:"step,omitempty"`
	WaitingFor string            `json:"waiting_for,omitempty"`
	Since      *time.Time        `json:"since,omitempty"`
	Until      *time.Time        `json:"until,omitempty"`
	Outcome    string            `json:"outcome,omitempty"`
	Trail      []process.Visit   `json:"trail"`
	Unread     map[string]int    `json:"unread,omitempty" jsonschema_description:"facts that arrived and that the process never awaited, by signal"`
	StartedAt  time.Time         `json:"started_at"`
	ClosedAt   *time.Time        `json:"closed_at,omitempty"`
	Live       bool              `json:"live" jsonschema_description:"the run itself answered; false when the journal did"`
	Links      map[string]string `json:"links"`
}

type runFilter struct {
	Paging
	State   string `json:"state,omitempty" jsonschema:"enum=running,enum=waiting,enum=completed,enum=failed,enum=cancelled,enum=terminated" jsonschema_description:"running includes waiting; waiting asks each run, so a page may be short"`
	Step    string `json:"step,omitempty" jsonschema:"maxLength=200" jsonschema_description:"the wait at which runs stand; read from Temporal's visibility, which lags by a moment; one page"`
	Subject string `json:"subject,omitempty" jsonschema:"maxLength=255"`
}

func (s *Server) runOperations() []*Operation {
	ops := []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/processes/{name}/runs", ID: "listRuns", Tag: "processes", Access: access.ProcessesRead, Query: typeOf[runFilter](),
			Summary: "List runs, the newest first", Answers: []Answer{answer[Page[Run]](200, "A page of runs.")},
			Handle: func(c *Call) error { return s.listRuns(c, c.Param("name")) },
		},
		{
			Method: http.MethodGet, Path: "/v1/processes/{name}/runs/{run}", ID: "getRun", Tag: "processes", Access: access.ProcessesRead,
			Summary: "Where a run stands", Answers: []Answer{answer[Run](200, "The run.")}, Handle: s.getRun,
		},
		{
			Method: http.MethodPost, Path: "/v1/processes/{name}/runs/{run}/cancel", ID: "cancelRun", Tag: "processes", Access: access.ProcessesWrite,
			Summary: "Cancel a run", Description: "What the run did is compensated where the process says so.",
			Answers: []Answer{answer[Run](202, "The run was asked to stop.")}, Handle: s.cancelRun,
		},
		{Method: http.MethodPost, Path: "/v1/processes/{name}/runs", ID: "startUnknown", Summary: "No such process", Access: access.ProcessesWrite, Unlisted: true, Handle: s.unknown},
		{Method: http.MethodPost, Path: "/v1/processes/{name}/runs/{run}/signals/{signal}", ID: "signalUnknown", Summary: "No such signal", Access: access.ProcessesWrite, Unlisted: true, Handle: s.unknown},
		{Method: http.MethodPost, Path: "/v1/processes/{name}/runs/{run}/updates/{update}", ID: "updateUnknown", Summary: "No such update", Access: access.ProcessesWrite, Unlisted: true, Handle: s.unknown},
	}
	for _, d := range s.definitions {
		ops = append(ops, s.startOperation(d), s.listOperation(d.Describe().Name))
		for _, m := range d.Describe().Signals {
			ops = append(ops, s.signalOperation(d.Describe(), m))
		}
		for _, m := range d.Describe().Updates {
			ops = append(ops, s.updateOperation(d.Describe(), m))
		}
	}
	return ops
}

// listOperation describes the list of runs beside the start of the process: a reader of the document looks for a path
// without parts first, and finds none of the methods that stand at the one with parts only (OpenAPI 3.1, Paths Object).
func (s *Server) listOperation(name string) *Operation {
	return &Operation{
		Method: http.MethodGet, Path: "/v1/processes/" + name + "/runs", ID: "listRuns" + upper(name), Tag: "processes",
		Access: access.ProcessesRead, Query: typeOf[runFilter](), Summary: "List the runs of " + name + ", the newest first",
		Answers: []Answer{answer[Page[Run]](200, "A page of runs.")},
		Handle:  func(c *Call) error { return s.listRuns(c, name) },
	}
}

// unknown answers for processes and messages that are not in the table; those that are have operations of their own.
func (s *Server) unknown(c *Call) error {
	d, err := s.definition(c.Param("name"))
	if err != nil {
		return err
	}
	what, name, known := "signal", c.Param("signal"), d.Describe().Signals
	if name == "" {
		what, name, known = "update", c.Param("update"), d.Describe().Updates
	}
	var names []string
	for _, m := range known {
		names = append(names, m.Name)
	}
	p := problem.NotFound(what, name)
	p.Detail += fmt.Sprintf(" Process %s takes: %s.", d.Describe().Name, strings.Join(append(names, "nothing else"), ", "))
	return p
}

// findRun finds a run by its id, or by its entry.
func (s *Server) findRun(c *Call, name string) (journal.Run, error) {
	id := c.Param("run")
	run, err := journal.Get(c.Ctx(), s.pool, name, name+":"+id)
	if entry, parseErr := uuid.Parse(id); errors.Is(err, journal.ErrNotFound) && parseErr == nil {
		if run, err = journal.ByEntry(c.Ctx(), s.pool, entry); err == nil && run.Process != name {
			err = journal.ErrNotFound
		}
	}
	if errors.Is(err, journal.ErrNotFound) {
		return run, problem.NotFound("run of "+name, id)
	}
	return run, err
}

func (s *Server) getRun(c *Call) error {
	d, err := s.definition(c.Param("name"))
	if err != nil {
		return err
	}
	run, err := s.findRun(c, d.Describe().Name)
	if err != nil {
		return err
	}
	return c.OK(s.askRun(c.Ctx(), run))
}

// askRun is the run as it says itself, or as the journal says when it has ended or does not answer.
func (s *Server) askRun(ctx context.Context, run journal.Run) Run {
	v := runView(run)
	if closed(run.State) {
		return v
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	status, err := s.runs.Status(ctx, run.Run)
	if err != nil {
		return v
	}
	v.State, v.Step, v.WaitingFor, v.Outcome, v.Live = string(status.State), status.Step, status.WaitingFor, status.Outcome, true
	v.Since, v.Until = utc(status.Since), utc(status.Until)
	v.Trail = append(v.Trail, status.Trail...)
	return v
}

func runView(r journal.Run) Run {
	id := strings.TrimPrefix(r.Run, r.Process+":")
	self := link("v1/processes", r.Process, "runs", id)
	v := Run{
		ID: id, Process: r.Process, Subject: r.Subject, Entry: r.Entry, State: string(r.State), Outcome: r.Outcome,
		Trail: append([]process.Visit{}, r.Trail...), Unread: r.Unread, StartedAt: r.StartedAt, ClosedAt: r.ClosedAt,
		Links: map[string]string{"self": self, "process": link("v1/processes", r.Process)},
	}
	if !closed(r.State) {
		v.Links["cancel"] = self + "/cancel"
	}
	if name, rest, ok := strings.Cut(r.Parent, ":"); ok {
		v.Links["parent"] = link("v1/processes", name, "runs", rest)
	}
	return v
}

func (s *Server) listRuns(c *Call, name string) error {
	var f runFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	if _, err := s.definition(name); err != nil {
		return err
	}
	if f.Step != "" {
		return s.listAtStep(c, name, f)
	}
	list := fmt.Sprint("runs", name, f.State, f.Subject)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	filter := journal.Filter{Process: name, State: process.State(f.State), Subject: f.Subject, Limit: f.limit() + 1}
	if f.State == string(process.Waiting) {
		filter.State = process.Running
	}
	if place != nil {
		filter.After = &journal.Position{StartedAt: place.At, Entry: place.ID}
	}
	rows, err := journal.List(c.Ctx(), s.pool, filter)
	if err != nil {
		return err
	}
	out := page(list, f.limit(), rows, runView, func(r journal.Run) timePlace { return timePlace{r.StartedAt, r.Entry} })
	if f.State == string(process.Waiting) {
		out.Items = s.waiting(c.Ctx(), rows[:min(len(rows), f.limit())])
	}
	return c.OK(out)
}

// waiting asks each run and keeps those that wait.
func (s *Server) waiting(ctx context.Context, rows []journal.Run) []Run {
	views := make([]Run, len(rows))
	slots := make(chan struct{}, askers)
	var wg sync.WaitGroup
	for i, r := range rows {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			views[i] = s.askRun(ctx, r)
		})
	}
	wg.Wait()
	out := []Run{}
	for _, v := range views {
		if v.State == string(process.Waiting) {
			out = append(out, v)
		}
	}
	return out
}

func (s *Server) listAtStep(c *Call, name string, f runFilter) error {
	if f.Cursor != "" {
		return problem.BadRequest("Runs at a step come on one page.", problem.Field{Field: "cursor", Message: "is not taken together with step"})
	}
	ids, err := s.runs.AtStep(c.Ctx(), name, f.Step, f.limit())
	if err != nil {
		return err
	}
	out := Page[Run]{Items: []Run{}}
	for _, id := range ids {
		run, err := journal.Get(c.Ctx(), s.pool, name, id)
		if errors.Is(err, journal.ErrNotFound) {
			continue // visibility lags
		}
		if err != nil {
			return err
		}
		if (f.Subject == "" || run.Subject == f.Subject) && (f.State == "" || f.State == string(run.State) || f.State == string(process.Waiting)) {
			out.Items = append(out.Items, runView(run))
		}
	}
	return c.OK(out)
}
