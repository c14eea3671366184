// Package message answers an outside system that asked for one message: it sends it when the policy lets it pass, and
// says how that ended.
package message

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the request, which stands in message_requests.
type Input struct {
	RequestID uuid.UUID `json:"request_id"`
}

// Endings of the process.
const (
	Sent    = "sent"
	Refused = "refused" // the policy said no, or the person cannot be reached
	Failed  = "failed"  // the provider will not take it, or was down for a day
	Unknown = "unknown" // it was handed over, and nobody can say whether it left
	Expired = "expired" // it could not leave in time
)

// Outcome says how it ended. Reason is the ledger's, such as "no-consent".
type Outcome struct {
	Status    string    `json:"status"`
	Reason    string    `json:"reason,omitempty"`
	MessageID uuid.UUID `json:"message_id,omitzero"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process sends one message that was asked for.
var Process = process.New("message", run,
	process.Owner("marketing"),
	process.Purpose("Let other systems write to a person with one voice: by our templates, our policy, and once."),
	process.OneRunPer(func(in Input) string { return in.RequestID.String() }),
	process.Reenters(process.OnceEver),
	process.Pinned(),
	process.Given("a request", Input{RequestID: uuid.Max}),
	process.StartsOn(events.MessageRequested, func(e events.Requested) (Input, bool) {
		return Input{RequestID: e.RequestID}, e.RequestID != uuid.Nil
	}),
	process.Ends(Sent, Refused, Failed, Unknown, Expired),
	process.Returns(Outcome{Status: Sent, MessageID: uuid.Max}, Outcome{Status: Refused, Reason: "no-consent"}, Outcome{Status: Failed},
		Outcome{Status: Unknown}, Outcome{Status: Expired}),
)
