package process

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"

	"go.temporal.io/sdk/workflow"
)

// Result is what a run ends with. Ending names it in the words of the business ("captured", "merged"); maps, reports
// and the status answer use that name.
type Result interface{ Ending() string }

// Process is one business process: its contract and its code. It is made once, as a package variable.
type Process[In any, Out Result] struct {
	d   Description
	run func(workflow.Context, In) (Out, error)

	subject  func(In) string
	inputs   []Named[In]
	triggers []trigger
	results  []Out
}

// Named is an example with the name it has on the map.
type Named[T any] struct {
	Name  string
	Value T
}

// Reentry says what a second start for the same subject means.
type Reentry string

const (
	// OneAtATime joins: while a run goes on, a second start is answered with that run.
	OneAtATime Reentry = "one at a time"
	// AfterExit refuses a second start while a run goes on; after it ended, a new run may begin.
	AfterExit Reentry = "after exit"
	// OnceEver refuses every start after the first, even years later.
	OnceEver Reentry = "once ever"
	// Many lets every start begin a run of its own.
	Many Reentry = "many"
)

// Description is everything about a process that is data: the API, the OpenAPI document and the docs are fed from it.
type Description struct {
	Name    string
	Purpose string
	Owner   string
	Reentry Reentry
	// Pinned runs end on the build of the worker that they began on; others go on with the newest.
	Pinned bool
	// Standing is the input with which the house starts the process by itself; nil for all others.
	Standing json.RawMessage
	Endings  []string
	Input    reflect.Type
	Output   reflect.Type
	Signals  []MessageInfo
	Updates  []MessageInfo
	// Triggers are the types of the events that start or signal this process.
	Triggers []TriggerInfo
}

// MessageInfo describes a signal or an update: Answer is nil for signals.
type MessageInfo struct {
	Name, Purpose string
	Payload       reflect.Type
	Answer        reflect.Type
}

// TriggerInfo describes one event type that reaches a process. Signal is empty when the event starts a run.
type TriggerInfo struct {
	Event, Purpose, Signal string
}

// Definition is a Process without its types, as the registration table holds it.
type Definition interface {
	// Describe returns the contract as data.
	Describe() Description
	// workflow returns the workflow function: see Process.Execute.
	workflow() any
	// Subject extracts the opaque subject from an input; it errs when the input does not decode or names no subject.
	Subject(input json.RawMessage) (string, error)
	// On lists what an event of this type asks of the process.
	On(eventType string, data json.RawMessage) ([]Action, error)

	explorable
}

// Option refines a Process. Typed options panic at start-up, with the process's name, when their types do not fit.
type Option func(d *draft)

type draft struct {
	Description
	in       reflect.Type
	subject  any
	inputs   []any
	results  []any
	triggers []trigger
}

var processName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// New declares a process. name is lower-case words joined by hyphens and never changes once runs exist.
func New[In any, Out Result](name string, run func(workflow.Context, In) (Out, error), opts ...Option) *Process[In, Out] {
	d := &draft{Description: Description{
		Name: name, Reentry: OneAtATime,
		Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](),
	}, in: reflect.TypeFor[In]()}
	if !processName.MatchString(name) {
		panic(fmt.Sprintf("process %q: a name is lower-case words joined by hyphens", name))
	}
	for _, opt := range opts {
		opt(d)
	}
	subject, ok := d.subject.(func(In) string)
	if !ok {
		panic(fmt.Sprintf("process %q: declare process.OneRunPer(func(in %s) string {…})", name, d.in))
	}
	p := &Process[In, Out]{d: d.Description, run: run, subject: subject, triggers: d.triggers}
	for _, in := range d.inputs {
		named, ok := in.(Named[In])
		if !ok {
			panic(fmt.Sprintf("process %q: process.Given wants an example of %s, not %T", name, d.in, in))
		}
		p.inputs = append(p.inputs, named)
	}
	if len(p.inputs) == 0 {
		p.inputs = []Named[In]{{}}
	}
	for _, r := range d.results {
		out, ok := r.(Out)
		if !ok {
			panic(fmt.Sprintf("process %q: process.Returns wants a %s, not %T", name, d.Output, r))
		}
		p.results = append(p.results, out)
	}
	return p
}

