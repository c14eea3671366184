package events

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Engagement is something that happened to a message after it left. Process and Subject name the run that sent it.
type Engagement struct {
	MessageID uuid.UUID `json:"message_id"`
	ContactID uuid.UUID `json:"contact_id"`
	Process   string    `json:"process"`
	Subject   string    `json:"subject"`
	// Kind is delivered, opened, clicked, replied, soft-bounced, bounced, complained or unsubscribed.
	Kind string    `json:"kind"`
	Link int       `json:"link,omitempty"` // clicked: position of the link in the message, from 1
	At   time.Time `json:"at"`
}

// MessageEngaged: a message was delivered, opened, clicked, answered, bounced or complained about. Opens and clicks
// are told once for each message, and only those that a person made.
var MessageEngaged = process.NewEvent[Engagement]("message.engaged", "A person, or a mailbox, reacted to a message.")

// Choice is what a person decided about being written to.
type Choice struct {
	ContactID uuid.UUID `json:"contact_id"`
	// Purpose or Topic is what it concerns; both empty mean everything that is not owed to the person.
	Purpose string `json:"purpose,omitempty"`
	Topic   string `json:"topic,omitempty"`
	// Channel is empty for every channel.
	Channel string `json:"channel,omitempty"`
}

// ContactOptedOut and ContactOptedIn: a person withdrew or gave a consent, by whatever way.
var (
	ContactOptedOut = process.NewEvent[Choice]("contact.opted-out", "A person does not want to be written to any more.")
	ContactOptedIn  = process.NewEvent[Choice]("contact.opted-in", "A person agreed to be written to.")
)

// Reply is a message that a person wrote to us. What it says stands in inbound_messages.
type Reply struct {
	ContactID uuid.UUID `json:"contact_id"`
	InboundID uuid.UUID `json:"inbound_id"`
	MessageID uuid.UUID `json:"message_id,omitzero"` // what it answers, when that is known
	Channel   string    `json:"channel"`
}

// ContactReplied: a person wrote to us by mail or text message.
var ContactReplied = process.NewEvent[Reply]("contact.replied", "A person wrote to us.")

// Contact is the data of an event about one person.
type Contact struct {
	ContactID uuid.UUID `json:"contact_id"`
	LeadID    uuid.UUID `json:"lead_id,omitzero"`
}

// The life of a person as a customer, told by whoever sells: a shop, an ERP system, the deal process.
var (
	ContactConverted = process.NewEvent[Contact]("contact.converted", "A lead became a customer, or bought again.")
	CustomerAsleep   = process.NewEvent[Contact]("customer.asleep", "A customer has not been active for a long time.")
	LeadSalesReady   = process.NewEvent[Contact]("lead.sales-ready", "A nurtured lead has become ready for sales.")
	NurtureDue       = process.NewEvent[Contact]("lead.nurture-due", "A lead should be nurtured: it is not ready for sales.")
	NurtureExhausted = process.NewEvent[Contact]("lead.nurture-exhausted", "A nurture track came to its end, and the lead stayed silent.")
)

// Ended is the data of SaleCompleted and ServiceEnded. Reference is an opaque id of the sale or service.
type Ended struct {
	ContactID uuid.UUID `json:"contact_id"`
	Reference string    `json:"reference"`
	// Survey to send; empty for the standard one of the occasion.
	Survey string `json:"survey,omitempty"`
}

// SaleCompleted and ServiceEnded are the moments at which people are asked how it was.
var (
	SaleCompleted = process.NewEvent[Ended]("sale.completed", "A sale was completed.")
	ServiceEnded  = process.NewEvent[Ended]("service.ended", "A service was finished.")
)

// Answered is the data of SurveyAnswered.
type Answered struct {
	InvitationID uuid.UUID `json:"invitation_id"`
	ContactID    uuid.UUID `json:"contact_id"`
	Survey       string    `json:"survey"`
}

// SurveyAnswered: an invited person filled in the form, once.
var SurveyAnswered = process.NewEvent[Answered]("survey.answered", "An invited person answered a survey.")

// Redemption is the data of CouponRedeemed.
type Redemption struct {
	CouponID  uuid.UUID `json:"coupon_id"`
	ContactID uuid.UUID `json:"contact_id"`
}

// CouponRedeemed: a single-use coupon was used.
var CouponRedeemed = process.NewEvent[Redemption]("coupon.redeemed", "A coupon was used.")

// OptIn is the data of the events about a consent that has to be confirmed.
type OptIn struct {
	OptInID   uuid.UUID `json:"opt_in_id"`
	ContactID uuid.UUID `json:"contact_id"`
}

// OptInAsked and OptInConfirmed: double opt-in, from the request to the click.
var (
	OptInAsked     = process.NewEvent[OptIn]("opt-in.asked", "A consent was asked for that the person has to confirm.")
	OptInConfirmed = process.NewEvent[OptIn]("opt-in.confirmed", "The person confirmed a consent.")
)

// Requested is the data of MessageRequested.
type Requested struct {
	RequestID uuid.UUID `json:"request_id"`
}

// MessageRequested: an outside system asked for one message to one person.
var MessageRequested = process.NewEvent[Requested]("message.requested", "An outside system asked for a message.")
