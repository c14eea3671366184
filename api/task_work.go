package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// TaskDetails is a task with all that belongs to it.
type TaskDetails struct {
	Task
	After     []TaskBefore  `json:"after" jsonschema_description:"the tasks that have to be finished first"`
	Evidence  []tasks.Proof `json:"evidence"`
	Reminders []Reminder    `json:"reminders" jsonschema_description:"what was told to whom"`
}

// TaskBefore is a task that has to be finished first.
type TaskBefore struct {
	ID    uuid.UUID `json:"id"`
	Title string    `json:"title"`
	State string    `json:"state"`
}

// Reminder is something that was told about a task.
type Reminder struct {
	User uuid.UUID `json:"user"`
	Kind string    `json:"kind" jsonschema:"enum=given,enum=reminded,enum=overdue,enum=escalated"`
	At   time.Time `json:"at"`
}

// TaskProgress says how far a task has come.
type TaskProgress struct {
	Progress *int32 `json:"progress,omitempty" jsonschema:"minimum=0,maximum=100" jsonschema_description:"percent"`
	Minutes  int32  `json:"minutes,omitempty" jsonschema:"minimum=0,maximum=1440" jsonschema_description:"time that was spent on it since the last time"`
	Note     string `json:"note,omitempty" jsonschema:"maxLength=2000"`
}

// TaskEvidence proves that a task was done.
type TaskEvidence struct {
	Kind      string `json:"kind" jsonschema:"minLength=1,maxLength=100,pattern=\\S"`
	Reference string `json:"reference" jsonschema:"minLength=1,maxLength=500,pattern=\\S" jsonschema_description:"the id or address of what proves it"`
}

func (s *Server) taskWorkOperations() []*Operation {
	over := "A task that is finished is answered with 409."
	half := int32(50)
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/tasks", ID: "giveTask", Tag: "tasks", Access: access.TasksWrite, Summary: "Give somebody a task",
			Description: "Whoever is away is covered by their deputy. The process task tells whoever has it, reminds them, and lets their managers know when they are late.",
			Body:        jsonBody(NewTask{Kind: "site-visit", Title: "Visit the site", For: "user", Assignee: uuid.Max, Priority: "normal", Outcomes: []string{"done"}}),
			Answers:     []Answer{answer[Task](201, "The task.", "Location")}, Handle: s.giveTask,
		},
		{
			Method: http.MethodGet, Path: "/v1/tasks/{id}", ID: "getTask", Tag: "tasks", Access: access.TasksRead, Summary: "Read a task",
			Answers:  []Answer{answer[TaskDetails](200, "The task, with what it waits for, its evidence, and what was told about it.")},
			Problems: []int{http.StatusNotFound}, Handle: s.getTask,
		},
		{
			Method: http.MethodPost, Path: "/v1/tasks/{id}/progress", ID: "progressTask", Tag: "tasks", Access: access.TasksWrite,
			Summary: "Say how far a task has come", Description: "It starts the task when nobody has. " + over, Body: jsonBody(TaskProgress{Progress: &half, Minutes: 30}),
			Answers: []Answer{answer[Task](200, "The task as it stands now.")}, Problems: []int{http.StatusNotFound, http.StatusConflict}, Handle: s.progressTask,
		},
		{
			Method: http.MethodPost, Path: "/v1/tasks/{id}/evidence", ID: "proveTask", Tag: "tasks", Access: access.TasksWrite,
			Summary: "Add evidence to a task", Description: over, Body: jsonBody(TaskEvidence{Kind: "invoice", Reference: "invoice-1001"}),
			Answers: []Answer{answer[Task](200, "The task as it stands now.")}, Problems: []int{http.StatusNotFound, http.StatusConflict}, Handle: s.proveTask,
		},
	}
}

func (s *Server) getTask(c *Call) error {
	ctx, q := c.Ctx(), query.New()
	task, err := q.GetTask(ctx, s.pool, c.ID("id"))
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("task", c.Param("id"))
	}
	if err != nil {
		return fmt.Errorf("read a task: %w", err)
	}
	before, err := q.ListTasksBefore(ctx, s.pool, task.ID)
	if err != nil {
		return fmt.Errorf("read what a task waits for: %w", err)
	}
	told, err := q.ListReminders(ctx, s.pool, task.ID)
	if err != nil {
		return fmt.Errorf("read the reminders of a task: %w", err)
	}
	out := TaskDetails{Task: taskView(task), After: make([]TaskBefore, len(before)), Evidence: []tasks.Proof{}, Reminders: make([]Reminder, len(told))}
	for i, b := range before {
		out.After[i] = TaskBefore(b)
	}
	for i, r := range told {
		out.Reminders[i] = Reminder{r.UserID, r.Kind, r.At.UTC()}
	}
	_ = json.Unmarshal(task.Evidence, &out.Evidence) // written by us
	return c.OK(out)
}

