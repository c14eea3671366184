package dispatch

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/journal"
	"github.com/perdura/perdura/process"
)

// deliverer turns events into starts and signals.
type deliverer struct {
	pool     *pgxpool.Pool
	temporal Temporal
	runs     journal.Engine
	opts     Options
	byName   map[string]process.Definition
	byEvent  map[string][]process.Definition
}

func newDeliverer(pool *pgxpool.Pool, temporal Temporal, runs journal.Engine, o Options) *deliverer {
	d := &deliverer{
		pool: pool, temporal: temporal, runs: runs, opts: o,
		byName: map[string]process.Definition{}, byEvent: map[string][]process.Definition{},
	}
	for _, def := range o.Definitions {
		desc := def.Describe()
		d.byName[desc.Name] = def
		listed := map[string]bool{}
		for _, t := range desc.Triggers {
			if !listed[t.Event] {
				listed[t.Event] = true
				d.byEvent[t.Event] = append(d.byEvent[t.Event], def)
			}
		}
	}
	return d
}

// task is one thing that an event asks for. start and signal have different halves of it.
type task struct {
	event   event
	def     process.Definition
	subject string
	data    json.RawMessage
	// entry of a start; empty means that it is derived from the event.
	entry string
	// signal is empty for a start. run is the workflow ID to signal; empty means every open run about subject.
	signal, run string
}

// event delivers one event. The state is pending when err says why it must be tried again, ignored when err says why
// nothing came of it.
func (d *deliverer) event(ctx context.Context, ev event) (state, contact, error) {
	tasks, err := d.tasks(ev)
	if err != nil {
		return pending, none, err
	}
	if len(tasks) == 0 {
		return ignored, none, problemf("no process takes an event of type %s with this data", ev.kind)
	}
	reached, outcome := none, ignored
	var reason error
	for _, t := range tasks {
		state, contact, err := d.task(ctx, t)
		if contact != none {
			reached = contact
		}
		switch state {
		case pending:
			return pending, reached, err
		case delivered:
			outcome = delivered
		case ignored:
			reason = err
		}
	}
	if outcome == delivered {
		reason = nil
	}
	return outcome, reached, reason
}

func (d *deliverer) task(ctx context.Context, t task) (state, contact, error) {
	if t.signal == "" {
		return d.start(ctx, t)
	}
	return d.signal(ctx, t)
}

// tasks reads what the event asks for. Its errors do not go away by themselves: the data or the table is wrong.
func (d *deliverer) tasks(ev event) ([]task, error) {
	switch ev.kind {
	case inbox.TypeStart:
		return d.directStart(ev)
	case inbox.TypeSignal:
		return d.directSignal(ev)
	}
	var tasks []task
	for _, def := range d.byEvent[ev.kind] {
		actions, err := trigger(def, ev)
		if err != nil {
			return nil, err
		}
		for _, a := range actions {
			tasks = append(tasks, task{event: ev, def: def, subject: a.Subject, data: a.Data, signal: a.Signal})
		}
	}
	return tasks, nil
}

// trigger asks the process, whose code is the designer's: it may panic, and its errors may quote data.
func trigger(def process.Definition, ev event) (actions []process.Action, err error) {
	defer func() {
		if recover() != nil {
			err = poisonf("process %s: its trigger for %s panicked on this event: mend the trigger", def.Describe().Name, ev.kind)
		}
	}()
	actions, err = def.On(ev.kind, ev.data)
	if err != nil {
		return nil, poisonf("event %s: its data does not fit process %s: mend the sender or the trigger", ev.kind, def.Describe().Name)
	}
	return actions, nil
}

func (d *deliverer) directStart(ev event) ([]task, error) {
	var s inbox.Start
	if err := json.Unmarshal(ev.data, &s); err != nil {
		return nil, poisonf("event %s: its data is not a start", ev.kind)
	}
	def, err := d.named(s.Process)
	if err != nil {
		return nil, err
	}
	subject, err := subjectOf(def, s.Input)
	switch {
	case err != nil:
		return nil, err
	case s.Subject != "" && s.Subject != subject:
		return nil, poisonf("start of process %s: the input is about another subject than the event", s.Process)
	}
	if _, err := uuid.Parse(s.Entry); s.Entry != "" && err != nil {
		return nil, poisonf("start of process %s: its entry is not a UUID: mend the sender", s.Process)
	}
	return []task{{event: ev, def: def, subject: subject, data: s.Input, entry: s.Entry}}, nil
}

func (d *deliverer) directSignal(ev event) ([]task, error) {
	var s inbox.Signal
	if err := json.Unmarshal(ev.data, &s); err != nil || s.Run == "" || s.Signal == "" {
		return nil, poisonf("event %s: its data is not a signal to a run", ev.kind)
	}
	def, err := d.named(s.Process)
	if err != nil {
		return nil, err
	}
	return []task{{event: ev, def: def, data: s.Payload, signal: s.Signal, run: s.Run}}, nil
}

// named finds a process. Its name is not quoted when it is unknown: it may be anything.
func (d *deliverer) named(name string) (process.Definition, error) {
	def, ok := d.byName[name]
	if !ok {
		return nil, poisonf("the event names a process that this binary does not have: deploy it, or mend the sender")
	}
	return def, nil
}

func subjectOf(def process.Definition, input json.RawMessage) (subject string, err error) {
	name := def.Describe().Name
	defer func() {
		if recover() != nil {
			err = poisonf("process %s: its subject function panicked on this input: mend it", name)
		}
	}()
	if subject, err = def.Subject(input); err != nil {
		return "", poisonf("start of process %s: the input does not fit: mend the sender", name)
	}
	return subject, nil
}
