package handoff

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/calendar"
)

// handoff is one run: the agreed terms, who had the lead so far, and the way it went.
type handoff struct {
	in    Input
	terms records.Terms
	hours calendar.Calendar
	tried []uuid.UUID
	out   Outcome
}

// phase is what the process waits for next.
type phase int

const (
	taking    phase = iota // somebody takes the lead up
	reaching               // somebody gets in touch with the person
	escalated              // the manager has been called
	judging                // sales has finished
	over
)

func run(ctx workflow.Context, in Input) (Outcome, error) {
	h := &handoff{in: in, tried: in.SoFar.Tried, out: Outcome{Passed: in.SoFar.Passed, Escalated: in.SoFar.Escalated}}
	next, err := h.agree(ctx)
	for err == nil && next != over {
		switch next {
		case taking:
			next, err = h.take(ctx)
		case reaching:
			next, err = h.reach(ctx)
		case escalated:
			next, err = h.escalate(ctx)
		default:
			next, err = h.judge(ctx)
		}
	}
	return h.out, err
}

// again begins anew for the person that somebody gave the task to. A run that has grown long goes on as a new one.
func (h *handoff) again(ctx workflow.Context) (phase, error) {
	if process.ShouldContinue(ctx) {
		in := h.in
		in.SoFar = SoFar{Tried: h.tried, Passed: h.out.Passed, Escalated: h.out.Escalated}
		return over, process.Continue(in)
	}
	return h.agree(ctx)
}

// agree reads the terms for whoever has the lead now.
func (h *handoff) agree(ctx workflow.Context) (phase, error) {
	terms, err := process.Do(ctx, "Read the service level", records.ReadTerms, h.handover())
	if err != nil {
		return over, err
	}
	h.terms = terms
	if err := h.keepHours(terms.Calendar); err != nil {
		return over, err
	}
	switch process.Decide(ctx, "Where does the task stand?", terms.Standing,
		records.Fresh, records.Acknowledged, records.Done, records.Gone) {
	case records.Fresh:
		return taking, nil
	case records.Acknowledged:
		return reaching, nil
	case records.Done:
		return judging, nil
	}
	h.out.Status = Withdrawn
	return over, nil
}

// keepHours takes over the working hours of whoever has the lead now.
func (h *handoff) keepHours(definition calendar.Definition) (err error) {
	if h.hours, err = calendar.New(definition); err != nil {
		return process.Invalid("calendar", "the working calendar of the assignee has no working time: correct it in business_calendars")
	}
	return nil
}

// take waits for the acknowledgement. What a representative does not take up in time goes to the next one; a manager's
// queue has no next one.
func (h *handoff) take(ctx workflow.Context) (phase, error) {
	step := "The representative acknowledges"
	if h.terms.Queued {
		step = "The manager finds somebody"
	}
	heard, err := h.hear(ctx, step, h.terms.Acknowledge, Completed, Reassigned, Acknowledged)
	if err != nil {
		return over, err
	}
	switch heard {
	case Acknowledged.Name():
		return reaching, nil
	case Completed.Name():
		return judging, nil
	case Reassigned.Name():
		return h.again(ctx)
	}
	if h.terms.Queued || h.out.Passed >= h.terms.Reassignments {
		return escalated, nil
	}
	return h.passOn(ctx)
}

func (h *handoff) passOn(ctx workflow.Context) (phase, error) {
	h.tried = append(h.tried, h.terms.AssigneeID)
	passed, err := process.Do(ctx, "Give it to the next representative", records.PassOn,
		records.Passing{LeadID: h.in.LeadID, TaskID: h.in.TaskID, Tried: h.tried})
	if err != nil {
		return over, err
	}
	if process.DecideIf(ctx, "Was it taken up meanwhile?", passed.Taken) {
		return h.again(ctx)
	}
	if !process.DecideIf(ctx, "Is another representative free?", passed.Found) {
		return escalated, nil
	}
	h.out.Passed++
	h.terms.AssigneeID, h.terms.Calendar = passed.AssigneeID, passed.Calendar
	if err := h.keepHours(passed.Calendar); err != nil {
		return over, err
	}
	return taking, h.announce(ctx, notify.LeadReassigned, passed.AssigneeID, h.in.TaskID)
}

