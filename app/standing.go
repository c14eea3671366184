package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/inbox"
)

// startStanding asks for one run of each standing process. A run that goes on is joined, so asking again changes nothing.
func (h *house) startStanding(ctx context.Context) error {
	var starts []inbox.Event
	for _, def := range h.table.Processes {
		d := def.Describe()
		if d.Standing == nil {
			continue
		}
		subject, err := def.Subject(d.Standing)
		if err != nil {
			return err
		}
		starts = append(starts, inbox.NewStart(d.Name, subject, "", d.Standing))
	}
	if len(starts) == 0 {
		return nil
	}
	err := db.InTx(ctx, h.pool, func(tx pgx.Tx) error {
		_, err := inbox.Accept(ctx, tx, h.clock.Now(), starts...)
		return err
	})
	if err != nil {
		return fmt.Errorf("start the standing processes: %w", err)
	}
	return nil
}
