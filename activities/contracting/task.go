package contracting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// AskToCountersign implements the contract of the same name.
func (c *Contracting) AskToCountersign(ctx context.Context, id uuid.UUID) (Asked, error) {
	var out Asked
	err := db.InTx(ctx, c.Pool, func(tx pgx.Tx) error {
		// Under the lock of the contract: whoever voids it ends the task, or comes first.
		row, err := query.New().LockContract(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return process.NotFound("contract", id.String())
		}
		if err != nil {
			return fmt.Errorf("lock a contract: %w", err)
		}
		before, err := query.New().GetTaskByKey(ctx, tx, process.Key(ctx))
		if err == nil {
			out = Asked{TaskID: before.ID, AssigneeID: before.AssigneeID.UUID, By: before.DueAt.UTC()}
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the task: %w", err)
		}
		if row.State != contracts.Signed { // it has moved on: nobody is to be asked
			return nil
		}
		out, err = c.ask(ctx, tx, row)
		return err
	})
	return out, err
}

func (c *Contracting) ask(ctx context.Context, tx pgx.Tx, row query.SmartContract) (Asked, error) {
	template, err := contracts.Kind.At(ctx, tx, row.Template, int(row.TemplateVersion))
	if err != nil {
		return Asked{}, err
	}
	due := row.SignedAt.Add(template.Countersign.Duration()).UTC()
	task, err := tasks.GiveIn(ctx, tx, c.Clock.Now().Truncate(time.Microsecond), tasks.Brief{
		Kind: contracts.CountersignTask, Title: "Sign a contract for our side", For: tasks.Owner, DealID: row.DealID, DueAt: due,
		Context: map[string]string{"contract_id": row.ID.String()}, Evidence: []string{"countersignature"}, // signing ends it, nothing else
	}, process.Key(ctx))
	return Asked{TaskID: task.TaskID, AssigneeID: task.AssigneeID, By: due}, err
}
