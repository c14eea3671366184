package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// Task is work for a person.
type Task struct {
	ID             uuid.UUID         `json:"id"`
	Kind           string            `json:"kind"`
	Title          string            `json:"title"`
	State          string            `json:"state" jsonschema:"enum=open,enum=acknowledged,enum=started,enum=completed,enum=cancelled"`
	Assignee       *uuid.UUID        `json:"assignee,omitempty"`
	Contact        *uuid.UUID        `json:"contact,omitempty"`
	Lead           *uuid.UUID        `json:"lead,omitempty"`
	Process        string            `json:"process,omitempty"`
	Context        json.RawMessage   `json:"context"`
	Deal           *uuid.UUID        `json:"deal,omitempty"`
	Priority       string            `json:"priority" jsonschema:"enum=urgent,enum=high,enum=normal,enum=low"`
	Instructions   string            `json:"instructions,omitempty"`
	Outcomes       []string          `json:"outcomes" jsonschema_description:"those that completing may name; empty: any"`
	EvidenceNeeded []string          `json:"evidence_needed" jsonschema_description:"the kinds of proof that completing needs"`
	Progress       int32             `json:"progress" jsonschema_description:"percent"`
	MinutesSpent   int32             `json:"minutes_spent"`
	Escalations    int32             `json:"escalations" jsonschema_description:"how many managers heard that it is late"`
	Rule           json.RawMessage   `json:"rule,omitempty" jsonschema_description:"the task rule that made it, its version, and the event"`
	Outcome        string            `json:"outcome,omitempty"`
	Note           string            `json:"note,omitempty"`
	DueAt          *time.Time        `json:"due_at,omitempty"`
	CreatedAt      time.Time         `json:"created_at"`
	AcknowledgedAt *time.Time        `json:"acknowledged_at,omitempty"`
	StartedAt      *time.Time        `json:"started_at,omitempty"`
	CompletedAt    *time.Time        `json:"completed_at,omitempty"`
	Links          map[string]string `json:"links"`
}

type taskFilter struct {
	Paging
	Assignee uuid.UUID `json:"assignee,omitzero" jsonschema_description:"a user's id"`
	State    string    `json:"state,omitempty" jsonschema:"enum=open,enum=acknowledged,enum=started,enum=completed,enum=cancelled"`
	Lead     uuid.UUID `json:"lead,omitzero" jsonschema_description:"a lead's id"`
	Contact  uuid.UUID `json:"contact,omitzero" jsonschema_description:"a contact's id"`
	Deal     uuid.UUID `json:"deal,omitzero" jsonschema_description:"a deal's id"`
	Overdue  bool      `json:"overdue,omitempty" jsonschema_description:"only those that are due and not finished"`
}

// taskPlace is a task's place in the list; tasks without a due time stand last.
type taskPlace struct {
	Due *time.Time `json:"t"`
	ID  uuid.UUID  `json:"i"`
}

func (s *Server) taskOperations() []*Operation {
	ops := []*Operation{{
		Method: http.MethodGet, Path: "/v1/tasks", ID: "listTasks", Tag: "tasks", Access: access.TasksRead, Query: typeOf[taskFilter](),
		Summary: "List tasks, the most pressing first", Answers: []Answer{answer[Page[Task]](200, "A page of tasks.")}, Handle: s.listTasks,
	}}
	ops = append(ops, s.taskWorkOperations()...)
	for _, m := range taskMoves {
		ops = append(ops, &Operation{
			Method: http.MethodPost, Path: "/v1/tasks/{id}/" + m.verb, ID: m.verb + "Task", Tag: "tasks", Access: access.TasksWrite,
			Summary: m.summary, Description: "A task that has moved on is answered with 409, which says who moved it.",
			Body: m.body, Answers: []Answer{answer[Task](200, "The task as it stands now.")}, Handle: s.moveTask(m),
		})
	}
	return ops
}

func (s *Server) listTasks(c *Call) error {
	var f taskFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("tasks", f.Assignee, f.State, f.Lead, f.Contact, f.Deal, f.Overdue)
	place, err := readCursor[taskPlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListTaskPageParams{
		Assignee: db.NullID(f.Assignee), State: db.NullText(f.State), Lead: db.NullID(f.Lead), Contact: db.NullID(f.Contact), Deal: db.NullID(f.Deal), MaxRows: int32(f.limit() + 1),
	}
	if f.Overdue {
		now := s.clock.Now()
		arg.LateAt = &now
	}
	if place != nil {
		arg.After, arg.AfterDue, arg.AfterID = true, place.Due, place.ID
	}
	rows, err := query.New().ListTaskPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, taskView, func(t query.Task) taskPlace { return taskPlace{t.DueAt, t.ID} }))
}

func taskView(t query.Task) Task {
	v := Task{
		ID: t.ID, Kind: t.Kind, Title: t.Title, State: t.State, Assignee: id(t.AssigneeID), Contact: id(t.ContactID), Lead: id(t.LeadID),
		Process: db.Text(t.Process), Context: t.Context, Outcome: db.Text(t.Outcome), Note: db.Text(t.Note), DueAt: utc(t.DueAt), CreatedAt: t.CreatedAt.UTC(),
		AcknowledgedAt: utc(t.AcknowledgedAt), StartedAt: utc(t.StartedAt), CompletedAt: utc(t.CompletedAt), Links: map[string]string{"self": link("v1/tasks", t.ID.String())},
		Deal: id(t.DealID), Priority: t.Priority, Instructions: db.Text(t.Instructions), Outcomes: t.Outcomes, EvidenceNeeded: t.EvidenceKinds,
		Progress: t.Progress, MinutesSpent: t.MinutesSpent, Escalations: t.Escalations, Rule: t.Rule.RawMessage,
	}
	if t.LeadID.Valid {
		v.Links["lead"] = link("v1/leads", t.LeadID.UUID.String())
	}
	if t.DealID.Valid {
		v.Links["deal"] = link("v1/deals", t.DealID.UUID.String())
	}
	if t.ContactID.Valid {
		v.Links["contact"] = link("v1/contacts", t.ContactID.UUID.String())
	}
	for _, m := range taskMoves {
		if m.from(t.State) {
			v.Links[m.verb] = link("v1/tasks", t.ID.String(), m.verb)
		}
	}
	return v
}
