// Package work lets a process give people work and wait for what comes of it: Do and DoUnless. The process task sees each
// piece of work through: it tells whoever has it, reminds them, climbs the ladder when they are late, and ends with the
// task.
package work

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the task. Watch is what a long run hands to the one that continues it.
type Input struct {
	TaskID uuid.UUID   `json:"task_id"`
	Watch  tasks.Watch `json:"watch,omitzero"`
}

// Endings of the process.
const (
	Completed  = "completed"
	Cancelled  = "cancelled"
	Unattended = "unattended" // nobody did it, whoever heard of it; the task stays open
)

// The reasons of an unattended task.
const (
	TooLate = "overdue"
	Nobody  = "nobody" // there was nobody to give it to
)

// Done says what came of a task.
type Done struct {
	Status string    `json:"status"`
	TaskID uuid.UUID `json:"task_id"`
	// Outcome is that of a completed task, Reason that of an unattended one.
	Outcome string `json:"outcome,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Ending is the result in one word.
func (d Done) Ending() string { return d.Status }

// Detail adds the outcome.
func (d Done) Detail() string {
	if d.Outcome == "" {
		return d.Status
	}
	return d.Status + ": " + d.Outcome
}

// Move is empty: the run looks at the task itself.
type Move struct{}

// Moved is the one fact that the process hears.
var Moved = process.NewSignal[Move]("moved", "somebody did something with the task, or its plan rests on something that changed")

// Process sees one task through.
var Process = process.New("task", run,
	process.Owner("operations"),
	process.Purpose("What somebody is asked to do is done in time, or somebody above hears of it."),
	process.OneRunPer(func(in Input) string { return in.TaskID.String() }),
	process.Given("a task", Input{TaskID: uuid.Max}),
	process.StartsOn(events.TaskOpened, func(e events.TaskGiven) (Input, bool) {
		return Input{TaskID: e.TaskID}, e.TaskID != uuid.Nil
	}),
	process.SignalsOn(events.TaskAcknowledged, Moved, moved),
	process.SignalsOn(events.TaskStarted, Moved, moved),
	process.SignalsOn(events.TaskCompleted, Moved, moved),
	process.SignalsOn(events.TaskReassigned, Moved, moved),
	process.SignalsOn(events.TaskCancelled, Moved, moved),
	process.SignalsOn(events.TaskChanged, Moved, func(e events.TaskGiven) (string, Move, bool) {
		return e.TaskID.String(), Move{}, e.TaskID != uuid.Nil
	}),
	process.Receives(Moved),
	process.Ends(Completed, Cancelled, Unattended),
	process.Returns(ends()...),
)

func moved(e events.TaskMoved) (string, Move, bool) {
	return e.TaskID.String(), Move{}, e.TaskID != uuid.Nil
}

// ends are the results that a task with these outcomes may come to.
func ends(outcomes ...string) []Done {
	if len(outcomes) == 0 {
		outcomes = []string{"done"}
	}
	var list []Done
	for _, o := range outcomes {
		list = append(list, Done{Status: Completed, TaskID: uuid.Max, Outcome: o})
	}
	return append(list, Done{Status: Cancelled, TaskID: uuid.Max}, Done{Status: Unattended, TaskID: uuid.Max, Reason: TooLate})
}
