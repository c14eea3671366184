package process

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Event is the typed contract of an event: its CloudEvents type and the shape of its data.
type Event[T any] struct{ name, purpose string }

// NewEvent declares an event type ("noun.verb-in-past").
func NewEvent[T any](name, purpose string) Event[T] { return Event[T]{name, purpose} }

// Name is the CloudEvents type.
func (e Event[T]) Name() string { return e.name }

// Purpose says what happened, in one sentence.
func (e Event[T]) Purpose() string { return e.purpose }

// Data is the type of the event's data.
func (e Event[T]) Data() reflect.Type { return reflect.TypeFor[T]() }

// Action is what an event asks of a process: to start a run with Input, or to take Payload as Signal.
type Action struct {
	Process string
	Subject string
	// Signal is empty for a start.
	Signal string
	// Data is the input of a start or the payload of a signal, as JSON. Identifiers only.
	Data json.RawMessage
}

type trigger struct {
	TriggerInfo
	act func(process string, data json.RawMessage) (Action, bool, error)
}

// StartsOn makes an event start the process. input returns false when this event is none of its business.
func StartsOn[T, In any](e Event[T], input func(T) (In, bool)) Option {
	return func(d *draft) {
		if reflect.TypeFor[In]() != d.in {
			panic(fmt.Sprintf("process %q: StartsOn(%s) makes a %s, the input is %s", d.Name, e.name, reflect.TypeFor[In](), d.in))
		}
		t := trigger{TriggerInfo: TriggerInfo{Event: e.name, Purpose: e.purpose}}
		t.act = func(process string, data json.RawMessage) (Action, bool, error) {
			ev, err := decodeEvent[T](e.name, data)
			if err != nil {
				return Action{}, false, err
			}
			in, ok := input(ev)
			if !ok {
				return Action{}, false, nil
			}
			raw, err := json.Marshal(in)
			return Action{Process: process, Data: raw}, true, err
		}
		d.triggers = append(d.triggers, t)
		d.Triggers = append(d.Triggers, t.TriggerInfo)
	}
}

// SignalsOn makes an event signal the run about the returned subject.
func SignalsOn[T, P any](e Event[T], s Signal[P], payload func(T) (subject string, p P, ok bool)) Option {
	return func(d *draft) {
		t := trigger{TriggerInfo: TriggerInfo{Event: e.name, Purpose: e.purpose, Signal: s.name}}
		t.act = func(process string, data json.RawMessage) (Action, bool, error) {
			ev, err := decodeEvent[T](e.name, data)
			if err != nil {
				return Action{}, false, err
			}
			subject, p, ok := payload(ev)
			if !ok {
				return Action{}, false, nil
			}
			raw, err := json.Marshal(p)
			return Action{Process: process, Subject: subject, Signal: s.name, Data: raw}, true, err
		}
		d.triggers = append(d.triggers, t)
		d.Triggers = append(d.Triggers, t.TriggerInfo)
	}
}

func decodeEvent[T any](name string, data json.RawMessage) (T, error) {
	var ev T
	if err := json.Unmarshal(data, &ev); err != nil {
		return ev, fmt.Errorf("event %s: its data is not a %T: %w", name, ev, err)
	}
	return ev, nil
}

// On lists what an event of this type asks of the process.
func (p *Process[In, Out]) On(eventType string, data json.RawMessage) ([]Action, error) {
	var actions []Action
	for _, t := range p.triggers {
		if t.Event != eventType {
			continue
		}
		a, ok, err := t.act(p.d.Name, data)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if a.Signal == "" {
			if a.Subject, err = p.Subject(a.Data); err != nil {
				return nil, err
			}
		}
		actions = append(actions, a)
	}
	return actions, nil
}
