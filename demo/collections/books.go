package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// standing is a collection as the API shows it.
type standing struct {
	ContactID string `json:"contact_id"`
	State     string `json:"state"`
	Ended     bool   `json:"ended"`
	Broken    int    `json:"broken_promises"`
}

// entry is one row of the send ledger.
type entry struct {
	ID         string `json:"id"`
	Contact    string `json:"contact"`
	Process    string `json:"process"`
	Template   string `json:"template"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
	ProviderID string `json:"provider_id"`
}

// books are what the house keeps at the end, and what in them is not as it must be.
type books struct {
	stands map[string]standing
	ledger map[string][]entry
	paid   map[string]int64
	late   int
	rows   int
	wrong  []string
}

func (t *town) collections(ctx context.Context) (map[string]standing, error) {
	all, err := list[standing](ctx, t, "/v1/collections")
	out := map[string]standing{}
	for _, s := range all {
		out[s.ContactID] = s
	}
	return out, err
}

// audit reads the books and holds them against what was told and what arrived.
func (t *town) audit(ctx context.Context) (*books, error) {
	b := &books{ledger: map[string][]entry{}, paid: map[string]int64{}}
	var err error
	if b.stands, err = t.collections(ctx); err != nil {
		return nil, err
	}
	if err := t.read(ctx); err != nil { // the last thanks
		return nil, err
	}
	rows, err := list[entry](ctx, t, "/v1/messages")
	if err != nil {
		return nil, err
	}
	for _, e := range rows {
		if t.byID[e.Contact] != nil {
			b.ledger[e.Contact] = append(b.ledger[e.Contact], e)
		}
	}
	received, err := t.pool.Query(ctx, `select contact_id::text, sum(amount_minor)::bigint from payments where contact_id is not null group by 1`)
	if err != nil {
		return nil, err
	}
	for received.Next() {
		var contact string
		var minor int64
		if err := received.Scan(&contact, &minor); err != nil {
			return nil, err
		}
		b.paid[contact] = minor
	}
	for _, c := range t.people {
		b.check(t, c)
	}
	return b, received.Err()
}

func (b *books) must(right bool, format string, args ...any) {
	if !right {
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
}

// check looks at one customer.
func (b *books) check(t *town, c *customer) {
	if s, known := b.stands[c.contact]; known || c.habit != prompt {
		b.must(s.State == c.ending, "customer %d, who %s: %s, instead of %s", c.number, c.habit, s.State, c.ending)
	}
	b.must(b.paid[c.contact] == c.paid, "customer %d paid %d, the books have %d", c.number, c.paid, b.paid[c.contact])
	arrived := map[string]int{}
	for _, m := range c.got {
		arrived[keyOf(m)]++
		if !c.settledAt.IsZero() && m.reminds() && m.SentAt.After(c.settledAt) {
			b.late++
			b.must(false, "customer %d was reminded at %s, after all was paid", c.number, m.SentAt)
		}
	}
	for _, e := range b.ledger[c.contact] {
		n := arrived[e.ID] + arrived[e.ProviderID]
		if e.State == "sent" {
			b.rows++
			b.must(n == 1, "customer %d: a message (%s) was sent and came %d times", c.number, e.Template, n)
		} else {
			b.must(n == 0 || e.State == "unknown", "customer %d: a message (%s) is %s and came", c.number, e.Template, e.State)
		}
		delete(arrived, e.ID)
		delete(arrived, e.ProviderID)
	}
	b.must(len(arrived) == 0, "customer %d: %d messages came that the ledger does not know", c.number, len(arrived))
}

// keyOf is what the ledger knows a message by: of a mail its ledger id, of a text message Twilio's.
func keyOf(m message) string {
	if m.Channel == "email" {
		id, _, _ := strings.Cut(strings.Trim(m.ProviderID, "<>"), "@")
		return id
	}
	return m.ProviderID
}

// tell prints who got what, when and why, and how it ended.
func (t *town) tell(out io.Writer, b *books) {
	fmt.Fprintf(out, "\n%-4s %-44s %-12s %s\n", "no.", "who", "ended", "what they got, on which day")
	templates := map[string]string{}
	for _, rows := range b.ledger {
		for _, e := range rows {
			templates[e.ID], templates[e.ProviderID] = e.Template, e.Template
		}
	}
	for _, c := range t.people {
		slices.SortFunc(c.got, func(x, y message) int { return x.SentAt.Compare(y.SentAt) })
		var got []string
		for _, m := range c.got {
			got = append(got, fmt.Sprintf("%s (%s, day %.1f)", strings.TrimPrefix(templates[keyOf(m)], "dunning-"), m.Channel, t.days(m.SentAt)))
		}
		if c.calls > 0 {
			got = append(got, fmt.Sprintf("%d call", c.calls))
		}
		for _, e := range b.ledger[c.contact] {
			if e.State != "sent" {
				got = append(got, fmt.Sprintf("[%s: %s]", strings.TrimPrefix(e.Template, "dunning-"), cmp.Or(e.Reason, e.State)))
			}
		}
		fmt.Fprintf(out, "%-4d %-44s %-12s %s\n", c.number, c.habit, cmp.Or(b.stands[c.contact].State, "never begun"), strings.Join(got, ", "))
	}
	fmt.Fprintf(out, "\n%d messages are in the ledger as sent; %d reminders left after everything was paid\n", b.rows, b.late)
}

// verdict errs when something is not as it must be.
func (b *books) verdict() error {
	if len(b.wrong) > 0 {
		return errors.New("not everything is as it must be:\n  " + strings.Join(b.wrong, "\n  "))
	}
	fmt.Println("Everything is as it must be.")
	return nil
}