// reach waits until somebody got in touch with the person.
func (h *handoff) reach(ctx workflow.Context) (phase, error) {
	heard, err := h.hear(ctx, "First contact with the person", h.terms.FirstContact, Completed, Reassigned)
	switch {
	case err != nil:
		return over, err
	case heard == Completed.Name():
		return judging, nil
	case heard == Reassigned.Name():
		return h.again(ctx)
	}
	return escalated, nil
}

// escalate calls the manager, once, and waits a last time.
func (h *handoff) escalate(ctx workflow.Context) (phase, error) {
	if !h.out.Escalated {
		h.out.Escalated = true
		task, err := process.Do(ctx, "Call the manager", tasks.Open, tasks.Request{
			Kind: tasks.Overdue, For: tasks.Manager, LeadID: h.in.LeadID, Within: h.terms.FirstContact,
		})
		if err != nil {
			return over, err
		}
		if err := h.announce(ctx, notify.HandoffOverdue, task.AssigneeID, task.TaskID); err != nil {
			return over, err
		}
	}
	heard, err := h.hear(ctx, "The manager sees to it", h.terms.Grace, Completed, Reassigned)
	switch {
	case err != nil:
		return over, err
	case heard == Completed.Name():
		return judging, nil
	case heard == Reassigned.Name():
		return h.again(ctx)
	}
	h.out.Status = Unresolved
	return over, nil
}

// judge tells marketing what sales made of the lead.
func (h *handoff) judge(ctx workflow.Context) (phase, error) {
	verdict, err := process.Do(ctx, "Tell marketing the verdict", records.Judge, h.handover())
	if err != nil {
		return over, err
	}
	h.out.Reason = verdict.Reason
	switch process.Decide(ctx, "What is the lead worth?", verdict.Verdict, records.Accepted, records.Recycled, records.Rejected) {
	case records.Accepted:
		h.out.Status = Contacted
	case records.Recycled:
		h.out.Status = Recycled
	default:
		h.out.Status = Rejected
	}
	if h.out.Escalated {
		if _, err := process.Do(ctx, "Take the manager's task back", tasks.Withdraw,
			tasks.Withdrawal{Kind: tasks.Overdue, LeadID: h.in.LeadID}); err != nil {
			return over, err
		}
	}
	if process.DecideIf(ctx, "Did they ask again meanwhile?", verdict.NextTaskID != uuid.Nil) {
		h.in.TaskID, h.tried, h.out = verdict.NextTaskID, nil, Outcome{}
		return h.again(ctx)
	}
	return over, nil
}

func (h *handoff) handover() records.Handover {
	return records.Handover{LeadID: h.in.LeadID, TaskID: h.in.TaskID}
}

// hear waits for one of the facts about this task, for so much working time of whoever has the lead.
func (h *handoff) hear(ctx workflow.Context, step string, within time.Duration, facts ...process.Signal[Move]) (string, error) {
	limit := process.Until(h.hours.Add(process.Now(ctx), within))
	for {
		var move Move
		cases := make([]process.Case, len(facts))
		for i, fact := range facts {
			cases[i] = fact.Into(&move)
		}
		heard := process.AwaitAny(ctx, step, limit, cases...)
		if heard == "" {
			return "", temporal.NewCanceledError()
		}
		if heard == process.TimedOut || move.TaskID == h.in.TaskID {
			return heard, nil
		}
		if process.ShouldContinue(ctx) { // on the way on which a reassigned task begins anew
			return Reassigned.Name(), nil
		}
	}
}
