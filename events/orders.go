package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Delivery is a day on which an order, or a technician, should reach the customer. The shop tells it.
type Delivery struct {
	// OrderID is the shop's own id of the order, visit or subscription; opaque to us.
	OrderID   string    `json:"order_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
	// ArrivesOn is the day, as YYYY-MM-DD, where the customer is.
	ArrivesOn string `json:"arrives_on" jsonschema:"format=date"`
	// Product is the shop's own id of what arrives; empty when it does not matter.
	Product string `json:"product,omitempty" jsonschema:"maxLength=200"`
}

// DeliveryDue: an order is on its way. DeliveryMoved: it comes on another day than was told.
var (
	DeliveryDue   = process.NewEvent[Delivery]("order.delivery-due", "An order, or a service, should reach its customer on a day.")
	DeliveryMoved = process.NewEvent[Delivery]("order.delivery-moved", "An order, or a service, comes on another day.")
)

// Order names an order of a customer.
type Order struct {
	OrderID   string    `json:"order_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
}

// Confirmation says that the customer has what was ordered.
type Confirmation struct {
	OrderID   string    `json:"order_id" jsonschema:"minLength=1,maxLength=200,pattern=^[A-Za-z0-9._:@~+=-]+$"`
	ContactID uuid.UUID `json:"contact_id"`
	Product   string    `json:"product,omitempty" jsonschema:"maxLength=200"`
}

// DeliveryConfirmed: the customer says that it arrived. It is told once for an order.
var DeliveryConfirmed = process.NewEvent[Confirmation]("order.delivery-confirmed", "A customer confirmed that an order, or a service, arrived.")

// OrderCancelled: nobody waits for the order any more. OrderSentAgain: what did not arrive was sent once more.
var (
	OrderCancelled = process.NewEvent[Order]("order.cancelled", "An order was cancelled.")
	OrderSentAgain = process.NewEvent[Order]("order.sent-again", "What did not reach its customer was sent once more.")
)
