package process

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
)

// StatusQuery is the Temporal query that every process answers.
const StatusQuery = "status"

// State is the state of a run as clients see it.
type State string

const (
	Running    State = "running"
	Waiting    State = "waiting"
	Completed  State = "completed"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
	Terminated State = "terminated"
)

// Status is the answer of the status query. All times are business time, UTC.
type Status struct {
	State      State      `json:"state"`
	Step       string     `json:"step,omitempty"`
	WaitingFor string     `json:"waiting_for,omitempty"`
	Since      *time.Time `json:"since,omitempty"`
	Until      *time.Time `json:"until,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
	Trail      []Visit    `json:"trail"`
}

// Visit is one entry of a run's trail: a point it left, when, and how.
type Visit struct {
	Step   string    `json:"step"`
	At     time.Time `json:"at"`
	Result string    `json:"result"`
}

func (st *state) status() Status {
	s := Status{State: Running, Trail: append([]Visit{}, st.trail...)}
	if len(st.points) == 0 {
		return s
	}
	p := st.points[len(st.points)-1]
	for _, q := range st.points { // a wait says more than a step that is about to end
		if q.waitingFor != "" {
			p = q
		}
	}
	s.Step, s.WaitingFor = p.step, p.waitingFor
	s.Since = &p.since
	if p.waitingFor != "" {
		s.State = Waiting
	}
	if !p.until.IsZero() {
		s.Until = &p.until
	}
	return s
}

func isCanceled(err error) bool { return temporal.IsCanceledError(err) }

func asContinuation(err error, target **continuation) bool { return errors.As(err, target) }
