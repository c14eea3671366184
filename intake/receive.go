package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// importSpace is the UUID name space of import ids that are derived from a key.
var importSpace = uuid.MustParse("4f0c7a53-8d3e-5a8e-b1d4-6a7c21f0e9b2")

// ImportID is the id of the import that is received under key.
func ImportID(key string) uuid.UUID { return uuid.NewSHA1(importSpace, []byte(key)) }

// Receive keeps a whole file of leads in tx: its rows, the event lead-import.received and an audit record. source is the
// source of the rows that name none. Rows that cannot be leads are kept as rejected, with the reasons. Receiving again
// under the origin's key, which must be set, changes nothing. Errors: *FileError when the file cannot be taken.
func Receive(ctx context.Context, tx pgx.Tx, now time.Time, file io.Reader, source string, o Origin) (uuid.UUID, error) {
	rows, err := NewCSV(file)
	if err != nil {
		return uuid.Nil, err
	}
	id := ImportID(o.Key)
	q := query.New()
	n, err := q.InsertLeadImport(ctx, tx, query.InsertLeadImportParams{ID: id, Source: source, CreatedAt: now})
	if err != nil {
		return uuid.Nil, fmt.Errorf("receive a file of leads: %w", err)
	}
	if n == 0 {
		return id, nil
	}
	copied := &copySource{id: id, source: source, rows: rows}
	columns := []string{"import_id", "row_no", "raw", "state", "errors"}
	if _, err = tx.CopyFrom(ctx, pgx.Identifier{"lead_import_rows"}, columns, copied); err != nil {
		if copied.err != nil {
			return uuid.Nil, copied.err
		}
		return uuid.Nil, fmt.Errorf("receive a file of leads: %w", err)
	}
	if copied.total == 0 {
		return uuid.Nil, &FileError{Message: "names its columns and has no rows"}
	}
	if err := q.CountReceivedRows(ctx, tx, query.CountReceivedRowsParams{ID: id, Total: copied.total, Rejected: copied.rejected}); err != nil {
		return uuid.Nil, fmt.Errorf("receive a file of leads: %w", err)
	}
	record := o.Actor
	record.Action, record.ResourceKind, record.ResourceID = "lead_import.receive", "lead_import", id.String()
	record.Reason = fmt.Sprintf("a file with %d rows came in", copied.total)
	if err := audit.Append(ctx, tx, now, record); err != nil {
		return uuid.Nil, err
	}
	return id, inbox.Emit(ctx, tx, now, "lead-import/"+id.String()+"/received", id.String(), events.ImportReceived, events.Import{ImportID: id})
}

// copySource streams the rows of a file to PostgreSQL.
type copySource struct {
	id     uuid.UUID
	source string
	rows   *CSV

	row             Row
	total, rejected int32
	err             error
}

func (c *copySource) Next() bool {
	c.row, c.err = c.rows.Next()
	if errors.Is(c.err, io.EOF) {
		c.err = nil
		return false
	}
	return c.err == nil
}

func (c *copySource) Values() ([]any, error) {
	c.total++
	if len(c.row.Errors) > 0 {
		c.rejected++
		errs, err := json.Marshal(c.row.Errors)
		return []any{c.id, c.row.Number, c.row.Raw, "rejected", json.RawMessage(errs)}, err
	}
	return []any{c.id, c.row.Number, c.row.withSource(c.source), "waiting", nil}, nil
}

func (c *copySource) Err() error { return c.err }

// withSource is the row's submission, with source where it names none.
func (r Row) withSource(source string) json.RawMessage {
	var s Submission
	if json.Unmarshal(r.Raw, &s) != nil || s.Source != "" {
		return r.Raw
	}
	s.Source = source
	raw, err := json.Marshal(s)
	if err != nil {
		return r.Raw
	}
	return raw
}
