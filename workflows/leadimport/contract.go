// Package leadimport captures a file of leads, row by row, without holding up the leads that come in meanwhile.
package leadimport

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/process"
)

// Input names the import, whose rows stand in lead_import_rows. After is the row to go on after when a long run
// continues.
type Input struct {
	ImportID uuid.UUID `json:"import_id"`
	After    int       `json:"after,omitempty"`
}

// Endings of the process.
const (
	Completed   = "completed"              // every row became a lead
	WithRejects = "completed with rejects" // some rows could not be read
	Rejected    = "rejected"               // none could
)

// Outcome says how it ended.
type Outcome struct {
	Status   string `json:"status"`
	Rows     int    `json:"rows"`
	Rejected int    `json:"rejected"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Process is the import of a file of leads.
var Process = process.New("lead-import", run,
	process.Owner("sales-operations"),
	process.Purpose("Capture a whole file of leads as if each had come in by itself."),
	process.OneRunPer(func(in Input) string { return in.ImportID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a file", Input{ImportID: uuid.Max}),
	process.StartsOn(events.ImportReceived, func(e events.Import) (Input, bool) {
		return Input{ImportID: e.ImportID}, e.ImportID != uuid.Nil
	}),
	process.Ends(Completed, WithRejects, Rejected),
	process.Returns(Outcome{Status: Completed, Rows: 2}, Outcome{Status: WithRejects, Rows: 2, Rejected: 1},
		Outcome{Status: Rejected, Rows: 1, Rejected: 1}),
)
