package tasks

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
)

// The states of a task that its process tells apart. Open stands for every one in which somebody is at it.
const (
	OpenState = "open"
	Waiting   = "waiting" // for tasks that come before it
	Completed = "completed"
	Cancelled = "cancelled"
)

// What comes next for an open task.
const (
	Remind    = "remind"     // the assignee, before it is due
	Late      = "late"       // it is due and not done
	Escalate  = "escalate"   // the next manager hears of it
	GiveUp    = "give-up"    // nobody did anything
	LookAgain = "look-again" // the assignee goes away
)

// Watch is what the process of a task knows when it looks at it: whom it told last, and how far up the ladder it went.
type Watch struct {
	TaskID uuid.UUID `json:"task_id"`
	Told   uuid.UUID `json:"told,omitzero"`
	// Since is when the last thing was told. Rung counts what was told since the task was due; Top means that there is
	// nobody above.
	Since time.Time `json:"since,omitzero"`
	Rung  int       `json:"rung,omitempty"`
	Top   bool      `json:"top,omitempty"`
}

// Fresh is the watch for somebody who has just got the task.
func (w Watch) Fresh(who uuid.UUID, now time.Time) Watch {
	return Watch{TaskID: w.TaskID, Told: who, Since: now}
}

// Plan is how a task stands, and what is to be done next, and when.
type Plan struct {
	State      string    `json:"state"`
	Outcome    string    `json:"outcome,omitempty"`
	AssigneeID uuid.UUID `json:"assignee_id,omitzero"`
	Next       time.Time `json:"next,omitzero"`
	What       string    `json:"what,omitempty"`
}

// far is later than any time at which a process is explored.
var far = time.Date(2090, 1, 5, 10, 0, 0, 0, time.UTC)

func planned(what string) Plan {
	return Plan{State: OpenState, AssigneeID: uuid.Max, Next: far, What: what}
}

// Look plans what is next for a task. It begins the clock of one whose turn it is, and gives that of somebody who is
// away to their deputy.
var Look = process.NewActivity[Watch, Plan]("tasks.look", process.Database,
	process.Yields("completed", Plan{State: Completed, Outcome: "done"}),
	process.Yields("cancelled", Plan{State: Cancelled}),
	process.Yields("waits for another task", Plan{State: Waiting}),
	process.Yields("a reminder is next", planned(Remind)),
	process.Yields("the due time is next", planned(Late)),
	process.Yields("the ladder is next", planned(Escalate)),
	process.Yields("the end is next", planned(GiveUp)),
	process.Yields("the assignee goes away", planned(LookAgain)),
	process.Yields("nobody has it", Plan{State: OpenState, Next: far, What: GiveUp}))

// Rung is the next step of the ladder for a task.
type Rung struct {
	TaskID uuid.UUID `json:"task_id"`
	Rung   int       `json:"rung"`
}

// Raised is who hears of it; nobody when there is nobody above.
type Raised struct {
	ManagerID uuid.UUID `json:"manager_id,omitzero"`
}

// Climb finds the manager who hears of a late task: of the assignee on the first rung, and the next above on each that
// follows.
var Climb = process.NewActivity[Rung, Raised]("tasks.climb", process.Database,
	process.Yields("a manager", Raised{ManagerID: uuid.Max}), process.Yields("nobody above", Raised{}))

// Note is what was told to somebody about a task: given, reminded, overdue or escalated.
type Note struct {
	TaskID uuid.UUID `json:"task_id"`
	UserID uuid.UUID `json:"user_id"`
	Kind   string    `json:"kind"`
}

// NoteTold keeps the note.
var NoteTold = process.NewActivity[Note, struct{}]("tasks.note-told", process.Database)

// hours is a task's time: from when until when it runs, in whose working time.
type hours struct {
	cal        calendar.Calendar
	begun, due time.Time
	seen       bool
}

// next works out what is to be done next about an open task, and when.
func (h hours) next(p Policy, w Watch) (time.Time, string) {
	switch {
	case w.Top || w.Rung > len(p.Escalate):
		return h.cal.Add(w.Since, working(h.cal, p.GiveUp)), GiveUp
	case w.Rung > 0:
		return h.cal.Add(w.Since, working(h.cal, p.Escalate[w.Rung-1])), Escalate
	}
	at, what := h.due, Late
	for _, r := range p.Remind {
		if r.Unseen && h.seen {
			continue
		}
		if moment := h.moment(r); moment.After(w.Since) && moment.Before(at) {
			at, what = moment, Remind
		}
	}
	return at, what
}

// moment is when a reminder comes; the zero time when the task is too short for it.
func (h hours) moment(r Reminder) time.Time {
	total := h.cal.Between(h.begun, h.due)
	after := total * time.Duration(r.Share) / 100
	if r.Share == 0 {
		after = total - working(h.cal, r.Before)
	}
	if after <= 0 {
		return time.Time{}
	}
	return h.cal.Add(h.begun, after)
}
