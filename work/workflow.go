package work

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
)

// watch is one run: what it knows of the task, and what it told whom.
type watch struct {
	in Input
	w  tasks.Watch
}

func run(ctx workflow.Context, in Input) (Done, error) {
	r := &watch{in: in, w: in.Watch}
	r.w.TaskID = in.TaskID
	done, err := r.see(ctx)
	if temporal.IsCanceledError(err) { // whoever wanted it does not any more
		_, failed := process.Undo(ctx, "Cancel the task", tasks.CallOff, tasks.Named{TaskID: in.TaskID})
		if failed != nil {
			return done, failed
		}
	}
	return done, err
}

// see looks at the task again and again, until it has ended.
func (r *watch) see(ctx workflow.Context) (Done, error) {
	for {
		plan, err := process.Do(ctx, "Look at the task", tasks.Look, r.w)
		if err != nil {
			return Done{}, err
		}
		end := Done{TaskID: r.in.TaskID}
		switch process.Decide(ctx, "Where does the task stand?", plan.State, tasks.OpenState, tasks.Waiting, tasks.Completed, tasks.Cancelled) {
		case tasks.Completed:
			end.Status, end.Outcome = Completed, plan.Outcome
			return end, nil
		case tasks.Cancelled:
			end.Status = Cancelled
			return end, nil
		case tasks.Waiting:
			if _, err := r.hear(ctx, "What comes before it is done", process.Forever()); err != nil {
				return end, err
			}
		default:
			if end.Reason, err = r.hold(ctx, plan); err != nil || end.Reason != "" {
				end.Status = Unattended
				return end, err
			}
		}
		if process.ShouldContinue(ctx) {
			return end, process.Continue(Input{TaskID: r.in.TaskID, Watch: r.w})
		}
	}
}

// hold holds the assignee to an open task until something happens. It returns the reason when nobody will do it.
func (r *watch) hold(ctx workflow.Context, plan tasks.Plan) (string, error) {
	if plan.AssigneeID != uuid.Nil && process.DecideIf(ctx, "Is it new to whoever has it?", plan.AssigneeID != r.w.Told) {
		r.w = r.w.Fresh(plan.AssigneeID, process.Now(ctx))
		if err := r.tell(ctx, "Tell them what there is to do", notify.TaskGiven, plan.AssigneeID); err != nil {
			return "", err
		}
	}
	heard, err := r.hear(ctx, "The task is done", process.Until(plan.Next))
	if err != nil || heard {
		return "", err
	}
	switch process.Decide(ctx, "What is due?", plan.What, tasks.Remind, tasks.Late, tasks.Escalate, tasks.LookAgain, tasks.GiveUp) {
	case tasks.Remind:
		r.w.Since = plan.Next
		return "", r.tell(ctx, "Remind them", notify.TaskDue, plan.AssigneeID)
	case tasks.Late:
		r.w.Rung, r.w.Since = 1, process.Now(ctx)
		return "", r.tell(ctx, "Tell them that it is late", notify.TaskOverdue, plan.AssigneeID)
	case tasks.Escalate:
		return "", r.climb(ctx)
	case tasks.LookAgain:
		return "", nil
	}
	if plan.AssigneeID == uuid.Nil {
		return Nobody, nil
	}
	return TooLate, nil
}

// climb tells the next manager on the ladder.
func (r *watch) climb(ctx workflow.Context) error {
	raised, err := process.Do(ctx, "Find the next manager", tasks.Climb, tasks.Rung{TaskID: r.in.TaskID, Rung: r.w.Rung})
	if err != nil {
		return err
	}
	r.w.Since = process.Now(ctx)
	if !process.DecideIf(ctx, "Is there somebody above?", raised.ManagerID != uuid.Nil) {
		r.w.Top = true
		return nil
	}
	r.w.Rung++
	return r.tell(ctx, "Tell the manager", notify.TaskEscalated, raised.ManagerID)
}

// tell sends an e-mail and keeps a note of it. The work goes on whatever becomes of the message; only a cancellation comes
// back as an error.
func (r *watch) tell(ctx workflow.Context, step string, t notify.Template, user uuid.UUID) error {
	receipt, err := process.Do(ctx, step, notify.Send, notify.Message{Template: t, Channel: notify.Email, UserID: user, TaskID: r.in.TaskID})
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil || receipt.State != notify.Sent {
		return nil
	}
	_, err = process.Do(ctx, step+": note it", tasks.NoteTold, tasks.Note{TaskID: r.in.TaskID, UserID: user, Kind: noted[t]})
	return err
}

// noted are the words of the notes.
var noted = map[notify.Template]string{
	notify.TaskGiven: "given", notify.TaskDue: "reminded", notify.TaskOverdue: "overdue", notify.TaskEscalated: "escalated",
}

// hear waits for a fact about the task. Several that came together are one reason to look.
func (r *watch) hear(ctx workflow.Context, step string, limit process.Limit) (bool, error) {
	var move Move
	switch process.AwaitAny(ctx, step, limit, Moved.Into(&move)) {
	case "":
		return false, temporal.NewCanceledError()
	case process.TimedOut:
		return false, nil
	}
	return true, nil
}
