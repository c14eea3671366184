package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// entry is one row of the send ledger.
type entry struct {
	ID         string     `json:"id"`
	Contact    string     `json:"contact"`
	Channel    string     `json:"channel"`
	Template   string     `json:"template"`
	State      string     `json:"state"`
	Reason     string     `json:"reason"`
	ProviderID string     `json:"provider_id"`
	SentAt     *time.Time `json:"sent_at"`
}

// mail is one that arrived at the sandbox. Calendar is the invitation in it.
type mail struct {
	Channel    string `json:"channel"`
	To         string `json:"to"`
	Subject    string `json:"subject"`
	HTML       string `json:"html"`
	Calendar   string `json:"calendar"`
	ProviderID string `json:"provider_id"`
}

func (p *play) mails(ctx context.Context, to string) (all []mail, err error) {
	answer, err := p.house.Call(ctx, http.MethodGet, p.house.foundations.Outbox+"/outbox/messages?limit=5000&to="+url.QueryEscape(to), nil)
	if err != nil {
		return nil, err
	}
	return all, answer.Decode(&all)
}

// letter is a mail about an appointment with what ledger and invitation say of it.
type letter struct {
	entry
	method, uid, sequence string
	start                 time.Time // as the invitation says
}

// books are what is known at the end.
type books struct {
	visits   []*visit
	all      []visit             // every appointment, those of the race too
	letters  map[string][]letter // by address
	problems []string
	sent     int
	ledger   []entry
}

func (b *books) wrong(format string, args ...any) {
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// audit reads everything and holds it against each other.
func (p *play) audit(ctx context.Context) (*books, error) {
	b := &books{letters: map[string][]letter{}}
	var err error
	if b.ledger, err = list[entry](ctx, p.house, "/v1/messages"); err != nil {
		return nil, err
	}
	arrived, err := p.mails(ctx, "")
	if err != nil {
		return nil, err
	}
	if b.all, err = list[visit](ctx, p.house, "/v1/appointments"); err != nil {
		return nil, err
	}
	later, err := list[entry](ctx, p.house, "/v1/messages")
	if err != nil {
		return nil, err
	}
	b.compare(later, arrived)
	b.ownTimes()
	for _, who := range p.people {
		for _, v := range who.visits {
			for _, now := range b.all {
				if now.ID == v.ID {
					v.State = now.State
				}
			}
			b.visits = append(b.visits, v)
			p.judge(b, v)
		}
	}
	if p.raced[http.StatusCreated] != prizes || p.raced[http.StatusConflict] != racers-prizes {
		b.wrong("the race: %v instead of %d × 201 and %d × 409", p.raced, prizes, racers-prizes)
	}
	return b, nil
}

// compare holds the ledger against the outbox.
func (b *books) compare(later []entry, arrived []mail) {
	times, byKey := map[string]int{}, map[string]mail{}
	for _, m := range arrived {
		key := keyOf(m)
		times[key]++
		byKey[key] = m
	}
	known := map[string]bool{}
	for _, e := range later {
		if e.State == "sent" || e.State == "unknown" || e.State == "reserved" {
			known[e.ID], known[e.ProviderID] = true, true
		}
	}
	for key, n := range times {
		if n > 1 {
			b.wrong("message %s arrived %d times", key, n)
		}
		if !known[key] {
			b.wrong("message %s is not in the ledger", key)
		}
	}
	for _, e := range b.ledger {
		if e.State != "sent" {
			continue
		}
		b.sent++
		m, there := byKey[e.ID]
		if !there && times[e.ProviderID] == 0 {
			b.wrong("message %s (%s) left, says the ledger, and did not arrive", e.ID, e.Template)
		}
		if m.Channel == "email" && strings.HasPrefix(m.To, "customer-") {
			b.letters[m.To] = append(b.letters[m.To], letterOf(e, m))
		}
	}
}

// keyOf is what the ledger knows a message by.
func keyOf(m mail) string {
	if m.Channel == "email" {
		id, _, _ := strings.Cut(strings.Trim(m.ProviderID, "<>"), "@")
		return id
	}
	return strings.TrimPrefix(m.ProviderID, "msg_")
}

func letterOf(e entry, m mail) letter {
	l := letter{entry: e}
	cal, err := ics.ParseCalendar(strings.NewReader(m.Calendar))
	if err != nil || len(cal.Events()) != 1 {
		return l
	}
	event := cal.Events()[0]
	l.uid = event.Id()
	for _, prop := range cal.CalendarProperties {
		if prop.IANAToken == "METHOD" {
			l.method = prop.Value
		}
	}
	if s := event.GetProperty(ics.ComponentPropertySequence); s != nil {
		l.sequence = s.Value
	}
	l.start, _ = event.GetStartAt()
	return l
}

// ownTimes checks that nobody gives two at a time.
func (b *books) ownTimes() {
	for i, v := range b.all {
		for _, w := range b.all[i+1:] {
			if v.State != "cancelled" && w.State != "cancelled" && v.Giver == w.Giver && v.Start.Before(w.End) && w.Start.Before(v.End) {
				b.wrong("%s gives two at %s", v.Giver, v.Start)
			}
		}
	}
}
