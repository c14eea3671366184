package dealing

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/process"
)

// Stall implements the contract Stall. A repeat is one of the same stall: a workflow task that is tried again may come
// here under the key of a look whose result was lost, after somebody has worked on the deal in between.
func (d *Dealing) Stall(ctx context.Context, s Stalling) (Stalled, error) {
	ctx = process.WithKey(ctx, fmt.Sprintf("%s/%d/%d", process.Key(ctx), s.StalledAt.Unix(), s.Called))
	return decide(ctx, d, request{s.DealID, "stall", uuid.Nil}, func(k *desk) (Stalled, error) {
		if at := k.stalls(); at.IsZero() || at.After(s.StalledAt) {
			return Stalled{Touched: true, Next: at}, nil
		}
		if s.Called == 0 && k.deal.OwnerID.Valid {
			return Stalled{UserID: k.deal.OwnerID.UUID, Next: k.escalates()}, nil
		}
		manager, err := k.manager()
		if err != nil || !manager.Valid {
			return Stalled{}, err
		}
		if task, open := k.openTask(stalledTask); open { // from the last time that it stalled
			return Stalled{UserID: manager.UUID, TaskID: task}, nil
		}
		task, err := k.give(chore{stalledTask, "See why nobody works on a deal", tasks.Manager, 1})
		return Stalled{UserID: task.AssigneeID, TaskID: task.TaskID}, err
	})
}

// escalates is when the manager is told of a deal whose owner was told now; zero for never.
func (k *desk) escalates() time.Time {
	stage, _ := k.rules.Stage(k.deal.Stage)
	if stage.EscalateDays == 0 {
		return time.Time{}
	}
	return k.hours.Add(k.now, tasks.Days(k.hours, stage.EscalateDays)).UTC()
}
