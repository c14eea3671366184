// Package handoff sees to it that a lead given to sales is taken up: acknowledged and contacted within the agreed time,
// passed on or escalated when it is not, and judged, so that marketing learns what its leads are worth.
package handoff

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the captured lead and its follow-up task. SoFar is what a long run hands to the one that continues it.
type Input struct {
	LeadID uuid.UUID `json:"lead_id"`
	TaskID uuid.UUID `json:"task_id"`
	SoFar  SoFar     `json:"so_far,omitzero"`
}

// SoFar is the way that a hand-over has gone: who had the lead without taking it up, how often it was passed on, and
// whether the manager was called.
type SoFar struct {
	Tried     []uuid.UUID `json:"tried,omitempty"`
	Passed    int         `json:"passed,omitempty"`
	Escalated bool        `json:"escalated,omitempty"`
}

// Endings of the process.
const (
	Contacted  = "contacted"  // sales took the lead up
	Recycled   = "recycled"   // not now: it may come back after a while
	Rejected   = "rejected"   // it will not come back
	Unresolved = "unresolved" // nobody did anything, not even after the escalation
	Withdrawn  = "withdrawn"  // the task was cancelled or the lead joined to another
)

// Outcome says how it ended.
type Outcome struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Passed counts how often the lead was given to the next representative, Escalated tells whether the manager had to
	// be called.
	Passed    int  `json:"passed"`
	Escalated bool `json:"escalated"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Move is something that happened to a task of the lead. Those about other tasks are passed over.
type Move struct {
	TaskID uuid.UUID `json:"task_id"`
}

func moved(name, purpose string) process.Signal[Move] {
	return process.NewSignal(name, purpose, process.Named[Move]{Name: name, Value: Move{TaskID: uuid.Max}})
}

// The facts that the process hears.
var (
	Acknowledged = moved("acknowledged", "the assignee has seen the follow-up task or begun it")
	Completed    = moved("completed", "the follow-up task is finished; its outcome is the verdict of sales")
	Reassigned   = moved("reassigned", "somebody gave the follow-up task to another person")
)

// Process is the hand-over from marketing to sales.
var Process = process.New("lead-handoff", run,
	process.Owner("sales-management"),
	process.Purpose("No lead that marketing hands over is left lying, and marketing learns what became of it."),
	process.OneRunPer(func(in Input) string { return in.LeadID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a lead", Input{LeadID: uuid.Max, TaskID: uuid.Max}),
	process.StartsOn(events.LeadAssigned, func(e events.Assignment) (Input, bool) {
		return Input{LeadID: e.LeadID, TaskID: e.TaskID}, e.LeadID != uuid.Nil && e.TaskID != uuid.Nil
	}),
	process.SignalsOn(events.TaskAcknowledged, Acknowledged, followUp),
	process.SignalsOn(events.TaskStarted, Acknowledged, followUp),
	process.SignalsOn(events.TaskCompleted, Completed, followUp),
	process.SignalsOn(events.TaskReassigned, Reassigned, followUp),
	process.Receives(Acknowledged, Completed, Reassigned),
	process.Ends(Contacted, Recycled, Rejected, Unresolved, Withdrawn),
	process.Returns(Outcome{Status: Contacted}, Outcome{Status: Recycled, Reason: "not-reachable"},
		Outcome{Status: Rejected, Reason: "not-a-fit"}, Outcome{Status: Unresolved, Escalated: true}, Outcome{Status: Withdrawn}),
)

func followUp(e events.TaskMoved) (string, Move, bool) {
	return e.LeadID.String(), Move{TaskID: e.TaskID}, e.Kind == tasks.FollowUp && e.LeadID != uuid.Nil
}
