// Package taskrules says which events make which tasks. Rules are definitions of kind task-rule; the package is pure:
// whoever hears the events reads the facts and gives the tasks.
package taskrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/definitions"
)

// Rule makes a task of every event of a type that meets its conditions.
type Rule struct {
	// On is the type of the events, such as survey.answered.
	On string `json:"on"`
	// When lists the conditions; all have to be met.
	When []Condition `json:"when,omitempty"`
	Task Template    `json:"task"`
	// Off keeps the rule without heeding it.
	Off bool `json:"off,omitempty"`
}

// Template is the task that a rule makes. It is about the contact, lead and deal of the event.
type Template struct {
	Kind  string          `json:"kind"`
	Title string          `json:"title"`
	For   tasks.Recipient `json:"for"`
	User  uuid.UUID       `json:"user,omitzero"`
	Team  string          `json:"team,omitempty"`
	// Within is the working time until it is due; a d is one working day. Without it the task policy says, by priority.
	Within   definitions.Span `json:"within,omitempty"`
	Priority string           `json:"priority,omitempty"`
	Outcomes []string         `json:"outcomes,omitempty"`
	Evidence []string         `json:"evidence,omitempty"`
}

// Kind holds the rules. There are none before somebody writes one.
var Kind = definitions.NewKind("task-rule", "Which events make which tasks, for whom.", check, map[string]Rule{})

var (
	word      = regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`)
	eventType = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$`)
)

// longest bounds the time for a task.
const longest = 365 * 24 * time.Hour

const maxConditions = 20

func check(r Rule) (problems []definitions.Problem) {
	note := func(field, format string, args ...any) {
		problems = append(problems, definitions.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case !eventType.MatchString(r.On):
		note("on", "must be the type of an event, such as survey.answered")
	case r.On == "task.opened" || r.On == "task.changed" || r.On == "task.reassigned":
		note("on", "giving a task tells this itself: the rule would make tasks without end")
	case strings.HasPrefix(r.On, "perdura."):
		note("on", "is a type that speaks to processes only")
	}
	if len(r.When) > maxConditions {
		note("when", "at most %d conditions", maxConditions)
	}
	for i, c := range r.When {
		if problem := c.problem(); problem != "" {
			note(fmt.Sprintf("when[%d]", i), "%s", problem)
		}
	}
	t := r.Task
	if !word.MatchString(t.Kind) {
		note("task.kind", "must be lower-case letters, digits and hyphens")
	}
	if strings.TrimSpace(t.Title) == "" || len(t.Title) > 200 {
		note("task.title", "is needed, and at most 200 characters")
	}
	if !slices.Contains(tasks.Recipients, t.For) {
		note("task.for", "must be one of %v", tasks.Recipients)
	}
	if (t.For == tasks.User) != (t.User != uuid.Nil) {
		note("task.user", "belongs to tasks for a user, and only to those")
	}
	if (t.For == tasks.Team || t.For == tasks.RoundRobin) != (t.Team != "") {
		note("task.team", "belongs to tasks for a team, and only to those")
	}
	if d, err := t.Within.Parse(); err != nil {
		note("task.within", "%v", err)
	} else if d > longest {
		note("task.within", "must be at most 365d")
	}
	if t.Priority != "" && !slices.Contains(tasks.Priorities, t.Priority) {
		note("task.priority", "must be one of %v", tasks.Priorities)
	}
	return problems
}

// About is what an event concerns.
type About struct{ ContactID, LeadID, DealID uuid.UUID }

// Brief is the task that the rule makes, in its name and version, of an event.
func (r Rule) Brief(by tasks.Rule, about About) tasks.Brief {
	b := tasks.Brief{
		Kind: r.Task.Kind, Title: r.Task.Title, For: r.Task.For, UserID: r.Task.User, Team: r.Task.Team,
		ContactID: about.ContactID, LeadID: about.LeadID, DealID: about.DealID,
		Priority: r.Task.Priority, Outcomes: r.Task.Outcomes, Evidence: r.Task.Evidence, Rule: &by,
	}
	if within := r.Task.Within.Duration(); strings.HasSuffix(string(r.Task.Within), "d") {
		b.Days = int(within / (24 * time.Hour))
	} else {
		b.Within = within
	}
	return b
}
