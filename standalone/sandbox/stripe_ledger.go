package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
)

var errNoInvoice = errors.New("the sandbox's Stripe has no such invoice")

// stripeLine is one line of the ledger's journal: an invoice as it is from then
// on, and what Stripe tells of it.
type stripeLine struct {
	Invoice stripeInvoice `json:"invoice"`
	Events  []stripeEvent `json:"events"`
}

// stripeLedger holds the invoices of the sandbox's Stripe and everything that
// was told of them, in memory and on disk.
type stripeLedger struct {
	mu       sync.Mutex
	journal  *journal
	invoices []*stripeInvoice // oldest first
	byID     map[string]*stripeInvoice
	events   []stripeEvent // oldest first
}

// openStripeLedger reads what an earlier run left in dir, which exists.
func openStripeLedger(dir string, log *slog.Logger) (*stripeLedger, error) {
	l := &stripeLedger{byID: map[string]*stripeInvoice{}}
	unreadable := 0
	journal, torn, err := openJournal(filepath.Join(dir, "stripe.jsonl"), func(line []byte, _ span) {
		var read stripeLine
		if err := json.Unmarshal(line, &read); err != nil {
			unreadable++
			return
		}
		l.apply(read)
	})
	if err != nil {
		return nil, err
	}
	l.journal = journal
	if torn > 0 || unreadable > 0 {
		log.Warn("the sandbox's invoices were not closed cleanly; whole ones are kept", "torn_bytes", torn, "unreadable_lines", unreadable)
	}
	return l, nil
}

func (l *stripeLedger) apply(line stripeLine) {
	if known := l.byID[line.Invoice.ID]; known != nil {
		*known = line.Invoice
	} else {
		l.byID[line.Invoice.ID] = &line.Invoice
		l.invoices = append(l.invoices, &line.Invoice)
	}
	l.events = append(l.events, line.Events...)
}

// add writes a new invoice.
func (l *stripeLedger) add(i stripeInvoice) ([]stripeEvent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i.Number == "" {
		i.Number = fmt.Sprintf("SANDBOX-%04d", len(l.invoices)+1)
	}
	return l.keep(i, told{"invoice.finalized", i.object(false)})
}

// change lets a function change an invoice and say what Stripe tells of it. An
// error of the function leaves everything as it was.
func (l *stripeLedger) change(id string, how func(*stripeInvoice) ([]told, error)) (stripeInvoice, []stripeEvent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.byID[id]
	if known == nil {
		return stripeInvoice{}, nil, errNoInvoice
	}
	i := *known
	i.Payments = slices.Clone(known.Payments)
	what, err := how(&i)
	if err != nil {
		return *known, nil, err
	}
	events, err := l.keep(i, what...)
	return i, events, err
}

// told is a type of event and its object.
type told struct {
	kind   string
	object map[string]any
}

func (l *stripeLedger) keep(i stripeInvoice, what ...told) ([]stripeEvent, error) {
	line := stripeLine{Invoice: i}
	at := max(i.Created, i.Ended)
	for _, p := range i.Payments {
		at = max(at, p.At)
	}
	for _, w := range what {
		event, err := newStripeEvent(w.kind, at, w.object)
		if err != nil {
			return nil, err
		}
		line.Events = append(line.Events, event)
	}
	raw, err := json.Marshal(line)
	if err != nil {
		return nil, fmt.Errorf("encode an invoice: %w", err)
	}
	if _, err := l.journal.append(raw); err != nil {
		return nil, err
	}
	l.apply(line)
	return line.Events, nil
}

func (l *stripeLedger) invoice(id string) (stripeInvoice, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.byID[id]; known != nil {
		return *known, nil
	}
	return stripeInvoice{}, errNoInvoice
}

// listInvoices are all invoices, the newest first.
func (l *stripeLedger) listInvoices() []stripeInvoice {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]stripeInvoice, 0, len(l.invoices))
	for _, i := range slices.Backward(l.invoices) {
		list = append(list, *i)
	}
	return list
}

// listEvents are all events, the newest first.
func (l *stripeLedger) listEvents() []stripeEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.events)
	slices.Reverse(list)
	return list
}

func (l *stripeLedger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.journal.close()
}
