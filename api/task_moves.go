package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/process"
)

// TaskNote may accompany the first steps of a task.
type TaskNote struct {
	Note string `json:"note,omitempty" jsonschema:"maxLength=2000"`
}

// TaskCompletion ends a task.
type TaskCompletion struct {
	Outcome string `json:"outcome" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"what came of it: for a lead accepted, recycled or rejected, for a review merge or separate"`
	Note    string `json:"note,omitempty" jsonschema:"maxLength=2000"`
}

// TaskReassignment gives a task to somebody else.
type TaskReassignment struct {
	Assignee uuid.UUID `json:"assignee" jsonschema_description:"a user's id"`
	Reason   string    `json:"reason,omitempty" jsonschema:"maxLength=200"`
}

// taskMove is one step of a task through people's hands.
type taskMove struct {
	verb, summary, state string
	body                 *Body
	sources              []string // the states it may leave
	event                process.Event[events.TaskMoved]
}

func (m taskMove) from(state string) bool { return slices.Contains(m.sources, state) }

var taskMoves = []taskMove{
	{"acknowledge", "Confirm to have seen a task", "acknowledged", optional(jsonBody(TaskNote{})), []string{"open"}, events.TaskAcknowledged},
	{"start", "Begin to work on a task", "started", optional(jsonBody(TaskNote{})), []string{"open", "acknowledged"}, events.TaskStarted},
	{"complete", "Finish a task", "completed", jsonBody(TaskCompletion{Outcome: "accepted"}), []string{"open", "acknowledged", "started"}, events.TaskCompleted},
	{"cancel", "Cancel a task that nobody needs any more", "cancelled", optional(jsonBody(TaskNote{})), []string{"open", "acknowledged", "started"}, events.TaskCancelled},
	{"reassign", "Give a task to somebody else", "open", jsonBody(TaskReassignment{Assignee: uuid.Max, Reason: "on leave"}), []string{"open", "acknowledged", "started"}, events.TaskReassigned},
}

// taskChange is what the body of any move may ask for.
type taskChange struct {
	Note, Outcome, Reason string
	Assignee              uuid.UUID
}

func (s *Server) moveTask(m taskMove) func(*Call) error {
	return func(c *Call) error {
		var in taskChange
		if err := c.Decode(&in); err != nil {
			return err
		}
		ctx, id := c.Ctx(), c.ID("id")
		var task query.Task
		err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
			task, err = s.move(ctx, tx, c, m, id, in)
			return err
		})
		if err != nil {
			return err
		}
		s.wake()
		return c.OK(taskView(task))
	}
}

// move locks the task, so that of two callers one wins and the other is told by whom.
func (s *Server) move(ctx context.Context, tx pgx.Tx, c *Call, m taskMove, id uuid.UUID, in taskChange) (query.Task, error) {
	now, q := s.clock.Now(), query.New()
	task, err := q.LockTask(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return task, problem.NotFound("task", id.String())
	}
	if err != nil {
		return task, fmt.Errorf("%s a task: %w", m.verb, err)
	}
	if done, err := repeated(ctx, tx, c); done || err != nil {
		return task, err
	}
	if !m.from(task.State) {
		return task, problem.Conflict("task-moved", fmt.Sprintf("The task is %s%s: it cannot be taken to %q from there.", task.State, by(ctx, tx, "task", id), m.verb))
	}
	if m.state == tasks.Completed {
		if err := hindered(ctx, tx, task, in.Outcome); err != nil {
			return task, err
		}
	}
	unseen := task.State == "open"
	fields := []string{"state"}
	if m.verb == "reassign" {
		fields = append(fields, "assignee")
		task, err = s.reassign(ctx, tx, task, in.Assignee)
	} else {
		arg := query.MoveTaskParams{ID: id, State: m.state, Now: now, Outcome: db.NullText(in.Outcome), Note: db.NullText(in.Note)}
		task, err = q.MoveTask(ctx, tx, arg)
	}
	if err != nil {
		return task, err
	}
	if err := audit.Append(ctx, tx, now, c.Did("task."+m.verb, "task", id.String(), taskReason(m, in), fields...)); err != nil {
		return task, err
	}
	return task, tellTask(ctx, tx, now, c, m, task, unseen)
}

