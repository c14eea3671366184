package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// NewTask gives somebody work.
type NewTask struct {
	Kind         string      `json:"kind" jsonschema:"pattern=^[a-z][a-z0-9-]*$,maxLength=100"`
	Title        string      `json:"title" jsonschema:"minLength=1,maxLength=200,pattern=\\S"`
	Instructions string      `json:"instructions,omitempty" jsonschema:"maxLength=4000"`
	For          string      `json:"for" jsonschema:"enum=owner,enum=manager,enum=user,enum=team,enum=round-robin" jsonschema_description:"owner and manager: of what it is about; user needs assignee; team and round-robin need team"`
	Assignee     uuid.UUID   `json:"assignee,omitzero" jsonschema_description:"a user's id"`
	Team         string      `json:"team,omitempty" jsonschema:"maxLength=100"`
	Contact      uuid.UUID   `json:"contact,omitzero"`
	Lead         uuid.UUID   `json:"lead,omitzero"`
	Deal         uuid.UUID   `json:"deal,omitzero"`
	DueAt        *time.Time  `json:"due_at,omitempty" jsonschema_description:"without it, within or days, the task policy says when tasks of the priority are due"`
	Within       int         `json:"within_minutes,omitempty" jsonschema:"minimum=1,maximum=525600" jsonschema_description:"working time"`
	Days         int         `json:"days,omitempty" jsonschema:"minimum=1,maximum=365" jsonschema_description:"working days"`
	Priority     string      `json:"priority,omitempty" jsonschema:"enum=urgent,enum=high,enum=normal,enum=low,default=normal"`
	Outcomes     []string    `json:"outcomes,omitempty" jsonschema:"maxItems=20" jsonschema_description:"those that completing may name"`
	Evidence     []string    `json:"evidence_needed,omitempty" jsonschema:"maxItems=20" jsonschema_description:"the kinds of proof that completing needs"`
	After        []uuid.UUID `json:"after,omitempty" jsonschema:"maxItems=50" jsonschema_description:"tasks that have to be finished first"`
}

func (n NewTask) brief(c *Call) tasks.Brief {
	b := tasks.Brief{
		Kind: n.Kind, Title: n.Title, Instructions: n.Instructions, For: tasks.Recipient(n.For), UserID: n.Assignee, Team: n.Team,
		ContactID: n.Contact, LeadID: n.Lead, DealID: n.Deal, Within: time.Duration(n.Within) * time.Minute, Days: n.Days,
		Priority: n.Priority, Outcomes: n.Outcomes, Evidence: n.Evidence, After: n.After, By: c.Actor(),
	}
	if n.DueAt != nil {
		b.DueAt = *n.DueAt
	}
	return b
}

func (s *Server) giveTask(c *Call) error {
	var in NewTask
	if err := c.Decode(&in); err != nil {
		return err
	}
	if in.For == string(tasks.User) && in.Assignee == uuid.Nil {
		return problem.Invalid(problem.Field{Field: "assignee", Message: "is needed: say which user"})
	}
	ctx := c.Ctx()
	var task query.Task
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		given, err := tasks.GiveIn(ctx, tx, s.clock.Now().Truncate(time.Microsecond), in.brief(c), "person/"+c.Effect())
		if err != nil {
			return err
		}
		if task, err = query.New().GetTask(ctx, tx, given.TaskID); err != nil {
			return fmt.Errorf("read the task that was given: %w", err)
		}
		return nil
	})
	if err != nil {
		return refusedBrief(err)
	}
	s.wake()
	c.Response().Header().Set("Location", link("v1/tasks", task.ID.String()))
	return c.JSON(http.StatusCreated, taskView(task))
}

// briefFields are the fields of a new task by what a brief names that does not exist.
var briefFields = map[string]string{"contact": "contact", "lead": "lead", "deal": "deal", "user": "assignee", "task": "after"}

// refusedBrief turns what the brief was refused for into an answer.
func refusedBrief(err error) error {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !process.IsType(err, process.TypeInvalid) && !process.IsType(err, process.TypeNotFound) {
		return err
	}
	what, _, _ := strings.Cut(app.Message(), " ")
	return problem.Invalid(problem.Field{Field: briefFields[what], Message: app.Message()})
}
