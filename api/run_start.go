package api

import (
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

// RunStarted names the run that a start led to.
type RunStarted struct {
	ID    string            `json:"id"`
	Entry string            `json:"entry"`
	Links map[string]string `json:"links"`
}

// subjectForm is what an opaque id looks like: it stands in paths and workflow IDs.
var subjectForm = regexp.MustCompile(`^[A-Za-z0-9._@~+=-]{1,200}$`)

func startID(d process.Description) string { return "start" + upper(d.Name) }

func (s *Server) startOperation(def process.Definition) *Operation {
	d := def.Describe()
	return &Operation{
		Method: http.MethodPost, Path: "/v1/processes/" + d.Name + "/runs", ID: startID(d), Tag: "processes", Access: access.ProcessesWrite,
		Summary: "Start " + d.Name, Description: d.Purpose + " Re-entry: " + string(d.Reentry) + ".",
		Body: &Body{Media: []Media{{Type: mediaJSON, Schema: d.Input}}},
		Answers: []Answer{
			answer[RunStarted](201, "A run begins; it does so later when Temporal is down now.", "Location"),
			answer[RunStarted](200, "A run about this subject is going on; the start joins it.", "Location"),
		},
		Handle: func(c *Call) error { return s.startRun(c, def) },
	}
}

// startRun decides re-entry and keeps the start in one transaction, so that it needs PostgreSQL only.
func (s *Server) startRun(c *Call, def process.Definition) error {
	if err := fits(c.Raw(), "", def.Describe().Input); err != nil {
		return err
	}
	return s.startRunWith(c, def, c.Raw())
}

// startRunWith is startRun for calls whose body is not the input itself.
func (s *Server) startRunWith(c *Call, def process.Definition, input json.RawMessage) error {
	d := def.Describe()
	subject, err := def.Subject(input)
	if err != nil || !subjectForm.MatchString(subject) || subject == uuid.Nil.String() {
		return problem.Invalid(problem.Field{Field: "body", Message: "names no subject: an opaque id of letters, digits and . _ @ ~ + = -, at most 200 characters, not zero"})
	}
	entry := process.EntryID("api/" + d.Name + "/" + c.Effect())
	start := inbox.NewStart(d.Name, subject, entry, input)
	now := s.clock.Now()
	var verdict journal.Verdict
	err = db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		if verdict, err = journal.Admit(c.Ctx(), tx, now, d, subject, entry, start.ID); err != nil || !verdict.Fresh {
			return err
		}
		kept, err := inbox.Accept(c.Ctx(), tx, now, start)
		if err != nil || kept[0].Duplicate {
			return err
		}
		return audit.Append(c.Ctx(), tx, now, c.Did("process.start", "run", verdict.Run, "an outside system started the process"))
	})
	if err != nil {
		return err
	}
	id := verdict.Run[len(d.Name)+1:]
	self := link("v1/processes", d.Name, "runs", id)
	if verdict.Refused {
		p := problem.Conflict("run-refused", "The start was refused: "+verdict.Reason+".")
		p.Links = map[string]string{"running": self}
		return p
	}
	s.wake()
	c.Response().Header().Set("Location", self)
	status := http.StatusOK
	if verdict.Entry == entry {
		status = http.StatusCreated
	}
	return c.JSON(status, RunStarted{ID: id, Entry: verdict.Entry, Links: map[string]string{"self": self, "process": link("v1/processes", d.Name)}})
}
