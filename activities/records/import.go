package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// FinishImport implements the contract FinishImport.
func (r *Records) FinishImport(ctx context.Context, arg Import) (Digest, error) {
	var out Digest
	err := r.at(ctx, func(d *desk) error {
		if err := d.closeImport(arg, "completed"); err != nil {
			return err
		}
		file, err := d.q.LockLeadImport(ctx, d.tx, arg.ImportID)
		if err != nil {
			return fmt.Errorf("read the import: %w", err)
		}
		out.Rows, out.Rejected = int(file.Processed), int(file.Rejected)
		out.Readers, err = d.q.ListImportReaders(ctx, d.tx, db.NullID(arg.ImportID))
		if err != nil {
			return fmt.Errorf("read who got leads of the import: %w", err)
		}
		return nil
	})
	return out, err
}

// FailImport implements the contract FailImport.
func (r *Records) FailImport(ctx context.Context, arg Import) (struct{}, error) {
	return struct{}{}, r.at(ctx, func(d *desk) error { return d.closeImport(arg, "failed") })
}

func (d *desk) closeImport(arg Import, state string) error {
	if _, err := d.q.LockLeadImport(d.ctx, d.tx, arg.ImportID); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return process.NotFound("import", arg.ImportID.String())
		}
		return fmt.Errorf("read the import: %w", err)
	}
	closed, err := d.q.CloseLeadImport(d.ctx, d.tx, query.CloseLeadImportParams{ID: arg.ImportID, State: state, Now: &d.now})
	if err != nil {
		return fmt.Errorf("close the import: %w", err)
	}
	if closed > 0 {
		d.record("lead-import.close", "lead-import", arg.ImportID, state, "state")
	}
	return nil
}
