package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Judgement is what sales made of a lead. Verdict is accepted, recycled or rejected; Reason is a word of the business
// such as "no-budget", empty for an accepted lead.
type Judgement struct {
	LeadID    uuid.UUID `json:"lead_id"`
	ContactID uuid.UUID `json:"contact_id,omitzero"`
	Verdict   string    `json:"verdict"`
	Reason    string    `json:"reason,omitempty"`
}

// QualityJudged: sales told marketing what became of a lead that marketing handed over.
var QualityJudged = process.NewEvent[Judgement]("lead.quality-judged", "Sales told marketing what a lead was worth.")
