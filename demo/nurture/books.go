package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// entry is one row of the send ledger.
type entry struct {
	ID         string     `json:"id"`
	Process    string     `json:"process"`
	Contact    string     `json:"contact"`
	Channel    string     `json:"channel"`
	Template   string     `json:"template"`
	State      string     `json:"state"`
	Reason     string     `json:"reason"`
	ProviderID string     `json:"provider_id"`
	SentAt     *time.Time `json:"sent_at"`
}

// journey is one run of the nurture process.
type journey struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	State   string `json:"state"`
	Outcome string `json:"outcome"`
	Step    string `json:"step"`
}

// books are the ledger, the journeys and how the ledger agrees with what arrived.
type books struct {
	ledger   []entry
	journeys map[string][]journey // by contact
	sent     int
	lost     []string // the ledger says sent, and nothing arrived
	twice    []string // one message arrived twice
	unbooked []string // something arrived that the ledger does not know as sent
	doubtful int      // in state unknown
}

// audit reads the ledger, the journeys and the outbox, and compares.
func (t *town) audit(ctx context.Context) (*books, error) {
	b := &books{journeys: map[string][]journey{}}
	for _, p := range t.people {
		if err := t.know(ctx, p); err != nil {
			return nil, err
		}
	}
	journeys, err := list[journey](ctx, t, "/v1/processes/lead-nurture/runs", nil)
	if err != nil {
		return nil, err
	}
	for _, j := range journeys {
		if j.State == "running" { // the list is read from the books, where a run stands only Temporal knows
			answer, err := t.house.Call(ctx, http.MethodGet, t.house.API+"/v1/processes/lead-nurture/runs/"+j.ID, nil)
			if err == nil {
				err = answer.Decode(&j)
			}
			if err != nil {
				return nil, err
			}
		}
		b.journeys[j.Subject] = append(b.journeys[j.Subject], j)
	}
	// The ledger is read before the outbox and again after it: what was being sent in between is settled in one of them.
	if b.ledger, err = list[entry](ctx, t, "/v1/messages", nil); err != nil {
		return nil, err
	}
	arrived, err := t.outbox(ctx)
	if err != nil {
		return nil, err
	}
	later, err := list[entry](ctx, t, "/v1/messages", nil)
	if err != nil {
		return nil, err
	}
	b.compare(later, arrived)
	return b, nil
}

func (b *books) compare(later []entry, arrived []mail) {
	times := map[string]int{}
	for _, m := range arrived {
		times[keyOf(m)]++
	}
	for key, n := range times {
		if n > 1 {
			b.twice = append(b.twice, key)
		}
	}
	for _, e := range b.ledger {
		switch e.State {
		case "sent":
			b.sent++
			if times[e.ID] == 0 && times[e.ProviderID] == 0 {
				b.lost = append(b.lost, e.ID)
			}
		case "unknown":
			b.doubtful++
		}
	}
	known := map[string]bool{}
	for _, e := range later {
		if e.State == "sent" || e.State == "unknown" || e.State == "reserved" {
			known[e.ID], known[e.ProviderID] = true, true
		}
	}
	for key := range times {
		if !known[key] {
			b.unbooked = append(b.unbooked, key)
		}
	}
}

// keyOf is what the ledger knows a message by: of a mail and a webhook its ledger id, of a text message Twilio's.
func keyOf(m mail) string {
	switch m.Channel {
	case "email":
		id, _, _ := strings.Cut(strings.Trim(m.ProviderID, "<>"), "@")
		return id
	case "webhook":
		return strings.TrimPrefix(m.ProviderID, "msg_")
	default:
		return m.ProviderID
	}
}

// verdict errs when ledger and outbox disagree.
func (b *books) verdict() error {
	if len(b.lost)+len(b.twice)+len(b.unbooked) > 0 {
		return errors.New("the send ledger and the outbox disagree")
	}
	return nil
}

// list reads all pages of a list, those of its rows that a filter lets through.
func list[T any](ctx context.Context, t *town, path string, filter map[string]string) ([]T, error) {
	var all []T
	cursor := ""
	for {
		query := url.Values{"limit": {"200"}, "cursor": {cursor}}
		for name, value := range filter {
			query.Set(name, value)
		}
		target := t.house.API + path + "?" + query.Encode()
		answer, err := t.house.Call(ctx, http.MethodGet, target, nil)
		if err != nil {
			return nil, err
		}
		if answer.Status != http.StatusOK {
			return nil, fmt.Errorf("read %s: %d %s", path, answer.Status, answer.Body)
		}
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		if err := answer.Decode(&page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == "" {
			return all, nil
		}
		cursor = page.NextCursor
	}
}
