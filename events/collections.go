package events

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// PageVisit names a customer who opened their payment page.
type PageVisit struct {
	ContactID uuid.UUID `json:"contact_id"`
}

// PaymentPageOpened: somebody opened the page behind the link in a reminder. It is told once a day, and not for programs
// that follow every link.
var PaymentPageOpened = process.NewEvent[PageVisit]("account.page-opened", "A customer opened their payment page.")
