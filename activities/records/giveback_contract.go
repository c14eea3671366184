package records

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Reasons for giving a lead back to sales.
const (
	SalesReady = "sales-ready" // nurturing brought it so far
	Cooled     = "cooled"      // the cooling period is over
)

// GivingBack names a captured lead that sales shall have again.
type GivingBack struct {
	LeadID uuid.UUID `json:"lead_id"`
	Reason string    `json:"reason"`
}

// Verdicts of GiveBack.
const (
	Given     = "given"      // a new follow-up task was made
	WithSales = "with-sales" // somebody has an open follow-up task
	NotThere  = "not-there"  // the lead was joined to another or dismissed
)

// GivenBack says who has the lead.
type GivenBack struct {
	Verdict    string    `json:"verdict"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	TaskID     uuid.UUID `json:"task_id,omitzero"`
}

// GiveBack gives a lead to sales again, with a follow-up task and another hand-over. Who had it gets it, else whom the
// assignment rules choose.
var GiveBack = process.NewActivity[GivingBack, GivenBack]("records.give-back", process.Database,
	process.Yields("a new task", GivenBack{Verdict: Given, AssigneeID: uuid.Max, TaskID: uuid.Max}),
	process.Yields("already with sales", GivenBack{Verdict: WithSales, AssigneeID: uuid.Max, TaskID: uuid.Max}),
	process.Yields("the lead is gone", GivenBack{Verdict: NotThere}))
