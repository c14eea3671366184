package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Deal is the data of an event about a deal. LeadID is the zero UUID for a deal of no lead.
type Deal struct {
	DealID    uuid.UUID `json:"deal_id"`
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id,omitzero"`
	// Revision counts the changes of the deal's terms (amount, discount, close date); what was agreed on one does not
	// hold for the next.
	Revision int `json:"revision,omitempty"`
}

// The way of a deal.
var (
	DealOpened  = process.NewEvent[Deal]("deal.opened", "A deal entered the pipeline.")
	DealAmended = process.NewEvent[Deal]("deal.amended", "The terms of a deal were changed.")
	DealClosing = process.NewEvent[Deal]("deal.closing", "A deal reached the last stage: its contract is due.")
	DealWon     = process.NewEvent[Deal]("deal.won", "A deal was won.")
	// DealReopened calls the deal's own process back, should it have ended.
	DealReopened = process.NewEvent[Deal]("deal.reopened", "A deal that counted as won is being closed again.")
)

// DealMove is a step of a deal from one stage to the next.
type DealMove struct {
	DealID uuid.UUID `json:"deal_id"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	// Significant moves are those that the pipeline's rules want the management to hear of.
	Significant bool `json:"significant,omitempty"`
}

// DealMoved: a deal went from one stage to the next.
var DealMoved = process.NewEvent[DealMove]("deal.moved", "A deal went from one stage to the next.")

// DealLoss is the end of a deal that was not won. Reason is a code of the pipeline, such as "price".
type DealLoss struct {
	Deal
	Reason string `json:"reason"`
}

// DealLost: a deal was lost.
var DealLost = process.NewEvent[DealLoss]("deal.lost", "A deal was lost, for a stated reason.")

// Closure is how the closing of a deal ended: won, lost, or back in the pipeline.
type Closure struct {
	DealID uuid.UUID `json:"deal_id"`
	Result string    `json:"result"`
	Reason string    `json:"reason,omitempty"`
}

// DealClosed: the closing of a deal came to its end. The deal's own process hears it.
var DealClosed = process.NewEvent[Closure]("deal.closed", "The closing of a deal came to its end.")

// Refund is money given back to the customer of a won deal.
type Refund struct {
	DealID uuid.UUID `json:"deal_id"`
	// AmountMinor is in the smallest unit of the deal's currency.
	AmountMinor int64 `json:"amount_minor"`
}

// DealRefunded: the customer of a won deal got money back. Finance tells it.
var DealRefunded = process.NewEvent[Refund]("deal.refunded", "The customer of a won deal got money back.")
