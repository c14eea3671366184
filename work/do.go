package work

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
)

// Do gives somebody the task of a brief and waits for what comes of it. Cancelling the run cancels the task. A task that
// was cancelled or left unattended is a result, not an error: the process decides what then.
func Do(ctx workflow.Context, step string, b tasks.Brief) (Done, error) {
	done, _, err := DoUnless(ctx, step, b)
	return done, err
}

// DoUnless is Do for a task that nobody needs any more once one of the cases has come: then it is cancelled, and the name
// of the case returned. The name is "" when the task ended by itself.
func DoUnless(ctx workflow.Context, step string, b tasks.Brief, cases ...process.Case) (Done, string, error) {
	b.Tended = true
	given, err := process.Do(ctx, step+": give the task", tasks.Give, b)
	if err != nil {
		return Done{}, "", err
	}
	in, of := Input{TaskID: given.TaskID}, Process.Returning(ends(b.Outcomes...)...)
	var done Done
	heard := ""
	if len(cases) == 0 {
		done, err = process.Follow(ctx, step, of, in)
	} else {
		done, heard, err = process.FollowUnless(ctx, step, of, in, cases...)
	}
	if heard == "" && !temporal.IsCanceledError(err) {
		return done, "", err
	}
	// The task's own run cancels it; one that had not begun by then cannot.
	if _, failed := process.Undo(ctx, step+": take the task back", tasks.CallOff, tasks.Named{TaskID: given.TaskID}); failed != nil {
		return done, heard, failed
	}
	return Done{Status: Cancelled, TaskID: given.TaskID}, heard, err
}
