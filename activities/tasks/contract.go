// Package tasks gives work to people and takes it back.
package tasks

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// The kinds of tasks that the lead processes make.
const (
	FollowUp    = "lead-follow-up" // get in touch with a captured lead
	MergeReview = "merge-review"   // compare a lead with a contact; outcome merge or separate
	LeadData    = "lead-data"      // complete or correct what a lead said
	Overdue     = "lead-overdue"   // manager: a handed-over lead is not taken up
	Reply       = "lead-reply"     // answer somebody who wrote back
)

// Recipient says whose work it is.
type Recipient string

const (
	// Owner is the owner of the contact or the assignee of the lead, else the manager.
	Owner Recipient = "owner"
	// Manager is the manager of the owner or, without an owner, of the team that the rules choose for the lead.
	Manager Recipient = "manager"
)

// Request asks for one task about a lead.
type Request struct {
	Kind   string    `json:"kind"`
	For    Recipient `json:"for"`
	LeadID uuid.UUID `json:"lead_id"`
	// Within is the working time until the task is due, on the default business calendar.
	Within time.Duration `json:"within,omitempty"`
	// Days is the same in working days, in addition to Within; how long one is, the calendar says.
	Days int `json:"days,omitempty"`
	// ReviewID is the merge review that the task is about, if any.
	ReviewID uuid.UUID `json:"review_id,omitzero"`
}

// Opened is the task and who got it; AssigneeID is zero when nobody could be found for it.
type Opened struct {
	TaskID     uuid.UUID `json:"task_id"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	DueAt      time.Time `json:"due_at"`
}

// Open makes a task. While one of the same kind is open for the lead, that one is returned (and moved to the manager
// when it is asked for the manager).
var Open = process.NewActivity[Request, Opened]("tasks.open", process.Database,
	process.Yields("given to somebody", Opened{
		TaskID: uuid.Max, AssigneeID: uuid.Max, DueAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}),
	process.Yields("nobody there", Opened{
		TaskID: uuid.Max, DueAt: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	}))

// Withdrawal names the tasks that are no longer needed: those of a kind about a lead.
type Withdrawal struct {
	Kind   string    `json:"kind"`
	LeadID uuid.UUID `json:"lead_id"`
}

// Withdraw cancels the open tasks of a kind about a lead. Finished ones stay as they are.
var Withdraw = process.NewActivity[Withdrawal, struct{}]("tasks.withdraw", process.Database)
