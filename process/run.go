package process

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/clock"
)

// Envelope accompanies the input of a run: who it is among the runs of its subject, which clock it lives by, and what
// it carries from the run it continues. Whoever starts a run fills Entry and Clock.
type Envelope struct {
	// Entry is the opaque id of this business run; the journal's key. Continue-as-new and resets keep it.
	Entry string `json:"entry,omitempty"`
	// Clock is the business clock; the zero value is real time.
	Clock clock.Clock `json:"clock,omitzero"`
	// Carry is what a continued run brings along; nil at the first start.
	Carry *Carry `json:"carry,omitempty"`
}

// Carry is what survives continue-as-new.
type Carry struct {
	Inbox map[string][]Delivery `json:"inbox,omitempty"` // signals that nobody has awaited yet
	Seen  []string              `json:"seen,omitempty"`  // ids of the events already taken
	Steps map[string]int        `json:"steps,omitempty"` // how often each step ran: the keys count on
	Trail []Visit               `json:"trail,omitempty"`
}

// Execute is the workflow function that workers register under the process's name.
func (p *Process[In, Out]) Execute(ctx workflow.Context, in In, env Envelope) (Out, error) {
	st := newState(p.d, env)
	ctx = withState(ctx, st)
	if err := st.open(ctx); err != nil {
		var zero Out
		return zero, err
	}
	out, err := p.run(ctx, in)
	return out, st.close(ctx, out, err)
}

// Register adds a definition's workflow to a worker under the process's name.
func Register(r WorkflowRegistry, d Definition) {
	options := workflow.RegisterOptions{Name: d.Describe().Name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade}
	if d.Describe().Pinned {
		options.VersioningBehavior = workflow.VersioningBehaviorPinned
	}
	r.RegisterWorkflowWithOptions(d.workflow(), options)
}

// WorkflowRegistry is the part of a Temporal worker (or test environment) that takes workflows.
type WorkflowRegistry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Closed is what the journal keeps of a run that ended.
type Closed struct {
	Entry   string    `json:"entry"`
	Process string    `json:"process"`
	Run     string    `json:"run"` // the Temporal workflow ID
	State   State     `json:"state"`
	Outcome string    `json:"outcome,omitempty"`
	Trail   []Visit   `json:"trail,omitempty"`
	At      time.Time `json:"at"`
	// Unread counts, by signal, the facts that arrived and that the process never awaited.
	Unread map[string]int `json:"unread,omitempty"`
}

// CloseRun writes the end of a run into the journal. It is implemented where the journal lives. Called again with the
// same key, it overwrites what it wrote: more signals may have arrived unread in the meantime.
var CloseRun = NewActivity[Closed, struct{}]("runs.close", Database)

// open starts to collect signals and answers the status query.
func (st *state) open(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, StatusQuery, func() (Status, error) { return st.status(), nil },
		workflow.QueryHandlerOptions{Description: "where the run stands, what it waits for, and its trail"}); err != nil {
		return err
	}
	st.channels = map[string]workflow.ReceiveChannel{}
	for _, s := range st.d.Signals {
		st.channels[s.Name] = workflow.GetSignalChannelWithOptions(ctx, s.Name, workflow.SignalChannelOptions{Description: s.Purpose})
	}
	return nil
}

// close drains what arrived, lets update handlers finish, and writes the journal; a continued run is not closed.
func (st *state) close(ctx workflow.Context, out Result, err error) error {
	finish, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if waitErr := workflow.Await(finish, func() bool { return workflow.AllHandlersFinished(finish) }); waitErr != nil {
		return waitErr
	}
	st.collect()
	var again *continuation
	if errors.As(err, &again) {
		env := Envelope{Entry: st.env.Entry, Clock: st.env.Clock, Carry: st.carry()}
		return workflow.NewContinueAsNewError(ctx, st.d.Name, again.input, env)
	}
	info := workflow.GetInfo(ctx)
	closed := Closed{
		Entry: st.env.Entry, Process: st.d.Name, Run: info.WorkflowExecution.ID,
		State: Completed, Trail: st.trail, At: Now(ctx),
	}
	switch {
	case err == nil:
		closed.Outcome = out.Ending()
	case temporal.IsCanceledError(err):
		closed.State = Cancelled
	default:
		closed.State, closed.Outcome = Failed, Code(err)
	}
	workflow.SetCurrentDetails(ctx, "Ended: "+closed.Outcome)
	if jErr := st.journal(finish, closed); jErr != nil {
		return jErr
	}
	return st.failure(ctx, err)
}

// journal writes the end of the run, and writes it again when signals arrived while the journal was out of reach.
func (st *state) journal(ctx workflow.Context, closed Closed) error {
	for {
		closed.Unread = st.unread(ctx)
		if err := writeEnd(ctx, closed); err != nil {
			return err
		}
		st.collect()
		if maps.Equal(closed.Unread, st.unread(ctx)) {
			return nil
		}
	}
}

func writeEnd(ctx workflow.Context, closed Closed) error {
	call := Call[Closed]{Key: closed.Run + "/" + closed.Entry + "/close", Arg: closed}
	if err := local(ctx, "Write the journal", CloseRun.name, call).Get(ctx, nil); err != nil {
		return fmt.Errorf("write the end of the run into the journal: %w", err)
	}
	return nil
}

// failure is err as it may stand in the history. A text that neither the kit nor Temporal wrote may quote a person.
func (st *state) failure(ctx workflow.Context, err error) error {
	if err == nil || temporal.IsCanceledError(err) {
		return err
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) && slices.Contains(ours, app.Type()) {
		return app
	}
	workflow.GetLogger(ctx).Error("process failed", "process", st.d.Name, "cause_type", fmt.Sprintf("%T", rootCause(err)))
	return Unavailable(fmt.Sprintf("process %s failed (%T)", st.d.Name, rootCause(err)))
}

// continuation asks the kit to continue the run as a new one.
type continuation struct{ input any }

func (c *continuation) Error() string { return "continue as new" }

// longRun is how many steps a run takes before it should go on as a new one, whatever Temporal suggests. A run that finds
// thousands of facts waiting takes its steps in one workflow task: the suggestion comes with the next, and what the task
// reports must fit into one message.
const longRun = 1500

// ShouldContinue reports whether the run's history has grown so long that it should go on as a new run.
func ShouldContinue(ctx workflow.Context) bool {
	st := stateOf(ctx)
	if st.explorer != nil {
		// Each place of a process has a point of its own, so that the map leads on from it as the code does.
		return st.choose(ctx, PointRenewal, "Go on as a new run after: "+st.chosen, "", []string{"no", "yes"}) == 1
	}
	return st.taken >= longRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// Continue is returned by a process that goes on as a new run with in, its next input. Signals not yet awaited, the
// ids of those taken, the trail and the idempotency keys go along; update handlers finish first.
func Continue[In any](in In) error { return &continuation{input: in} }

// Now is the business time. It is the same at every replay.
func Now(ctx workflow.Context) time.Time { return stateOf(ctx).env.Clock.At(workflow.Now(ctx)) }
