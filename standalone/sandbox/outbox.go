package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxMessages = 100_000 // older ones leave the index; the file keeps them
	maxEvents   = 50      // of one message
)

var errNoMessage = errors.New("the outbox has no such message")

// record is one line of the journal.
type record struct {
	Type      string   `json:"type"` // raw, message, event or opt_out
	ID        string   `json:"id,omitempty"`
	Raw       []byte   `json:"raw,omitempty"`
	Message   *Message `json:"message,omitempty"`
	SMS       *sms     `json:"sms,omitempty"`
	Event     *Event   `json:"event,omitempty"`
	Customer  string   `json:"customer,omitempty"`
	Sender    string   `json:"sender,omitempty"`
	OptedBack bool     `json:"opted_back,omitempty"`
}

// entry is what memory keeps of a message; bodies and headers stay on disk.
type entry struct {
	seq     int64
	summary Message // without HTML, Calendar, Headers and Attachments; Text is a preview
	sms     *sms
	line    span
	raw     span
	// argument is the mail's unique argument perdura_message; empty for none.
	argument string
	arrived  time.Time // real time; zero for a message of an earlier run
}

// optOut is one customer's refusal of one sender.
type optOut struct{ customer, sender string }

// outbox holds the messages: an index in memory, everything on disk.
type outbox struct {
	mu      sync.RWMutex
	journal *journal
	entries []*entry // by seq, without gaps
	byID    map[string]*entry
	byArg   map[string][]*entry // mails by their unique argument, oldest first
	raws    map[string]span     // of raw lines not yet claimed by a message; used while loading
	optOuts map[optOut]bool
	next    int64
	limit   int
}

// openOutbox reads what an earlier run left in dir.
func openOutbox(dir string, log *slog.Logger) (*outbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the sandbox data directory: %w", err)
	}
	o := &outbox{byID: map[string]*entry{}, byArg: map[string][]*entry{}, raws: map[string]span{}, optOuts: map[optOut]bool{}, limit: maxMessages}
	unreadable := 0
	journal, torn, err := openJournal(filepath.Join(dir, "messages.jsonl"), func(line []byte, at span) {
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			unreadable++
			return
		}
		o.apply(&rec, at)
	})
	if err != nil {
		return nil, err
	}
	o.journal, o.raws = journal, nil
	if torn > 0 || unreadable > 0 {
		log.Warn("the sandbox outbox was not closed cleanly; whole messages are kept",
			"torn_bytes", torn, "unreadable_lines", unreadable)
	}
	return o, nil
}

// apply brings the index up to date with one line of the journal.
func (o *outbox) apply(rec *record, at span) {
	switch rec.Type {
	case "raw":
		o.raws[rec.ID] = at
	case "message":
		if rec.Message != nil {
			o.index(rec, at, o.raws[rec.ID])
		}
	case "event":
		if e := o.byID[rec.ID]; e != nil && rec.Event != nil {
			e.note(*rec.Event)
		}
	case "opt_out":
		o.setOptOut(optOut{rec.Customer, rec.Sender}, !rec.OptedBack)
	}
}

func (o *outbox) index(rec *record, line, raw span) {
	e := &entry{seq: o.next, summary: *rec.Message, sms: rec.SMS, line: line, raw: raw}
	e.summary.Text, e.summary.HTML, e.summary.Calendar, e.summary.Headers, e.summary.Attachments = preview(rec.Message.Text), "", "", nil, nil
	e.summary.Events = nil
	if e.argument = smtpAPI(rec.Message).UniqueArgs[messageArgument]; e.argument != "" {
		o.byArg[e.argument] = append(o.byArg[e.argument], e)
	}
	o.next++
	o.entries = append(o.entries, e)
	o.byID[e.summary.ID] = e
	if len(o.entries) > o.limit {
		o.forget(o.entries[0])
		o.entries[0] = nil
		o.entries = o.entries[1:]
	}
}

func (o *outbox) forget(e *entry) {
	delete(o.byID, e.summary.ID)
	if e.argument == "" {
		return
	}
	if o.byArg[e.argument] = slices.DeleteFunc(o.byArg[e.argument], func(other *entry) bool { return other == e }); len(o.byArg[e.argument]) == 0 {
		delete(o.byArg, e.argument)
	}
}

func (e *entry) note(event Event) {
	// A copy: readers hold the old slice without the lock.
	e.summary.Events = append(slices.Clone(e.summary.Events), event)
	if surplus := len(e.summary.Events) - maxEvents; surplus > 0 {
		e.summary.Events = e.summary.Events[surplus:]
	}
	if event.Status != "" {
		e.summary.Status = event.Status
	}
}

// preview is the beginning of a text on one line, for lists.
func preview(text string) string {
	const longest = 160 // characters
	text = strings.Join(strings.Fields(text[:min(len(text), 8*longest)]), " ")
	runes := []rune(text)
	return strings.Clone(string(runes[:min(len(runes), longest)]))
}

// add keeps messages that share one raw source. When it returns nil, they
// survive the end of the process.
func (o *outbox) add(raw []byte, details *sms, messages ...*Message) error {
	rawID := messages[0].ID
	records := []record{{Type: "raw", ID: rawID, Raw: raw}}
	for _, m := range messages {
		records = append(records, record{Type: "message", ID: rawID, Message: m, SMS: details})
	}
	lines := make([][]byte, len(records))
	for i := range records {
		line, err := json.Marshal(&records[i])
		if err != nil {
			return fmt.Errorf("encode a message for the sandbox outbox: %w", err)
		}
		lines[i] = line
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	spans, err := o.journal.append(lines...)
	if err != nil {
		return err
	}
	for i := range messages {
		o.index(&records[i+1], spans[i+1], spans[0])
		o.entries[len(o.entries)-1].arrived = time.Now()
	}
	return nil
}

// write appends one line and applies it.
func (o *outbox) write(rec *record) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode a change for the sandbox outbox: %w", err)
	}
	spans, err := o.journal.append(line)
	if err != nil {
		return err
	}
	o.apply(rec, spans[0])
	return nil
}

// note records an event of a message, unless allowed says that the message's
// present status forbids it. It returns errNoMessage for a cleared message.
func (o *outbox) note(id string, event Event, allowed func(status string) bool) (done bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.byID[id]
	if e == nil {
		return false, errNoMessage
	}
	if allowed != nil && !allowed(e.summary.Status) {
		return false, nil
	}
	return true, o.write(&record{Type: "event", ID: id, Event: &event})
}

// changeOptOut records that a customer refuses a sender, or takes that back.
func (o *outbox) changeOptOut(key optOut, out bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(&record{Type: "opt_out", Customer: key.customer, Sender: key.sender, OptedBack: !out})
}

func (o *outbox) setOptOut(key optOut, out bool) {
	if out {
		o.optOuts[key] = true
	} else {
		delete(o.optOuts, key)
	}
}

func (o *outbox) optedOut(key optOut) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.optOuts[key]
}

// clear forgets every message and every opt-out, in memory and on disk.
func (o *outbox) clear() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.journal.reset(); err != nil {
		return err
	}
	o.entries, o.byID, o.byArg, o.optOuts = nil, map[string]*entry{}, map[string][]*entry{}, map[optOut]bool{}
	return nil
}

func (o *outbox) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.journal.close()
}
