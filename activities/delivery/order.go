package delivery

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/fence"
	"github.com/perdura/perdura/gate"
)

// Urgency orders messages that wait for a provider.
type Urgency int

// The urgencies: the first never waits behind the others, because a share of each bucket is kept for it.
const (
	Now Urgency = iota
	Normal
	Bulk
)

// Order asks for one message to one recipient.
type Order struct {
	// Key is that of the step (process.Key), with what tells several messages of one step apart.
	Key string
	// Class is one of the gate's; internal messages do not come to the gate, and neither do tests.
	Class, Purpose, Topic, Department string
	Template                          string
	ContactID, UserID, LeadID         uuid.UUID
	// About are the ids of what else the message speaks of, as a JSON object.
	About json.RawMessage
	// Channel is empty to take the one that the person prefers among Channels, those that the template has words for.
	Channel  provider.Channel
	Channels []provider.Channel
	Urgency  Urgency
	// ExpiresAt is business time; zero for the policy's longest shift.
	ExpiresAt time.Time
	// Resume is the id of a shifted message whose time has come. Resumes asks the gate anew about a shifted message that
	// is found by its key.
	Resume  uuid.UUID
	Resumes bool
	// Fence is the version of what the message speaks of: it leaves only while that stands.
	Fence fence.Token
	// Test marks a test send, which reaches Address past the gate and counts nowhere.
	Test bool
	// Address is where a message goes that does not come to the gate; empty when the recipient has none.
	Address string
	// Compose puts the message into words. It may be called more than once, and writes nothing but what it may write again.
	Compose func(ctx context.Context, p Parcel) (Composed, error)
}

// Parcel is what Compose is told of a message.
type Parcel struct {
	MessageID uuid.UUID
	Channel   provider.Channel
	Language  string // of the person, BCP 47; empty when unknown
	Track     bool   // opens and clicks may be recorded
}

// Composed is a message in words. ID, To and FirstTried of Message are filled in by the Core.
type Composed struct {
	provider.Message
	Version  int // of the template
	Segments int // text message: parts on the air
	Tracked  bool
}

// The states of a Receipt.
const (
	Sent      = "sent"
	Shifted   = "shifted"
	Refused   = "refused"
	Failed    = "failed"
	Unknown   = "unknown"
	reserved  = "reserved"
	withdrawn = "withdrawn"
)

// Receipt says what became of a message.
type Receipt struct {
	MessageID uuid.UUID
	State     string
	Reason    string
	Channel   provider.Channel
	Until     time.Time // Shifted: business time to ask again
}

// Withdrawal takes back a message. Key is that of the step that does so.
type Withdrawal struct {
	Key       string
	MessageID uuid.UUID
	Reason    string
}

func (o Order) gated() bool { return o.Class != gate.Internal && !o.Test }

// keyParts splits the kit's key "workflow/entry/step" into the run's workflow ID and the step.
func keyParts(key string) (run, step string) {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) < 3 {
		return key, ""
	}
	return parts[0], parts[2]
}