// hindered refuses to complete a task that is not ready for it, and says why.
func hindered(ctx context.Context, tx pgx.Tx, task query.Task, outcome string) error {
	unfinished, err := query.New().ListUnfinishedBefore(ctx, tx, task.ID)
	if err != nil {
		return fmt.Errorf("look for what a task waits for: %w", err)
	}
	reasons := tasks.Hindrances(task, outcome, unfinished)
	if len(reasons) == 0 {
		return nil
	}
	p := problem.Conflict("task-not-ready", "The task cannot be completed yet: see the reasons.")
	if reasons[len(reasons)-1].Field == "outcome" { // nothing else is wrong
		p = problem.Invalid()
	}
	for _, r := range reasons {
		p.Errors = append(p.Errors, problem.Field{Field: r.Field, Message: r.Reason})
	}
	return p
}

// reassign gives the task to an active user.
func (s *Server) reassign(ctx context.Context, tx pgx.Tx, task query.Task, to uuid.UUID) (query.Task, error) {
	active, err := query.New().IsActiveUser(ctx, tx, to)
	if err != nil {
		return task, fmt.Errorf("reassign a task: %w", err)
	}
	if !active {
		return task, problem.Invalid(problem.Field{Field: "assignee", Message: "is not an active user"})
	}
	if task.AssigneeID.Valid && task.AssigneeID.UUID == to {
		return task, problem.Conflict("task-unchanged", "The task is with this user already.")
	}
	if task.LeadID.Valid {
		if err := s.reassignLead(ctx, tx, task, to); err != nil {
			return task, err
		}
	}
	return query.New().ReassignTask(ctx, tx, query.ReassignTaskParams{ID: task.ID, AssigneeID: to})
}

// reassignLead lets the lead, and what both users carry, follow the task that captured leads have.
func (s *Server) reassignLead(ctx context.Context, tx pgx.Tx, task query.Task, to uuid.UUID) error {
	q := query.New()
	lead, err := q.LockLead(ctx, tx, task.LeadID.UUID)
	if err != nil {
		return fmt.Errorf("reassign the lead of a task: %w", err)
	}
	moved, err := q.MoveCapturedLead(ctx, tx, query.MoveCapturedLeadParams{LeadID: lead.ID, TaskID: task.ID, AssigneeID: to})
	if err == nil && moved > 0 {
		err = q.MoveLoad(ctx, tx, query.MoveLoadParams{ToUser: to, FromUser: lead.AssigneeID, Now: s.clock.Now()})
	}
	if err != nil {
		return fmt.Errorf("reassign the lead of a task: %w", err)
	}
	return nil
}

// tellTask emits the move. Whoever begins or finishes a task has seen it: that is told first. Those who wait for a finished
// task hear of it.
func tellTask(ctx context.Context, tx pgx.Tx, now time.Time, c *Call, m taskMove, task query.Task, unseen bool) error {
	actor := c.Principal.KeyID.String()
	var list []inbox.Event
	if unseen && (m.state == "started" || m.state == tasks.Completed) {
		list = append(list, tasks.MovedEvent(task, events.TaskAcknowledged, actor))
	}
	told := tasks.MovedEvent(task, m.event, actor)
	told.ID = c.EffectID()
	list = append(list, told)
	if tasks.Finished(task.State) {
		freed, err := tasks.Release(ctx, tx, task)
		if err != nil {
			return err
		}
		list = append(list, freed...)
	}
	_, err := inbox.Accept(ctx, tx, now, list...)
	return err
}

func taskReason(m taskMove, in taskChange) string {
	if in.Reason != "" {
		return "a reason was given"
	}
	return "a person moved the task: " + m.verb
}
