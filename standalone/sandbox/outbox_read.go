package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// filter selects messages; zero values select everything.
type filter struct {
	to      string // ignoring case
	channel string
	since   time.Time // sent then or later
	after   string    // only what arrived after the message with this ID
	oldest  bool      // the first that match instead of the latest
	limit   int       // 0: no limit
}

func (f *filter) matches(m *Message) bool {
	return (f.to == "" || strings.EqualFold(f.to, m.To)) &&
		(f.channel == "" || f.channel == m.Channel) &&
		(f.since.IsZero() || !m.SentAt.Before(f.since))
}

// find returns the entries a filter selects, oldest first: the first of them
// when the filter names a message to start after, else the latest. The caller
// holds the lock.
func (o *outbox) find(f filter) ([]*entry, error) {
	if f.after != "" || f.oldest {
		behind := o.entries
		if f.after != "" {
			start := o.byID[f.after]
			if start == nil {
				return nil, errNoMessage
			}
			behind = o.entries[start.seq-o.entries[0].seq+1:]
		}
		var found []*entry
		for _, e := range behind {
			if f.matches(&e.summary) {
				found = append(found, e)
			}
			if f.limit > 0 && len(found) == f.limit {
				break
			}
		}
		return found, nil
	}
	var found []*entry
	for _, e := range slices.Backward(o.entries) {
		if f.matches(&e.summary) {
			found = append(found, e)
		}
		if f.limit > 0 && len(found) == f.limit {
			break
		}
	}
	slices.Reverse(found)
	return found, nil
}

// summaries lists messages with a preview for Text and without HTML, headers
// and attachments, oldest first, and says how many messages there are in all.
func (o *outbox) summaries(f filter) (found []Message, total int, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	entries, err := o.find(f)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		found = append(found, e.summary)
	}
	return found, len(o.entries), nil
}

// withArgument returns the mails that carry a unique argument and arrived at
// least a delay ago, as summaries, newest first.
func (o *outbox) withArgument(value string, delay time.Duration) []Message {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var found []Message
	for _, e := range slices.Backward(o.byArg[value]) {
		if time.Since(e.arrived) >= delay {
			found = append(found, e.summary)
		}
	}
	return found
}

// count says how many messages a filter selects, whatever its limit.
func (o *outbox) count(f filter) int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	n := 0
	for _, e := range o.entries {
		if f.matches(&e.summary) {
			n++
		}
	}
	return n
}

// list returns whole messages, oldest first.
func (o *outbox) list(f filter) ([]Message, error) {
	type stored struct {
		line    []byte
		summary Message
	}
	read := func() ([]stored, error) {
		o.mu.RLock() // held while reading: clear must not empty the file meanwhile
		defer o.mu.RUnlock()
		entries, err := o.find(f)
		if err != nil {
			return nil, err
		}
		all := make([]stored, len(entries))
		for i, e := range entries {
			line, err := o.journal.read(e.line)
			if err != nil {
				return nil, err
			}
			all[i] = stored{line, e.summary}
		}
		return all, nil
	}
	all, err := read()
	if err != nil {
		return nil, err
	}
	messages := make([]Message, len(all))
	for i, s := range all {
		if messages[i], err = decodeMessage(s.line, &s.summary); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// get returns one whole message and, for text messages, what Twilio adds.
func (o *outbox) get(id string) (Message, *sms, error) {
	o.mu.RLock()
	e := o.byID[id]
	if e == nil {
		o.mu.RUnlock()
		return Message{}, nil, errNoMessage
	}
	line, err := o.journal.read(e.line)
	summary, details := e.summary, e.sms
	o.mu.RUnlock()
	if err != nil {
		return Message{}, nil, err
	}
	m, err := decodeMessage(line, &summary)
	return m, details, err
}

// raw returns the source of a message as it came over the wire.
func (o *outbox) raw(id string) ([]byte, error) {
	o.mu.RLock()
	e := o.byID[id]
	if e == nil {
		o.mu.RUnlock()
		return nil, errNoMessage
	}
	line, err := o.journal.read(e.raw)
	o.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	var rec record
	if err := json.Unmarshal(line, &rec); err != nil {
		return nil, fmt.Errorf("decode the source of a message: %w", err)
	}
	return rec.Raw, nil
}

// decodeMessage completes a stored message with what happened to it since.
func decodeMessage(line []byte, summary *Message) (Message, error) {
	var rec record
	if err := json.Unmarshal(line, &rec); err != nil {
		return Message{}, fmt.Errorf("decode a message of the sandbox outbox: %w", err)
	}
	m := *rec.Message
	m.Status, m.Events = summary.Status, summary.Events
	if m.Events == nil {
		m.Events = []Event{}
	}
	return m, nil
}
