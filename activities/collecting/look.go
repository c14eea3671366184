package collecting

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
)

// look implements Look. The account is read on one version, and what was seen is kept for those who look at the list.
func (c *Collecting) look(ctx context.Context, f File) (out Standing, err error) {
	now := c.clock.Now().Truncate(time.Microsecond)
	if f.Now.Before(now) {
		f.Now = now // the run's clock stands still between two of its tasks
	}
	fresh := f.Plan == ""
	err = db.InTx(ctx, c.pool, func(tx pgx.Tx) error {
		account, err := c.books.Account(ctx, tx, f.Now, f.ContactID, f.Invoices)
		if err != nil {
			return fmt.Errorf("read the account of contact %s: %w", f.ContactID, err)
		}
		plan, name, version, err := planOf(ctx, tx, f, account)
		if err != nil {
			return fmt.Errorf("choose a dunning plan: %w", err)
		}
		f.Plan, f.Version = name, version
		out = Judge(plan, f, account)
		if out.Stands == Gone {
			return nil
		}
		return c.note(ctx, tx, f, out, fresh)
	})
	return out, err
}

// note keeps how the customer stood.
func (c *Collecting) note(ctx context.Context, tx pgx.Tx, f File, s Standing, fresh bool) error {
	row := query.NoteCollectionParams{
		ContactID: f.ContactID, Now: f.Now, Fresh: fresh, State: s.Stands, Plan: s.Plan, PlanVersion: int32(s.Version), Step: int32(f.Step),
		DueMinor: s.Due.Minor, Currency: s.Due.Currency, Invoices: int32(len(s.Claims)), BrokenPromises: int32(s.Broken), Next: s.Next.Do,
	}
	switch {
	case !s.Next.At.IsZero():
		row.NextAt = &s.Next.At
	case !s.Until.IsZero():
		row.NextAt = &s.Until
	}
	if err := c.q.NoteCollection(ctx, tx, row); err != nil {
		return fmt.Errorf("keep how the collection stands: %w", err)
	}
	return nil
}
