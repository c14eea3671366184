package feedback

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
)

// What a row of the ledger says of the mailbox, in ascending order: it only rises.
const (
	deliveryNone      = ""
	deliverySoft      = "soft-bounced"
	deliveryDelivered = "delivered"
	deliveryBounced   = "bounced" // also after a delivery: many servers accept first and bounce later
)

var deliveryRank = map[string]int{deliveryNone: 0, deliverySoft: 1, deliveryDelivered: 2, deliveryBounced: 3}

// The states of the ledger that reports may find or make.
const (
	stateReserved = "reserved"
	stateSent     = "sent"
	stateUnknown  = "unknown"
	stateFailed   = "failed"
)

// entry is one row of the ledger. Applying reports to it commutes and may be repeated: times only move back to the
// earliest, the delivery only rises, and what a later stage implies of an earlier one holds at once.
type entry struct {
	query.LockReportedMessagesRow
}

// outside reports whether the message went to a person outside the house, whose reactions matter to processes.
func (e *entry) outside() bool {
	return e.ContactID != uuid.Nil && !e.UserID.Valid && e.Class != "internal"
}

// apply takes one report in and returns the kinds that became true of the message by it, in their natural order.
func (e *entry) apply(r Report) []Kind {
	if r.Filtered != "" {
		return nil
	}
	at := r.At
	if at.Before(e.AllowedAt) { // providers count whole seconds
		at = e.AllowedAt
	}
	if r.Kind == Failed {
		e.fail(r.Detail)
		return nil
	}
	var told []Kind
	first := func(column **time.Time, k Kind) {
		if *column == nil {
			told = append(told, k)
		}
		earliest(column, at)
	}
	switch r.Kind {
	case Delivered, Opened, Clicked, Replied:
		first(&e.DeliveredAt, Delivered)
		e.rise(deliveryDelivered)
	}
	switch r.Kind {
	case Opened, Clicked:
		first(&e.OpenedAt, Opened)
	}
	switch r.Kind {
	case Clicked:
		first(&e.ClickedAt, Clicked)
	case Replied:
		first(&e.RepliedAt, Replied)
	case SoftBounced:
		told = append(told, SoftBounced) // the event's key tells it once
		e.rise(deliverySoft)
	case Bounced:
		first(&e.BouncedAt, Bounced)
		e.rise(deliveryBounced)
	case Complained:
		first(&e.ComplainedAt, Complained)
	case Unsubscribed:
		first(&e.UnsubscribedAt, Unsubscribed)
	}
	e.left(at, r.ProviderID)
	return told
}

// left settles the row: the provider names the message, so it left.
func (e *entry) left(at time.Time, providerID string) {
	switch e.State {
	case stateReserved:
		if e.HandedAt == nil {
			return
		}
		e.State = stateSent
	case stateUnknown:
		e.State, e.Reason = stateSent, ""
	case stateFailed:
		if e.DeliveredAt != nil { // what arrived did not fail
			e.State, e.Reason = stateSent, ""
		}
	case stateSent:
	default:
		return // refused, shifted or withdrawn: no provider can have it
	}
	earliest(&e.SentAt, at)
	if e.ProviderID == "" {
		e.ProviderID = providerID
	}
}

// fail notes that the provider gave the message up. What was delivered by other word stays delivered.
func (e *entry) fail(reason string) {
	handed := e.State == stateReserved && e.HandedAt != nil || e.State == stateUnknown || e.State == stateSent || e.State == stateFailed
	if !handed || e.DeliveredAt != nil {
		return
	}
	// Of several reasons always the same one; saying something comes before saying nothing.
	if e.State != stateFailed || e.Reason == "" || reason != "" && reason < e.Reason {
		e.Reason = reason
	}
	e.State = stateFailed
}

func (e *entry) rise(delivery string) {
	if deliveryRank[delivery] > deliveryRank[e.Delivery] {
		e.Delivery = delivery
	}
}

func earliest(column **time.Time, at time.Time) {
	if *column == nil || at.Before(**column) {
		*column = &at
	}
}
