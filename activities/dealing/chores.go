package dealing

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/query"
)

// Stalled deals are the manager's; the other kinds of tasks are those of the pipeline's activities.
const stalledTask = "deal-stalled"

// chore is one task that a deal brings.
type chore struct {
	kind, title string
	whose       tasks.Recipient
	days        int
}

// chores are what the stage asks of the owner, but for what was done or given before.
func (k *desk) chores() []chore {
	stage, _ := k.rules.Stage(k.deal.Stage)
	var list []chore
	for _, a := range stage.Activities {
		given := slices.ContainsFunc(k.tasks, func(t query.Task) bool { return t.Kind == a.Kind && t.State != tasks.Cancelled })
		if !given {
			list = append(list, chore{a.Kind, a.Title, tasks.Owner, a.Within})
		}
	}
	return list
}

// give makes a task in the transaction of the verdict that brings it.
func (k *desk) give(c chore) (tasks.Opened, error) {
	return tasks.GiveIn(k.ctx, k.tx, k.now, tasks.Brief{
		Kind: c.kind, Title: c.title, For: c.whose, Days: c.days, ContactID: k.deal.ContactID, DealID: k.deal.ID, By: k.by,
	}, fmt.Sprintf("deal/%s/%d/%s", k.deal.ID, k.deal.Version, c.kind))
}

// giveLater makes tasks once the verdict has been written, as all does that accepts events.
func (k *desk) giveLater(list []chore) {
	for _, c := range list {
		k.outgoing = append(k.outgoing, func() error {
			_, err := k.give(c)
			return err
		})
	}
}

// openTask finds the task of a kind that nobody has finished yet.
func (k *desk) openTask(kind string) (uuid.UUID, bool) {
	for _, t := range k.tasks {
		if t.Kind == kind && !tasks.Finished(t.State) {
			return t.ID, true
		}
	}
	return uuid.Nil, false
}

// dismiss cancels the open tasks of a deal that has ended.
func (k *desk) dismiss() {
	for _, t := range k.tasks {
		if !tasks.Finished(t.State) {
			k.outgoing = append(k.outgoing, func() error { return tasks.CallOffIn(k.ctx, k.tx, k.now, t.ID, k.by) })
		}
	}
}

// done lists the kinds of the tasks that were completed, each once.
func done(list []query.Task) []string {
	var kinds []string
	for _, t := range list {
		if t.State == tasks.Completed && t.Kind != stalledTask && !slices.Contains(kinds, t.Kind) {
			kinds = append(kinds, t.Kind)
		}
	}
	return kinds
}
