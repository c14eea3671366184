package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// live lets everybody do what their habit is until all has ended.
func (t *town) live(ctx context.Context, limit time.Duration) error {
	t.began = time.Now()
	for _, c := range t.people {
		for range c.habit.invoices() {
			if err := t.bill(ctx, c); err != nil {
				return err
			}
		}
		if c.habit == prompt {
			if err := t.pay(ctx, c, debt); err != nil {
				return err
			}
		}
	}
	t.say("%d customers owe", len(t.people))
	for told := time.Now(); time.Since(t.began) < limit; time.Sleep(50 * time.Millisecond) {
		if err := t.read(ctx); err != nil {
			return err
		}
		if err := t.office(ctx); err != nil {
			return err
		}
		if err := t.keepWord(ctx); err != nil {
			return err
		}
		open, err := t.open(ctx)
		if err != nil || open == 0 {
			return err
		}
		if time.Since(told) > 8*time.Second {
			told = time.Now()
			t.say("%d collections go on", open)
		}
	}
	return fmt.Errorf("some collections have not ended within %s", limit)
}

// open counts those who have not ended.
func (t *town) open(ctx context.Context) (int, error) {
	all, err := t.collections(ctx)
	n := 0
	for _, c := range t.people {
		// Who paid before anybody looked may have no collection.
		if s, known := all[c.contact]; known && !s.Ended || !known && c.habit != prompt {
			n++
		}
	}
	return n, err
}

// read has customers treat what has arrived for them.
func (t *town) read(ctx context.Context) error {
	all, err := t.outbox(ctx)
	for _, m := range all {
		c := t.byPhone[m.To]
		if c == nil || t.seen[m.ID] {
			continue
		}
		t.seen[m.ID] = true
		c.got = append(c.got, m)
		if err := t.treat(ctx, c, m); err != nil {
			return err
		}
	}
	return err
}

// treat does with a message what its reader does.
func (t *town) treat(ctx context.Context, c *customer, m message) error {
	part := strings.Contains(m.Subject, "is left")
	switch c.habit {
	case afterMail:
		return t.payOnce(ctx, c, m.Channel == "email", debt)
	case afterText:
		return t.payOnce(ctx, c, m.Channel == "sms", debt)
	case tooMuch:
		return t.payOnce(ctx, c, m.reminds(), debt+500)
	case inParts:
		return t.payOnce(ctx, c, part || c.paid == 0, debt/2)
	case severalDue:
		return t.payOnce(ctx, c, part || m.Channel == "sms", debt)
	case afterCall:
		_, err := t.visit(ctx, c, m, nil)
		return err
	case keeps, breaks:
		if c.said {
			return t.payOnce(ctx, c, strings.Contains(m.Subject, "not received"), debt)
		}
		return t.promise(ctx, c, m)
	case objects, isRight:
		if !c.objected {
			return t.object(ctx, c, m)
		}
	case goesBroke:
		if !c.said {
			c.said = true
			_, err := t.event(ctx, c, "debtor.bankrupt", map[string]any{"contact_id": c.contact})
			return err
		}
	}
	return nil
}

// payOnce pays when it is time, unless nothing is owed any more.
func (t *town) payOnce(ctx context.Context, c *customer, now bool, minor int64) error {
	if !now || c.owed() <= 0 {
		return nil
	}
	return t.pay(ctx, c, minor)
}

var (
	pageLink  = regexp.MustCompile(`https?://[^"\s<>()]+/b/[A-Za-z0-9_-]+`)
	firstDay  = regexp.MustCompile(`min="(\d{4}-\d\d-\d\d)"`)
	billInput = regexp.MustCompile(`name="invoice" value="([0-9a-f-]{36})"`)
)

// visit opens the payment page of a message, and sends a form that is made of what stands there.
func (t *town) visit(ctx context.Context, c *customer, m message, form func(page string) (url.Values, string)) (string, error) {
	whole, err := t.house.Call(ctx, http.MethodGet, t.house.Outbox+"/outbox/messages/"+m.ID, nil)
	if err != nil {
		return "", err
	}
	link := pageLink.FindString(string(whole.Body))
	if link == "" {
		return "", nil // thanks have none
	}
	page, err := t.page(ctx, link, nil)
	if err != nil || form == nil {
		return page, err
	}
	values, expect := form(page)
	if page, err = t.page(ctx, link, values); err == nil && !strings.Contains(page, expect) {
		err = fmt.Errorf("customer %d sent %v and read %.3000s", c.number, values, page)
	}
	return page, err
}

// promise says on the page that the customer pays in three days.
func (t *town) promise(ctx context.Context, c *customer, m message) error {
	c.said = true
	_, err := t.visit(ctx, c, m, func(page string) (url.Values, string) {
		if found := firstDay.FindStringSubmatch(page); found != nil {
			tomorrow, _ := time.Parse(time.DateOnly, found[1])
			c.promisedOn = tomorrow.AddDate(0, 0, 2)
		}
		return url.Values{"do": {"promise"}, "day": {c.promisedOn.Format(time.DateOnly)}}, "We have noted the day"
	})
	return err
}

// keepWord pays on the promised day, for those who keep it.
func (t *town) keepWord(ctx context.Context) error {
	for _, c := range t.people {
		if c.habit == keeps && !c.promisedOn.IsZero() && t.clock.Now().After(c.promisedOn.Add(12*time.Hour)) {
			if err := t.payOnce(ctx, c, true, debt); err != nil {
				return err
			}
		}
	}
	return nil
}

// object says on the page that the invoice is wrong.
func (t *town) object(ctx context.Context, c *customer, m message) error {
	c.objected = true
	_, err := t.visit(ctx, c, m, func(page string) (url.Values, string) {
		invoice := ""
		if found := billInput.FindStringSubmatch(page); found != nil {
			invoice = found[1]
		}
		return url.Values{"do": {"dispute"}, "invoice": {invoice}, "reason": {"wrong-amount"}}, "Somebody looks into it"
	})
	return err
}
