package receivable

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/activities/receivables"
	"github.com/perdura/perdura/process"
)

// run looks at the books whenever something has changed, and when the day has passed.
func run(ctx workflow.Context, in Input) (Outcome, error) {
	for {
		invoice, err := process.Do(ctx, "Look at the invoice", receivables.Look, receivables.Invoice{InvoiceID: in.InvoiceID})
		if err != nil {
			return Outcome{}, err
		}
		switch process.Decide(ctx, "How does it stand?", invoice.Stands, receivables.Open, receivables.Paid, receivables.Void) {
		case receivables.Paid:
			return Outcome{Paid}, nil
		case receivables.Void:
			return Outcome{Void}, nil
		}
		switch process.AwaitAny(ctx, "The due day ends", process.Until(invoice.OverdueAt), Changed.Into(new(News))) {
		case process.TimedOut:
			out, err := process.Do(ctx, "Tell that it is overdue", receivables.Tell, receivables.Passed{InvoiceID: in.InvoiceID, At: invoice.OverdueAt})
			if err != nil {
				return Outcome{}, err
			}
			if process.DecideIf(ctx, "Was it told?", out.Told) {
				return Outcome{Overdue}, nil
			}
		case "":
			return Outcome{}, temporal.NewCanceledError()
		}
		if process.ShouldContinue(ctx) {
			return Outcome{}, process.Continue(in)
		}
	}
}
