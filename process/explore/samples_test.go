package explore_test

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
)

type input struct{ ID string }

type result struct{ End string }

func (r result) Ending() string { return r.End }

func end(name string) (result, error) { return result{name}, nil }

var about = process.OneRunPer(func(in input) string { return in.ID })

func newProcess(name string, run func(workflow.Context, input) (result, error), opts ...process.Option) *process.Process[input, result] {
	return process.New(name, run, append(opts, about)...)
}

// Activities of the samples.
var (
	ask    = process.NewActivity[string, string]("message.ask", process.Provider, process.Yields("sent", "m1"), process.Refuses[string]("no-consent"))
	record = process.NewActivity[string, struct{}]("records.note", process.Database)
	check  = process.NewActivity[string, int]("score.check", process.Database, process.Yields("high", 90), process.Yields("middle", 50), process.Yields("low", 10))
	book   = process.NewActivity[string, bool]("stock.book", process.Provider, process.Yields("booked", true), process.Yields("none left", false))
	free   = process.NewActivity[string, struct{}]("stock.free", process.Provider)
)

var (
	answered = process.NewSignal("answered", "the customer answers",
		process.Named[bool]{Name: "arrived", Value: true}, process.Named[bool]{Name: "missing", Value: false})
	stopped = process.NewSignal[struct{}]("stopped", "somebody stops it")
	approve = process.NewUpdate[int, bool]("approve", "a manager decides",
		process.Named[int]{Name: "approved", Value: 1}, process.Named[int]{Name: "rejected", Value: 2}, process.Named[int]{Name: "nonsense", Value: 3})
)

// reminders asks, reminds up to three times and then gives up: a loop with waits and a bound.
var reminders = newProcess("delivery-check", func(ctx workflow.Context, in input) (result, error) {
	if _, err := process.Do(ctx, "Ask whether it arrived", ask, in.ID); err != nil {
		if process.Code(err) == "no-consent" {
			return end("may not ask")
		}
		return result{}, err
	}
	for range 3 {
		arrived, ok := answered.Await(ctx, "Customer answers", process.For(48*time.Hour))
		if ok {
			if process.DecideIf(ctx, "Did it arrive?", arrived) {
				return end("arrived")
			}
			_, err := process.Do(ctx, "Open a search with the carrier", record, in.ID)
			return result{"searching"}, err
		}
		if err := ctx.Err(); err != nil {
			return result{}, err
		}
		if _, err := process.Do(ctx, "Remind the customer", record, in.ID); err != nil {
			return result{}, err
		}
	}
	return end("silent")
},
	process.Purpose("Find failed deliveries before the customer complains."), process.Owner("customer service"),
	process.Receives(answered), process.Ends("arrived", "searching", "silent", "may not ask"))

// order has parallel branches with decisions and a nested fork in them, and compensates what it did.
var order = newProcess("order-confirm", func(ctx workflow.Context, in input) (result, error) {
	booked := false
	score := 0
	err := process.Parallel(ctx, "Prepare",
		process.Branch{Name: "Stock", Run: func(ctx workflow.Context) (err error) {
			booked, err = process.Do(ctx, "Book the goods", book, in.ID)
			return err
		}},
		process.Branch{Name: "Risk", Run: func(ctx workflow.Context) (err error) {
			score, err = process.Do(ctx, "Check the risk", check, in.ID)
			if err == nil && process.DecideIf(ctx, "Look closer?", score < 20) {
				return process.Parallel(ctx, "Look closer",
					process.Branch{Name: "Register", Run: func(ctx workflow.Context) error {
						_, err := process.Do(ctx, "Ask the register", ask, in.ID)
						return err
					}},
					process.Branch{Name: "History", Run: func(ctx workflow.Context) error {
						_, err := process.Do(ctx, "Read the history", record, in.ID)
						return err
					}})
			}
			return err
		}})
	release := func() {
		if booked {
			_, _ = process.Undo(ctx, "Release the goods", free, in.ID)
		}
	}
	if err != nil {
		release()
		return result{}, err
	}
	if !process.DecideIf(ctx, "Goods booked?", booked) {
		return end("sold out")
	}
	verdict := 0
	answers, err := approve.Handle(ctx,
		func(v int) error {
			if v > 2 {
				return process.Refused("nonsense", "neither yes nor no")
			}
			return nil
		},
		func(ctx workflow.Context, v int) (bool, error) { verdict = v; return v == 1, nil })
	if err != nil {
		return result{}, err
	}
	switch process.AwaitAny(ctx, "Manager approves", process.For(72*time.Hour), answers.Next(), stopped.Into(new(struct{}))) {
	case approve.Name():
		if process.DecideIf(ctx, "Approved?", verdict == 1) {
			return end("confirmed")
		}
		release()
		return end("rejected")
	case "":
		release()
		return result{}, ctx.Err()
	default:
		release()
		return end("withdrawn")
	}
}, process.Purpose("Confirm an order once goods and risk are clear."), process.Owner("sales"),
	process.Receives(stopped), process.Answers(approve),
	process.Ends("confirmed", "rejected", "withdrawn", "sold out"))
