package records

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Rows names a stretch of an import's rows: those after row number After, at most RowsPerBatch.
type Rows struct {
	ImportID uuid.UUID `json:"import_id"`
	After    int       `json:"after"`
}

// RowsPerBatch is how many rows of an import are captured in one transaction.
const RowsPerBatch = 200

// Progress says how far an import has come. Next is the row number to go on after.
type Progress struct {
	Next int  `json:"next"`
	More bool `json:"more"`
}

// CaptureRows captures a stretch of rows: checked, resolved, scored, assigned, followed up, like any other lead. Rows and
// counters change in one transaction.
var CaptureRows = process.NewActivity[Rows, Progress]("records.capture-rows", process.Database,
	process.Yields("more rows", Progress{Next: RowsPerBatch, More: true}),
	process.Yields("no row left", Progress{Next: RowsPerBatch}))

// Import names an import.
type Import struct {
	ImportID uuid.UUID `json:"import_id"`
}

// Digest is who is to hear of an import, and the counts that end it.
type Digest struct {
	Readers  []uuid.UUID `json:"readers"`
	Rows     int         `json:"rows"`
	Rejected int         `json:"rejected"`
}

// FinishImport marks an import as completed and lists those whom it brought leads.
var FinishImport = process.NewActivity[Import, Digest]("records.finish-import", process.Database,
	process.Yields("every row captured", Digest{Readers: []uuid.UUID{uuid.Max}, Rows: 2}),
	process.Yields("leads for two", Digest{Readers: []uuid.UUID{uuid.Max, uuid.Nil}, Rows: 3, Rejected: 1}),
	process.Yields("nothing for anybody", Digest{Rows: 1, Rejected: 1}))

// FailImport marks an import that was cancelled; rows captured so far stay.
var FailImport = process.NewActivity[Import, struct{}]("records.fail-import", process.Database)
