// Package records keeps contacts and leads: it checks what came in, finds whom it is about, scores, assigns and hands
// over. Every activity works in one transaction, and doing it twice changes nothing.
package records

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Lead names the lead that an activity works on.
type Lead struct {
	LeadID uuid.UUID `json:"lead_id"`
}

// Verdicts of Check.
const (
	Complete  = "complete"  // nothing is missing, nothing malformed
	Usable    = "usable"    // somebody can be reached; a request for the rest stands open
	Missing   = "missing"   // no way to reach anybody was given: a completion request stands open
	Malformed = "malformed" // the only ways given cannot be read: a correction request stands open
	Settled   = "settled"   // the lead was captured, merged or rejected before
)

// Checked is what the check of a submission found.
type Checked struct {
	Verdict string `json:"verdict"`
}

// Check reads the submission of a lead: required and wanted fields, e-mail, telephone, country, time zone, language. It
// keeps what is wrong as data requests and closes those that an amendment answered.
var Check = process.NewActivity[Lead, Checked]("records.check", process.Database,
	process.Yields("complete", Checked{Complete}),
	process.Yields("usable, the rest is asked for", Checked{Usable}),
	process.Yields("nobody can be reached", Checked{Missing}),
	process.Yields("malformed", Checked{Malformed}),
	process.Yields("settled before", Checked{Settled}))

// Dismissal ends a lead that will not be captured. Status is incomplete, invalid or rejected, or empty for incomplete
// or invalid by what the open request asks for.
type Dismissal struct {
	LeadID uuid.UUID `json:"lead_id"`
	Status string    `json:"status,omitempty"`
}

// Dismiss expires the lead's requests and reviews, cancels its tasks and notes its status.
var Dismiss = process.NewActivity[Dismissal, struct{}]("records.dismiss", process.Database)

// Verdicts of Resolve and Settle.
const (
	Created  = "created"  // nobody like that was known: a new contact
	Known    = "known"    // an existing contact without a lead that is being worked on
	Repeated = "repeated" // an existing contact whose lead is being worked on: this one is a duplicate of it
	InReview = "review"   // somebody similar is known: a person must decide
)

// Resolution says whom a lead is about. Ids that do not apply are zero.
type Resolution struct {
	Verdict     string    `json:"verdict"`
	ContactID   uuid.UUID `json:"contact_id,omitzero"`
	DuplicateOf uuid.UUID `json:"duplicate_of,omitzero"` // the lead being worked on
	ReviewID    uuid.UUID `json:"review_id,omitzero"`
	// Bulk marks a lead of an import, about which nobody is written to one by one.
	Bulk bool `json:"bulk,omitempty"`
}

// Resolve finds or creates the contact of a lead. Two leads about one person that are resolved at the same instant get
// one contact.
var Resolve = process.NewActivity[Lead, Resolution]("records.resolve", process.Database,
	process.Yields("new contact", Resolution{Verdict: Created, ContactID: uuid.Max}),
	process.Yields("known contact", Resolution{Verdict: Known, ContactID: uuid.Max}),
	process.Yields("asked again", Resolution{Verdict: Repeated, ContactID: uuid.Max, DuplicateOf: uuid.Max}),
	process.Yields("similar contact", Resolution{Verdict: InReview, ContactID: uuid.Max, ReviewID: uuid.Max}))

// Decisions about a near-duplicate.
const (
	Merge    = "merge"
	Separate = "separate"
)

// Settlement carries out a person's decision about a near-duplicate.
type Settlement struct {
	LeadID   uuid.UUID `json:"lead_id"`
	ReviewID uuid.UUID `json:"review_id"`
	Decision string    `json:"decision"`
}

// Settle closes a merge review as it was decided and resolves the lead accordingly. Another similar contact may turn up.
var Settle = process.NewActivity[Settlement, Resolution]("records.settle", process.Database,
	process.Yields("new contact", Resolution{Verdict: Created, ContactID: uuid.Max}),
	process.Yields("known contact", Resolution{Verdict: Known, ContactID: uuid.Max}),
	process.Yields("asked again", Resolution{Verdict: Repeated, ContactID: uuid.Max, DuplicateOf: uuid.Max}),
	process.Yields("similar to another", Resolution{Verdict: InReview, ContactID: uuid.Max, ReviewID: uuid.Max}))

// KeepApart closes the open merge review of a lead as separate, for want of a decision, and asks about nobody else. Whoever
// has meanwhile come to own the lead's e-mail address or telephone number is still the same person.
var KeepApart = process.NewActivity[Lead, Resolution]("records.keep-apart", process.Database,
	process.Yields("new contact", Resolution{Verdict: Created, ContactID: uuid.Max}),
	process.Yields("known contact", Resolution{Verdict: Known, ContactID: uuid.Max}),
	process.Yields("asked again", Resolution{Verdict: Repeated, ContactID: uuid.Max, DuplicateOf: uuid.Max}))

// Scored is the score of a lead and the tier that follows from it.
type Scored struct {
	Score int    `json:"score"`
	Tier  string `json:"tier"` // hot, warm, cold
}

// Score applies the scoring rules to everything known of the lead and keeps the factors.
var Score = process.NewActivity[Lead, Scored]("records.score", process.Database,
	process.Yields("hot", Scored{85, "hot"}),
	process.Yields("warm", Scored{50, "warm"}),
	process.Yields("cold", Scored{10, "cold"}))

// Queues that a lead may end up in.
const (
	WithOwner          = "owner"          // the contact's owner keeps it
	WithRepresentative = "representative" // chosen by the assignment rules
	WithManager        = "manager"        // nobody is free
	WithNobody         = "nobody"         // there is no manager either
)

// Assigned says who has a lead.
type Assigned struct {
	Queue      string    `json:"queue"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
}

// Assign gives a lead to somebody, once. Capacities hold however many leads are assigned at the same instant.
var Assign = process.NewActivity[Lead, Assigned]("records.assign", process.Database,
	process.Yields("the contact's owner", Assigned{WithOwner, uuid.Max}),
	process.Yields("a representative", Assigned{WithRepresentative, uuid.Max}),
	process.Yields("nobody is free", Assigned{WithManager, uuid.Max}),
	process.Yields("nobody at all", Assigned{Queue: WithNobody}))

// FollowedUp is the task that a captured lead begins with.
type FollowedUp struct {
	TaskID uuid.UUID `json:"task_id"`
	DueAt  time.Time `json:"due_at"`
	// Greet says that the person is to be written to at once: settings ask for it and the person agreed.
	Greet bool `json:"greet,omitempty"`
}

// FollowUp makes the follow-up task, marks the lead as captured and hands it over to sales.
var FollowUp = process.NewActivity[Lead, FollowedUp]("records.follow-up", process.Database,
	process.Yields("task made", FollowedUp{TaskID: uuid.Max}),
	process.Yields("task made, greeting wanted", FollowedUp{TaskID: uuid.Max, Greet: true}))

// Renewed is the lead that a repeated one is a duplicate of, after the repetition was noted.
type Renewed struct {
	LeadID     uuid.UUID `json:"lead_id"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	TaskID     uuid.UUID `json:"task_id,omitzero"`
}

// Renew notes that a person asked again: the first lead is scored anew and has an open task afterwards. A first lead that
// is still being captured has nobody to be told; its own notification follows.
var Renew = process.NewActivity[Lead, Renewed]("records.renew", process.Database,
	process.Yields("somebody has it", Renewed{LeadID: uuid.Max, AssigneeID: uuid.Max, TaskID: uuid.Max}),
	process.Yields("still being captured", Renewed{LeadID: uuid.Max}))