// workOn locks an unfinished task and lets do change it, which returns the fields that changed.
func (s *Server) workOn(c *Call, verb string, do func(tx pgx.Tx, now time.Time, task query.Task) (query.Task, []string, error)) error {
	ctx, id, now := c.Ctx(), c.ID("id"), s.clock.Now().Truncate(time.Microsecond)
	var task query.Task
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		task, err = query.New().LockTask(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.NotFound("task", id.String())
		}
		if err != nil {
			return fmt.Errorf("%s a task: %w", verb, err)
		}
		if tasks.Finished(task.State) {
			return problem.Conflict("task-moved", fmt.Sprintf("The task is %s%s.", task.State, by(ctx, tx, "task", id)))
		}
		var fields []string
		if task, fields, err = do(tx, now, task); err != nil || fields == nil {
			return err
		}
		return audit.Append(ctx, tx, now, c.Did("task."+verb, "task", id.String(), "", fields...))
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.OK(taskView(task))
}

// begin starts the task that somebody works on already.
func begin(c *Call, tx pgx.Tx, now time.Time, before query.Task) (query.Task, error) {
	if before.State == "started" {
		return before, nil
	}
	task, err := query.New().MoveTask(c.Ctx(), tx, query.MoveTaskParams{ID: before.ID, State: "started", Now: now})
	if err != nil {
		return task, fmt.Errorf("start a task: %w", err)
	}
	actor := c.Principal.KeyID.String()
	var list []inbox.Event
	for _, m := range taskMoves {
		if m.state == "started" || m.state == "acknowledged" && before.State == "open" {
			list = append(list, tasks.MovedEvent(task, m.event, actor))
		}
	}
	_, err = inbox.Accept(c.Ctx(), tx, now, list...)
	return task, err
}

func (s *Server) progressTask(c *Call) error {
	var in TaskProgress
	if err := c.Decode(&in); err != nil {
		return err
	}
	return s.workOn(c, "progress", func(tx pgx.Tx, now time.Time, task query.Task) (query.Task, []string, error) {
		q := query.New()
		fresh, err := q.AddTaskTime(c.Ctx(), tx, query.AddTaskTimeParams{
			ID: c.EffectID(), TaskID: task.ID, ActorID: c.Principal.KeyID.String(), Minutes: in.Minutes, Progress: in.Progress, At: now,
		})
		if err != nil {
			return task, nil, fmt.Errorf("note the time of a task: %w", err)
		}
		if fresh == 0 {
			return task, nil, nil
		}
		if task, err = begin(c, tx, now, task); err != nil {
			return task, nil, err
		}
		task, err = q.NoteProgress(c.Ctx(), tx, query.NoteProgressParams{ID: task.ID, Progress: in.Progress, Minutes: in.Minutes, Note: db.NullText(in.Note)})
		if err != nil {
			return task, nil, fmt.Errorf("note the progress of a task: %w", err)
		}
		return task, []string{"progress", "minutes_spent", "note"}, nil
	})
}

func (s *Server) proveTask(c *Call) error {
	var in TaskEvidence
	if err := c.Decode(&in); err != nil {
		return err
	}
	return s.workOn(c, "prove", func(tx pgx.Tx, now time.Time, task query.Task) (query.Task, []string, error) {
		proof, err := json.Marshal(tasks.Proof{Kind: in.Kind, Reference: in.Reference, At: now, By: c.Principal.KeyID.String()})
		if err != nil {
			return task, nil, fmt.Errorf("encode the evidence: %w", err)
		}
		task, err = query.New().AddTaskEvidence(c.Ctx(), tx, query.AddTaskEvidenceParams{ID: task.ID, Kind: in.Kind, Reference: in.Reference, Proof: proof})
		if err != nil {
			return task, nil, fmt.Errorf("add evidence to a task: %w", err)
		}
		return task, []string{"evidence"}, nil
	})
}
