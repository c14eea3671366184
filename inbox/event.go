// Package inbox is the durable inbox: what was accepted stands in table events before anybody is told so, and package
// worker/dispatch hands it to Temporal afterwards.
//
// Accept writes events inside the caller's transaction. It de-duplicates by source and external id, and gives the
// events of one subject their order: a later commit means a later place. Emit does the same for one typed event, from
// activities and handlers. Acceptor is the fast way in for callers who write nothing but events: it joins concurrent
// calls in one transaction.
//
// Data holds identifiers and words of the business, never anything personal.
package inbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Types of the events that speak to one process directly, past all triggers.
const (
	TypeStart  = "perdura.process.start"
	TypeSignal = "perdura.process.signal"
)

// OwnSource is the source of the events that the product itself emits.
const OwnSource = "perdura"

// Event is one thing that happened. Source and ExternalID together name it: a second event with the same two is a
// repeat of the first. Events with the same Subject are delivered in the order in which they were accepted.
type Event struct {
	// ID is made by Accept when it is zero.
	ID         uuid.UUID
	Source     string
	ExternalID string
	Type       string
	Subject    string
	// Data is JSON; nil means null.
	Data json.RawMessage
	// OccurredAt is business time; Accept's now when it is zero.
	OccurredAt time.Time
	// Trace is the W3C trace that the event belongs to; that of the accepting context when it is empty.
	Trace string
}

// Start is the data of an event of TypeStart.
type Start struct {
	Process string `json:"process"`
	Subject string `json:"subject"`
	// Entry is the run's entry in the journal; empty means that it is derived from the event, see Entry.
	Entry string          `json:"entry,omitempty"`
	Input json.RawMessage `json:"input"`
}

// Signal is the data of an event of TypeSignal.
type Signal struct {
	Process string          `json:"process"`
	Run     string          `json:"run"` // Temporal workflow ID
	Signal  string          `json:"signal"`
	Payload json.RawMessage `json:"payload"`
}

// Poker wakes whoever delivers events. Call Poke after the commit; it is cheap and never blocks.
type Poker interface{ Poke() }

// NewStart makes the event that starts one process. When the caller admitted the entry in the journal, it passes the
// event's ID to journal.Admit in the same transaction.
func NewStart(processName, subject, entry string, input json.RawMessage) Event {
	id := newID()
	key := entry
	if key == "" {
		key = id.String()
	}
	return Event{
		ID: id, Source: OwnSource, ExternalID: "start/" + processName + "/" + key, Type: TypeStart, Subject: subject,
		Data: encode(Start{Process: processName, Subject: subject, Entry: entry, Input: orNull(input)}),
	}
}

// NewSignal makes the event that signals one run, given by its workflow ID. It is delivered after the events about the
// run's subject that were accepted before it. Set ExternalID to make a repeat of the same signal recognisable.
func NewSignal(processName, run, signal string, payload json.RawMessage) Event {
	id := newID()
	return Event{
		ID: id, Source: OwnSource, ExternalID: "signal/" + id.String(), Type: TypeSignal, Subject: SubjectOf(processName, run),
		Data: encode(Signal{Process: processName, Run: run, Signal: signal, Payload: orNull(payload)}),
	}
}

// Entry is the entry of the run of a process about subject that an event starts.
func Entry(eventID uuid.UUID, processName, subject string) string {
	return process.EntryID(eventID.String() + "/" + processName + "/" + subject)
}

// SubjectOf is the subject within a workflow ID: see process.Description.WorkflowID, which puts the entry behind the
// subject where several runs may go on at once.
func SubjectOf(processName, run string) string {
	subject := strings.TrimPrefix(run, processName+":")
	if i := strings.LastIndexByte(subject, ':'); i > 0 {
		if _, err := uuid.Parse(subject[i+1:]); err == nil {
			return subject[:i]
		}
	}
	return subject
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// encode returns data that is not JSON as it is wrapped: Accept then refuses the event.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("not JSON")
	}
	return raw
}

// InvalidError says why an event cannot be accepted. It names no value.
type InvalidError struct {
	// Index is the event's place among those given to Accept.
	Index   int
	Field   string
	Problem string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("event %d: %s %s", e.Index, e.Field, e.Problem)
}
