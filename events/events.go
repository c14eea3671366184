// Package events lists the events that the product's own processes and activities tell each other: one place for their
// names and shapes. Data holds identifiers and words of the business, never anything personal.
package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Lead is the data of an event about one lead.
type Lead struct {
	LeadID uuid.UUID `json:"lead_id"`
}

// LeadSubmitted: a lead came in through any channel and stands in the leads table with status received.
var LeadSubmitted = process.NewEvent[Lead]("lead.submitted", "A lead came in and was kept.")

// LeadAmended: somebody answered a completion or correction request.
var LeadAmended = process.NewEvent[Lead]("lead.amended", "Missing or malformed fields of a lead were put right.")

// MergeDecision is what a person said about a near-duplicate.
type MergeDecision struct {
	LeadID   uuid.UUID `json:"lead_id"`
	ReviewID uuid.UUID `json:"review_id"`
	Decision string    `json:"decision"` // merge or separate
}

// MergeDecided: a person compared a lead with the contact it resembles.
var MergeDecided = process.NewEvent[MergeDecision]("lead.merge-decided", "A person decided whether a lead is an existing contact.")

// Assignment is the data of LeadAssigned.
type Assignment struct {
	LeadID     uuid.UUID `json:"lead_id"`
	ContactID  uuid.UUID `json:"contact_id"`
	AssigneeID uuid.UUID `json:"assignee_id"`
	TaskID     uuid.UUID `json:"task_id"`
}

// LeadAssigned: a captured lead has an owner and a follow-up task; marketing hands it to sales.
var LeadAssigned = process.NewEvent[Assignment]("lead.assigned", "A captured lead was given to a representative.")

// TaskMoved is the data of the events about a task. LeadID and DealID are the zero UUID when it concerns none.
type TaskMoved struct {
	TaskID  uuid.UUID `json:"task_id"`
	LeadID  uuid.UUID `json:"lead_id"`
	DealID  uuid.UUID `json:"deal_id,omitzero"`
	Kind    string    `json:"kind"`
	ActorID string    `json:"actor_id"`
	Outcome string    `json:"outcome,omitempty"`
}

// TaskAcknowledged, TaskStarted, TaskCompleted and TaskReassigned follow a task through people's hands.
var (
	TaskAcknowledged = process.NewEvent[TaskMoved]("task.acknowledged", "Somebody confirmed to have seen a task.")
	TaskStarted      = process.NewEvent[TaskMoved]("task.started", "Somebody began to work on a task.")
	TaskCompleted    = process.NewEvent[TaskMoved]("task.completed", "Somebody finished a task, with an outcome.")
	TaskReassigned   = process.NewEvent[TaskMoved]("task.reassigned", "A task was given to somebody else.")
)

// Import is the data of ImportReceived.
type Import struct {
	ImportID uuid.UUID `json:"import_id"`
}

// ImportReceived: a file of leads was received whole and waits to be captured.
var ImportReceived = process.NewEvent[Import]("lead-import.received", "A file of leads was received whole.")
