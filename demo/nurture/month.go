package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// mail is something that arrived at the sandbox.
type mail struct {
	ID         string              `json:"id"`
	Channel    string              `json:"channel"`
	To         string              `json:"to"`
	Subject    string              `json:"subject"`
	Headers    map[string][]string `json:"headers"`
	ProviderID string              `json:"provider_id"`
	HTML       string              `json:"html"`
}

// live lets the month pass: whatever arrives is treated as its reader's habit is.
func (t *town) live(ctx context.Context, days int, length time.Duration) error {
	began := time.Now()
	seen := map[string]bool{}
	day, worked := 0, time.Time{}
	for time.Since(began) < length {
		all, err := t.outbox(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			p := t.byEmail[m.To]
			if p == nil || seen[m.ID] {
				continue
			}
			seen[m.ID] = true
			p.received++
			if err := t.treat(ctx, p, m); err != nil {
				return err
			}
		}
		if time.Since(worked) > 500*time.Millisecond {
			worked = time.Now()
			if err := t.office(ctx); err != nil {
				return err
			}
		}
		now := int(float64(days) * float64(time.Since(began)) / float64(length))
		if now > day && now%5 == 0 {
			fmt.Printf("  day %2d: %d mails arrived; opened %d, clicked %d, replied %d, opted out %d, bounced %d, complained %d\n",
				now, len(seen), t.played["open"], t.played["click"], t.played["reply"], t.played["unsubscribe"], t.played["bounce"], t.played["complain"])
		}
		if now > day {
			day = now
			if err := t.shop(ctx, day); err != nil {
				return err
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// treat does with a mail what its reader does.
func (t *town) treat(ctx context.Context, p *person, m mail) error {
	switch p.habit {
	case reader:
		if t.random.Float64() < 0.8 {
			return t.act(ctx, p, m, "open", nil)
		}
	case clicker:
		if err := t.act(ctx, p, m, "open", nil); err != nil || t.random.Float64() > 0.7 {
			return err
		}
		return t.act(ctx, p, m, "click", nil)
	case replier:
		if p.received == 2 {
			return t.act(ctx, p, m, "reply", map[string]any{"text": "Thank you. Could somebody call me next week?"})
		}
		return t.act(ctx, p, m, "open", nil)
	case leaver:
		if p.received == 1+p.number%3 {
			return t.act(ctx, p, m, "unsubscribe", nil)
		}
	case chooser:
		if !p.acted {
			p.acted = true
			return t.switchOff(ctx, m)
		}
	case complainer:
		return t.act(ctx, p, m, "complain", nil)
	case ghost:
		return t.act(ctx, p, m, "bounce", map[string]any{"type": "hard"})
	case scanned:
		return t.act(ctx, p, m, "scan", nil)
	case buyer:
		return t.act(ctx, p, m, "open", nil)
	}
	return nil
}

// act lets the sandbox play the customer.
func (t *town) act(ctx context.Context, p *person, m mail, action string, input any) error {
	answer, err := t.house.Call(ctx, http.MethodPost, t.house.Outbox+"/outbox/messages/"+m.ID+"/"+action, input)
	if err != nil {
		return err
	}
	if answer.Status >= 300 {
		return fmt.Errorf("person %d, %s: %d %s", p.number, action, answer.Status, answer.Body)
	}
	t.played[action]++
	if action == "open" {
		p.opened++
	}
	return nil
}

// shop is what happens outside of any mail: some people buy after two weeks, and the shop tells.
func (t *town) shop(ctx context.Context, day int) error {
	if day != 14 {
		return nil
	}
	for _, p := range t.people {
		if p.habit != buyer {
			continue
		}
		if err := t.know(ctx, p); err != nil {
			return err
		}
		if p.contact == "" {
			continue // not captured yet
		}
		answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/events", map[string]any{
			"specversion": "1.0", "id": "sale-" + p.lead, "source": "https://shop.example.com", "type": "contact.converted",
			"subject": p.contact, "data": map[string]any{"contact_id": p.contact, "lead_id": p.lead},
		}, "Content-Type", "application/cloudevents+json")
		if err != nil {
			return err
		}
		if answer.Status != http.StatusAccepted {
			return fmt.Errorf("tell of a sale: %d %s", answer.Status, answer.Body)
		}
		t.played["buy"]++
	}
	return nil
}

// know looks up which contact somebody became.
func (t *town) know(ctx context.Context, p *person) error {
	if p.contact != "" {
		return nil
	}
	answer, err := t.house.Call(ctx, http.MethodGet, t.house.API+"/v1/leads/"+p.lead, nil)
	if err != nil {
		return err
	}
	var lead struct {
		ContactID string `json:"contact_id"`
	}
	if err := answer.Decode(&lead); err != nil {
		return err
	}
	p.contact = lead.ContactID
	return nil
}

func (t *town) outbox(ctx context.Context) ([]mail, error) {
	answer, err := t.house.Call(ctx, http.MethodGet, t.house.Outbox+"/outbox/messages?limit=5000", nil)
	if err != nil {
		return nil, err
	}
	var all []mail
	return all, answer.Decode(&all)
}
