package leadimport

import (
	"slices"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/process"
)

// digestsAtOnce bounds how many digests are on their way at the same time.
const digestsAtOnce = 10

// run captures the rows. A run that is cancelled half-way keeps the leads captured so far and closes the import.
func run(ctx workflow.Context, in Input) (Outcome, error) {
	out, err := capture(ctx, in)
	if temporal.IsCanceledError(err) {
		if _, undone := process.Undo(ctx, "Close the import", records.FailImport, records.Import{ImportID: in.ImportID}); undone != nil {
			return out, undone
		}
	}
	return out, err
}

func capture(ctx workflow.Context, in Input) (Outcome, error) {
	for {
		p, err := process.Do(ctx, "Capture a batch of rows", records.CaptureRows, records.Rows(in))
		if err != nil {
			return Outcome{}, err
		}
		in.After = p.Next
		if !process.DecideIf(ctx, "Are there more rows?", p.More) {
			break
		}
		if process.ShouldContinue(ctx) {
			return Outcome{}, process.Continue(in)
		}
	}
	digest, err := process.Do(ctx, "Close the file", records.FinishImport, records.Import{ImportID: in.ImportID})
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Status: Completed, Rows: digest.Rows, Rejected: digest.Rejected}
	switch {
	case digest.Rejected == digest.Rows && digest.Rows > 0:
		out.Status = Rejected
	case digest.Rejected > 0:
		out.Status = WithRejects
	}
	return out, sendDigests(ctx, in.ImportID, digest.Readers)
}

// sendDigests tells everybody once what the import brought them. A digest that fails leaves the leads where they are.
func sendDigests(ctx workflow.Context, importID uuid.UUID, readers []uuid.UUID) error {
	for group := range slices.Chunk(readers, digestsAtOnce) {
		branches := make([]process.Branch, len(group))
		for i, reader := range group {
			branches[i] = process.Branch{Name: "Reader " + string(rune('1'+i)), Run: func(ctx workflow.Context) error {
				_, err := process.Do(ctx, "Send the digest", notify.Send, notify.Message{
					Template: notify.ImportDigest, Channel: notify.Email, UserID: reader, ImportID: importID,
				})
				return err
			}}
		}
		if err := process.Parallel(ctx, "Tell everybody who got leads", branches...); temporal.IsCanceledError(err) {
			return err
		}
	}
	return nil
}
