package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// browser is what customers look at pages with.
const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// event tells the house what whoever keeps the books tells, and returns when it was accepted.
func (t *town) event(ctx context.Context, c *customer, kind string, data map[string]any) (time.Time, error) {
	answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/events", map[string]any{
		"specversion": "1.0", "id": uuid.NewString(), "source": "https://erp.example.com", "type": kind, "subject": c.contact, "data": data,
	}, "Content-Type", "application/cloudevents+json")
	if err == nil && answer.Status != http.StatusAccepted {
		err = fmt.Errorf("tell %s of customer %d: %d %s", kind, c.number, answer.Status, answer.Body)
	}
	return time.Now(), err
}

// bill sends the customer an invoice that was due three days ago.
func (t *town) bill(ctx context.Context, c *customer) error {
	id := fmt.Sprintf("R-%d-%d", 1000+c.number, len(c.bills)+1)
	today := t.clock.Now()
	c.bills = append(c.bills, id)
	_, err := t.event(ctx, c, "invoice.issued", map[string]any{
		"invoice_id": id, "contact_id": c.contact, "number": id, "total": euros(debt), "pay_url": "https://pay.example.com/" + id,
		"issued_on": today.AddDate(0, 0, -30).Format(time.DateOnly), "due_on": today.AddDate(0, 0, -3).Format(time.DateOnly),
	})
	return err
}

// pay tells that the customer paid, whatever is due first.
func (t *town) pay(ctx context.Context, c *customer, minor int64) error {
	at, err := t.event(ctx, c, "payment.received", map[string]any{"payment_id": uuid.NewString(), "contact_id": c.contact, "amount": euros(minor)})
	if err != nil {
		return err
	}
	if c.paid += minor; c.owed() <= 0 && c.settledAt.IsZero() {
		c.settledAt = at
	}
	return nil
}

func euros(minor int64) map[string]any {
	return map[string]any{"amount_minor": minor, "currency": "EUR"}
}

// page opens a page as a browser does, or sends its form.
func (t *town) page(ctx context.Context, link string, form url.Values) (string, error) {
	method, body := http.MethodGet, []byte(nil)
	if form != nil {
		method, body = http.MethodPost, []byte(form.Encode())
	}
	answer, err := t.house.Call(ctx, method, link, body, "Authorization", "", "Content-Type", "application/x-www-form-urlencoded", "User-Agent", browser)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("%s: %d %.500s", link, answer.Status, answer.Body)
	}
	return string(answer.Body), err
}

// list reads all pages of a list.
func list[T any](ctx context.Context, t *town, path string, filter ...string) ([]T, error) {
	query := url.Values{"limit": {"200"}}
	for i := 0; i+1 < len(filter); i += 2 {
		query.Set(filter[i], filter[i+1])
	}
	var all []T
	for {
		answer, err := t.house.Call(ctx, http.MethodGet, t.house.API+path+"?"+query.Encode(), nil)
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
		if all = append(all, page.Items...); page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// outbox is all that arrived.
func (t *town) outbox(ctx context.Context) ([]message, error) {
	answer, err := t.house.Call(ctx, http.MethodGet, t.house.Outbox+"/outbox/messages?limit=5000", nil)
	if err != nil {
		return nil, err
	}
	var all []message
	return all, answer.Decode(&all)
}

// reminds says that a message reminds of a debt, and does not thank for money.
func (m message) reminds() bool {
	return !strings.Contains(strings.ToLower(m.Subject+" "+m.Text), "thank you")
}
