// Package arrivals knows when to ask a customer whether a delivery arrived, and understands the answer.
package arrivals

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/process"
)

// Delivery is a day, as YYYY-MM-DD, on which something should reach a person.
type Delivery struct {
	ContactID uuid.UUID `json:"contact_id"`
	ArrivesOn string    `json:"arrives_on"`
}

// Plan is how the person is asked.
type Plan struct {
	// AskAt is the instant at which the day's deliveries are done where the person lives.
	AskAt time.Time `json:"ask_at"`
	// Channel is the one to ask by; empty for the one that the person prefers.
	Channel string `json:"channel,omitempty"`
	// RemindAfter and GiveUpAfter count from the question, and from the reminder.
	RemindAfter time.Duration `json:"remind_after"`
	GiveUpAfter time.Duration `json:"give_up_after"`
}

// MakePlan works out when to ask. Errors: NotFound for a person we do not know, Invalid for a day that is none.
var MakePlan = process.NewActivity[Delivery, Plan]("arrivals.plan", process.Database,
	process.Yields("planned", Plan{AskAt: time.Unix(8*60*60, 0).UTC(), RemindAfter: day, GiveUpAfter: 2 * day}))

const day = 24 * time.Hour

// Asked names the messages that the person may have answered, and what was read before.
type Asked struct {
	ContactID uuid.UUID   `json:"contact_id"`
	Messages  []uuid.UUID `json:"messages"`
	// Read is the last answer that was understood before; it and older ones count no more.
	Read uuid.UUID `json:"read,omitzero"`
	// OrderID and Product are what was asked about: when the person says that it arrived, others are told so.
	OrderID string `json:"order_id,omitempty"`
	Product string `json:"product,omitempty"`
}

// Answer is what the person said, without their words. Meaning is empty when there is no new answer.
type Answer struct {
	Meaning   answers.Meaning `json:"meaning,omitempty"`
	InboundID uuid.UUID       `json:"inbound_id,omitzero"`
}

// Understand reads the newest answer, and tells order.delivery-confirmed, once for an order, when it is yes.
var Understand = process.NewActivity[Asked, Answer]("arrivals.understand", process.Database,
	process.Yields("yes", Answer{Meaning: answers.Yes, InboundID: uuid.Max}), process.Yields("no", Answer{Meaning: answers.No, InboundID: uuid.Max}),
	process.Yields("unclear", Answer{Meaning: answers.Unclear, InboundID: uuid.Max}), process.Yields("nothing new", Answer{}))
