// Package approving asks people for their approval, for processes: ids, amounts and codes go in and out; who decides, and
// what they say, is the business of package approvals.
package approving

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/approvals"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Request asks for one approval.
type Request struct {
	// Kind is what is asked, such as "price"; Policy names the approval policy, the one of the kind when empty.
	Kind        string    `json:"kind"`
	Policy      string    `json:"policy,omitempty"`
	SubjectKind string    `json:"subject_kind"`
	SubjectID   uuid.UUID `json:"subject_id"`
	Revision    int       `json:"revision"`
	// Content is what is to be approved: ids, whole amounts and codes, never names or free text. Its hash binds the decision.
	Content json.RawMessage `json:"content"`
	// RequestedBy is the user who wants it, zero for the house itself. They cannot decide.
	RequestedBy      uuid.UUID    `json:"requested_by,omitzero"`
	Amount           money.Amount `json:"amount"`
	DiscountPermille int          `json:"discount_permille,omitempty"`
}

// Asked names the approval that was asked for.
type Asked struct {
	ApprovalID uuid.UUID `json:"approval_id"`
}

// The codes with which Ask refuses.
const (
	NoDecider = "no-decider" // the policy finds nobody, or too few, who may decide
	NoPolicy  = "no-policy"  // there is no policy of that name
)

// Ask asks for the approval, once under the key of its step.
var Ask = process.NewActivity[Request, Asked]("approvals.ask", process.Database,
	process.Yields("asked", Asked{ApprovalID: uuid.Max}),
	process.Refuses[Asked](NoDecider), process.Refuses[Asked](NoPolicy))

// Seat is that of somebody whose decision is waited for.
type Seat struct {
	UserID uuid.UUID `json:"user_id"`
	// Escalated seats came from somebody who did not decide in time.
	Escalated bool `json:"escalated,omitempty"`
}

// Standing is how an approval stands, with the times that its policy gives it.
type Standing struct {
	State         string          `json:"state"` // as in package approvals
	Waiting       []Seat          `json:"waiting,omitempty"`
	AskedAt       time.Time       `json:"asked_at,omitzero"`
	RemindAfter   []time.Duration `json:"remind_after,omitempty"`
	EscalateAfter time.Duration   `json:"escalate_after,omitempty"`
	ExpiresAt     time.Time       `json:"expires_at,omitzero"`
}

// open is an example of an approval with its whole time before it; processes are explored much earlier.
func open(seats ...Seat) Standing {
	asked := time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)
	return Standing{State: approvals.Open, Waiting: seats, AskedAt: asked, RemindAfter: []time.Duration{24 * time.Hour},
		EscalateAfter: 72 * time.Hour, ExpiresAt: asked.AddDate(0, 0, 7)}
}

// Look tells how an approval stands.
var Look = process.NewActivity[uuid.UUID, Standing]("approvals.look", process.Database,
	process.Yields("open", open(Seat{UserID: uuid.Max})),
	process.Yields("open, with a manager", open(Seat{UserID: uuid.MustParse("11111111-1111-1111-1111-111111111111"), Escalated: true})),
	process.Yields("approved", Standing{State: approvals.Approved}),
	process.Yields("rejected", Standing{State: approvals.Rejected}),
	process.Yields("voided", Standing{State: approvals.Voided}),
	process.Yields("expired", Standing{State: approvals.Expired}),
	process.Yields("withdrawn", Standing{State: approvals.Withdrawn}))

// Escalate gives the seats that still wait to the managers of their holders.
var Escalate = process.NewActivity[uuid.UUID, struct{}]("approvals.escalate", process.Database)

// Expire ends an approval that nobody decided on in time. Standing tells what it found otherwise.
var Expire = process.NewActivity[uuid.UUID, Standing]("approvals.expire", process.Database,
	process.Yields("expired", Standing{State: approvals.Expired}),
	process.Yields("decided in the last moment", Standing{State: approvals.Approved}))

// Withdraw ends an approval that nobody needs any more, whether it is open or was given. One that ended otherwise stays.
var Withdraw = process.NewActivity[uuid.UUID, Standing]("approvals.withdraw", process.Database,
	process.Yields("withdrawn", Standing{State: approvals.Withdrawn}))
