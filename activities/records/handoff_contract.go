package records

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
)

// Handover names a lead that was given to sales and the task about it.
type Handover struct {
	LeadID uuid.UUID `json:"lead_id"`
	TaskID uuid.UUID `json:"task_id"`
}

// Standings of a hand-over.
const (
	Fresh        = "fresh"        // nobody has touched the task
	Acknowledged = "acknowledged" // the assignee has seen it or begun
	Done         = "done"         // the task was finished
	Gone         = "gone"         // the task was cancelled or the lead is no longer captured
)

// Terms are the service level of a hand-over, by value, so that settings changed later do not change what a run computes.
type Terms struct {
	Standing   string    `json:"standing"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	// Queued says that the lead stands in a manager's queue instead of with a representative.
	Queued bool `json:"queued,omitempty"`
	// Calendar is the working time of the assignee, in the assignee's time zone.
	Calendar calendar.Definition `json:"calendar"`
	// Acknowledge and FirstContact are working time; the second counts from the acknowledgement.
	Acknowledge  time.Duration `json:"acknowledge"`
	FirstContact time.Duration `json:"first_contact"`
	// Grace is the working time that an escalated lead has left before the run gives up.
	Grace time.Duration `json:"grace"`
	// Reassignments is how often a lead may be given to the next representative.
	Reassignments int `json:"reassignments"`
}

var (
	exampleCalendar = calendar.Definition{Zone: "UTC", Week: map[string][]string{
		"monday": {"09:00-18:00"}, "tuesday": {"09:00-18:00"}, "wednesday": {"09:00-18:00"}, "thursday": {"09:00-18:00"}, "friday": {"09:00-18:00"},
	}}
	exampleTerms = Terms{
		Standing: Fresh, AssigneeID: uuid.Max, Calendar: exampleCalendar,
		Acknowledge: 15 * time.Minute, FirstContact: time.Hour, Grace: 18 * time.Hour, Reassignments: 2,
	}
)

func (t Terms) standing(s string) Terms { t.Standing = s; return t }
func (t Terms) queued() Terms           { t.Queued = true; return t }

// ReadTerms looks up the service level for a lead and where its task stands.
var ReadTerms = process.NewActivity[Handover, Terms]("records.terms", process.Database,
	process.Yields("nobody has seen it", exampleTerms),
	process.Yields("in the manager's queue", exampleTerms.queued()),
	process.Yields("acknowledged", exampleTerms.standing(Acknowledged)),
	process.Yields("finished", exampleTerms.standing(Done)),
	process.Yields("gone", exampleTerms.standing(Gone)))

// Passing asks for another representative. Tried lists those who had the lead.
type Passing struct {
	LeadID uuid.UUID   `json:"lead_id"`
	TaskID uuid.UUID   `json:"task_id"`
	Tried  []uuid.UUID `json:"tried"`
}

// Passed is who has the lead now. Found is false when nobody else is free; it then stays where it is. Taken is true when
// somebody had taken it up, or been given it, before it could be passed on.
type Passed struct {
	Taken      bool                `json:"taken,omitempty"`
	Found      bool                `json:"found"`
	AssigneeID uuid.UUID           `json:"assignee_id,omitzero"`
	Calendar   calendar.Definition `json:"calendar,omitzero"`
}

// PassOn gives an untouched lead and its task to the next representative, never to one who had it.
var PassOn = process.NewActivity[Passing, Passed]("records.pass-on", process.Database,
	process.Yields("the next representative", Passed{Found: true, AssigneeID: uuid.Max, Calendar: exampleCalendar}),
	process.Yields("taken up at the last moment", Passed{Taken: true}),
	process.Yields("nobody else is free", Passed{}))

// Verdicts of sales about a lead.
const (
	Accepted = "accepted" // contacted, and worth working on
	Recycled = "recycled" // not now: not reachable, no budget, no time
	Rejected = "rejected" // never: not a fit, a duplicate, spam
)

// Judged is the verdict of sales, read from the outcome of the follow-up task.
type Judged struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// NextTaskID is the follow-up task that the lead got meanwhile, because the person asked again after this one was
	// finished; else zero. The lead stays open then, and the next task's outcome counts.
	NextTaskID uuid.UUID `json:"next_task_id,omitzero"`
}

// Judge writes down what sales made of the lead, frees the representative's capacity and tells marketing.
var Judge = process.NewActivity[Handover, Judged]("records.judge", process.Database,
	process.Yields(Accepted, Judged{Verdict: Accepted}),
	process.Yields(Recycled, Judged{Verdict: Recycled, Reason: "not-reachable"}),
	process.Yields(Rejected, Judged{Verdict: Rejected, Reason: "not-a-fit"}),
	process.Yields("asked again meanwhile", Judged{Verdict: Accepted, NextTaskID: uuid.Max}))
