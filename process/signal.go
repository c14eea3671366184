package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"go.temporal.io/sdk/workflow"
)

// seenLength bounds the event ids a run remembers; a repeat later than that many events is not recognised.
const seenLength = 1000

// Signal is the typed contract of a fact that the outside tells a run. Facts are never refused.
type Signal[T any] struct {
	name, purpose string
	examples      []Named[T]
}

// NewSignal declares a signal. Examples name the payloads that the process tells apart; exploration tells it each.
func NewSignal[T any](name, purpose string, examples ...Named[T]) Signal[T] {
	if len(examples) == 0 {
		examples = []Named[T]{{Name: name}}
	}
	return Signal[T]{name, purpose, examples}
}

// SignalContract is a Signal of any payload.
type SignalContract interface{ info() MessageInfo }

func (s Signal[T]) info() MessageInfo {
	return MessageInfo{Name: s.name, Purpose: s.purpose, Payload: reflect.TypeFor[T]()}
}

// Name is the signal's name in Temporal and in the REST path.
func (s Signal[T]) Name() string { return s.name }

// Delivery is a signal on the wire. EventID makes a repeat harmless; a bare payload, as somebody may type it in the
// Temporal UI, is taken too.
type Delivery struct {
	EventID string          `json:"event_id,omitempty"`
	Data    json.RawMessage `json:"data"`
}

// Await waits until the signal arrives or the limit passes; ok is false when it passed or the run was cancelled.
func (s Signal[T]) Await(ctx workflow.Context, label string, limit Limit) (payload T, ok bool) {
	taken := AwaitAny(ctx, label, limit, s.Into(&payload))
	return payload, taken == s.name
}

// Into makes the signal one of the things an AwaitAny waits for; its payload lands in target.
func (s Signal[T]) Into(target *T) Case {
	c := Case{name: s.name}
	for _, ex := range s.examples {
		c.examples = append(c.examples, ex.Name)
	}
	c.ready = func(st *state) bool { return len(st.inbox[s.name]) > 0 }
	c.take = func(_ workflow.Context, st *state) error {
		head := st.inbox[s.name][0]
		st.inbox[s.name] = st.inbox[s.name][1:]
		var payload T
		if err := json.Unmarshal(head.Data, &payload); err != nil {
			return fmt.Errorf("signal %s: the payload is not a %T", s.name, payload)
		}
		*target = payload
		return nil
	}
	c.possible = func(int) bool { return true }
	c.pretend = func(_ workflow.Context, i int) error {
		*target = s.examples[i].Value
		return nil
	}
	return c
}

// collect takes every signal that has arrived into the inbox, once each. It never blocks.
func (st *state) collect() {
	for _, s := range st.d.Signals {
		ch, ok := st.channels[s.Name]
		if !ok {
			continue
		}
		var raw json.RawMessage
		for ch.ReceiveAsync(&raw) {
			st.accept(s.Name, raw)
			raw = nil
		}
	}
}

func (st *state) accept(name string, raw json.RawMessage) {
	d := readDelivery(raw)
	if d.EventID != "" && !st.seen.add(d.EventID) {
		return
	}
	st.inbox[name] = append(st.inbox[name], d)
}

// readDelivery tells a delivery, which has no other fields than its own, from a bare payload. No payload at all is null.
func readDelivery(raw json.RawMessage) Delivery {
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	var d Delivery
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil || d.Data == nil && d.EventID == "" {
		return Delivery{Data: raw}
	}
	if d.Data == nil {
		d.Data = json.RawMessage("null")
	}
	return d
}

// unread counts what nobody awaited, and what came under names that the process does not declare.
func (st *state) unread(ctx workflow.Context) map[string]int {
	n := map[string]int{}
	for name, list := range st.inbox {
		if len(list) > 0 {
			n[name] = len(list)
		}
	}
	for _, name := range workflow.GetUnhandledSignalNames(ctx) {
		if _, declared := st.channels[name]; !declared {
			n[name] = workflow.GetSignalChannel(ctx, name).Len()
		}
	}
	if len(n) == 0 {
		return nil
	}
	return n
}

// recent remembers the last ids it was given.
type recent struct {
	max   int
	order []string
	known map[string]bool
}

func newRecent(max int) *recent { return &recent{max: max, known: map[string]bool{}} }

// add returns false when id is already known.
func (r *recent) add(id string) bool {
	if r.known[id] {
		return false
	}
	r.known[id] = true
	r.order = append(r.order, id)
	if len(r.order) > r.max {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	return true
}

func (r *recent) list() []string { return r.order }