// Describe returns the contract as data.
func (p *Process[In, Out]) Describe() Description { return p.d }

// Name is the process's name, which is also its Temporal workflow type.
func (p *Process[In, Out]) Name() string { return p.d.Name }

func (p *Process[In, Out]) workflow() any { return p.Execute }

// Subject decodes input and returns the opaque subject that a run is about.
func (p *Process[In, Out]) Subject(input json.RawMessage) (string, error) {
	var in In
	if err := json.Unmarshal(input, &in); err != nil {
		return "", fmt.Errorf("process %s: the input is not a %s: %w", p.d.Name, p.d.Input, err)
	}
	return p.subject(in), nil
}

// WorkflowID is the Temporal workflow ID of the run about subject. entry tells runs of the same subject apart where
// the re-entry rule allows several at once.
func (d Description) WorkflowID(subject, entry string) string {
	if d.Reentry == Many {
		return d.Name + ":" + subject + ":" + entry
	}
	return d.Name + ":" + subject
}

// Purpose says in one sentence why the business has this process.
func Purpose(sentence string) Option { return func(d *draft) { d.Purpose = sentence } }

// Owner names the team that answers for the process.
func Owner(team string) Option { return func(d *draft) { d.Owner = team } }

// OneRunPer names the subject of a run: an opaque id without slashes, taken from the input.
func OneRunPer[In any](subject func(In) string) Option { return func(d *draft) { d.subject = subject } }

// Reenters sets the re-entry rule; OneAtATime when not given.
func Reenters(rule Reentry) Option { return func(d *draft) { d.Reentry = rule } }

// Pinned keeps each run on the build of the worker that it began on, where workers are versioned. It suits runs that end
// within days; those that live for months should follow the newest build, which recorded histories prove they can.
func Pinned() Option { return func(d *draft) { d.Pinned = true } }

// Standing makes the house see to it that one run with this input goes on: it starts one whenever a dispatcher comes up
// and none is running. It suits watches that look at something every day. The re-entry rule has to be OneAtATime.
func Standing[In any](in In) Option {
	return func(d *draft) {
		if reflect.TypeFor[In]() != d.in {
			panic(fmt.Sprintf("process %q: Standing wants a %s, not %T", d.Name, d.in, in))
		}
		raw, err := json.Marshal(in)
		if err != nil {
			panic(fmt.Sprintf("process %q: Standing: %v", d.Name, err))
		}
		d.Standing = raw
	}
}

// Ends lists every ending the process may have. Exploration fails when the code ends otherwise or never reaches one.
func Ends(endings ...string) Option { return func(d *draft) { d.Endings = endings } }

// Returns adds example results, with which exploration lets a parent go on that follows this process as a child.
func Returns[Out Result](results ...Out) Option {
	return func(d *draft) {
		for _, r := range results {
			d.results = append(d.results, r)
		}
	}
}

// All is several options as one, for packages that offer what a process declares together.
func All(opts ...Option) Option {
	return func(d *draft) {
		for _, opt := range opts {
			opt(d)
		}
	}
}

// Given adds an example input that exploration walks from.
func Given[In any](name string, in In) Option {
	return func(d *draft) { d.inputs = append(d.inputs, Named[In]{name, in}) }
}

// Receives declares the signals that the process understands.
func Receives(signals ...SignalContract) Option {
	return func(d *draft) {
		for _, s := range signals {
			d.Signals = append(d.Signals, s.info())
		}
	}
}

// Answers declares the updates that the process answers with a verdict.
func Answers(updates ...UpdateContract) Option {
	return func(d *draft) {
		for _, u := range updates {
			d.Updates = append(d.Updates, u.info())
		}
	}
}
