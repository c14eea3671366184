// Package dealing opens, moves, changes and closes deals. What the rules say stands in package deals; what is kept stands
// in sales_pipeline.
package dealing

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Results of a closing.
const (
	Won  = "won"
	Lost = "lost"
	Back = "back" // the deal returns to the stage before the last
)

// Terms are what a deal is about to be closed on.
type Terms struct {
	DealID    uuid.UUID `json:"deal_id"`
	ContactID uuid.UUID `json:"contact_id"`
	OwnerID   uuid.UUID `json:"owner_id,omitzero"`
	// RequesterID is the user who asked for this price; zero when a program set it, or nobody of ours.
	RequesterID uuid.UUID    `json:"requester_id,omitzero"`
	Revision    int          `json:"revision"`
	Amount      money.Amount `json:"amount"`
	// DiscountPermille is what the list price was lowered by, in thousandths.
	DiscountPermille int `json:"discount_permille"`
	// InBand says that the discount may be given without anybody's approval (the pipeline's rules).
	InBand bool `json:"in_band"`
	// Policy names the approval policy that counts outside the band, Template the contract's template.
	Policy   string `json:"policy"`
	Template string `json:"template"`
	// Gone says that the deal is not being closed any more.
	Gone bool `json:"gone,omitempty"`
}

// ReadTerms reads the terms of a deal that is being closed.
var ReadTerms = process.NewActivity[uuid.UUID, Terms]("deals.read-terms", process.Database,
	process.Yields("price within the band", Terms{DealID: uuid.Max, ContactID: uuid.Max, OwnerID: uuid.Max, Revision: 1, InBand: true,
		Amount: money.Amount{Minor: 100, Currency: "EUR"}, Template: "contract"}),
	process.Yields("price outside the band", Terms{DealID: uuid.Max, ContactID: uuid.Max, OwnerID: uuid.Max, Revision: 1, DiscountPermille: 300,
		Amount: money.Amount{Minor: 100, Currency: "EUR"}, Policy: "price", Template: "contract"}),
	process.Yields("no longer closing", Terms{DealID: uuid.Max, Gone: true}))

// Closing asks to end the closing of a deal with Won, Lost or Back. Reason is a code of the pipeline, for Lost.
type Closing struct {
	DealID uuid.UUID `json:"deal_id"`
	// Revision is the one that was agreed on; a deal that was changed since is not won on it.
	Revision int    `json:"revision"`
	Result   string `json:"result"`
	Reason   string `json:"reason,omitempty"`
}

// Changed is the code with which Close refuses a deal whose terms were changed, or that is not being closed.
const Changed = "deal-changed"

// Close ends the closing, emits deal.won or deal.lost, and deal.closed for the deal's own process.
var Close = process.NewActivity[Closing, struct{}]("deals.close", process.Database, process.Refuses[struct{}](Changed))

// Reopen takes a Close with Won back: the deal returns to its last stage, and what was emitted is answered by deal.amended.
// It undoes what did not take effect, and does nothing otherwise.
var Reopen = process.NewActivity[Closing, struct{}]("deals.reopen", process.Database)
