package tasks

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/process"
)

// Further recipients, for a Brief.
const (
	// User is one user; their manager when they are not active.
	User Recipient = "user"
	// Team is whoever of a team has the fewest open tasks, RoundRobin who got none for longest; else the team's manager.
	Team       Recipient = "team"
	RoundRobin Recipient = "round-robin"
)

// Recipients lists them all.
var Recipients = []Recipient{Owner, Manager, User, Team, RoundRobin}

// The priorities of a task, the most pressing first.
const (
	Urgent = "urgent"
	High   = "high"
	Normal = "normal"
	Low    = "low"
)

// Priorities lists them all.
var Priorities = []string{Urgent, High, Normal, Low}

// Rule says which task rule made a task, and because of which event.
type Rule struct {
	Name    string    `json:"name"`
	Version int       `json:"version"`
	EventID uuid.UUID `json:"event_id"`
}

// Brief is a task to be given.
type Brief struct {
	Kind string `json:"kind"`
	// Title is what people read in their list: words of a definition, nothing about a person.
	Title string `json:"title"`
	// For says whose work it is; UserID and Team belong to those recipients that name one. A deputy gets the work of
	// somebody who is away.
	For    Recipient `json:"for"`
	UserID uuid.UUID `json:"user_id,omitzero"`
	Team   string    `json:"team,omitempty"`
	// What it is about. A deal brings its contact and lead along, a lead its contact.
	ContactID uuid.UUID `json:"contact_id,omitzero"`
	LeadID    uuid.UUID `json:"lead_id,omitzero"`
	DealID    uuid.UUID `json:"deal_id,omitzero"`
	// Within and Days are the working time of the assignee until it is due, DueAt an instant instead. Without any, the
	// task policy says how long tasks of the priority may take.
	Within time.Duration `json:"within,omitempty"`
	Days   int           `json:"days,omitempty"`
	DueAt  time.Time     `json:"due_at,omitzero"`
	// After names tasks that have to be finished first; the clock begins then.
	After []uuid.UUID `json:"after,omitempty"`
	// Outcomes are those that completing may name (any when empty), Evidence the kinds of proof that it needs.
	Outcomes []string `json:"outcomes,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
	// Priority is Normal when empty.
	Priority string `json:"priority,omitempty"`
	// Context holds ids and codes, such as the approval that the task is about.
	Context map[string]string `json:"context,omitempty"`
	Rule    *Rule             `json:"rule,omitempty"`
	// Tended says that the maker looks after the task; else the process task does.
	Tended bool `json:"tended,omitempty"`

	// Instructions are the giver's own words. They and By, who gives it when no process does, never travel.
	Instructions string       `json:"-"`
	By           audit.Record `json:"-"`
}

// Give makes a task, once under the key of its step. Who gives one and waits for its outcome uses package work.
var Give = process.NewActivity[Brief, Opened]("tasks.give", process.Database,
	process.Yields("given to somebody", Opened{
		TaskID: uuid.Max, AssigneeID: uuid.Max, DueAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}),
	process.Yields("nobody there", Opened{
		TaskID: uuid.Max, DueAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}))

// Named names one task.
type Named struct {
	TaskID uuid.UUID `json:"task_id"`
}

// CallOff cancels one task, unless it is finished.
var CallOff = process.NewActivity[Named, struct{}]("tasks.call-off", process.Database)
