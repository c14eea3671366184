package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/provider"
)

const (
	pageSize = "200"
	maxPages = 10
	// skew is how far Twilio's clock and ours may lie apart.
	skew = 5 * time.Minute
)

// listed is what is needed of a Message resource.
type listed struct {
	SID                 string `json:"sid"`
	Body                string `json:"body"`
	From                string `json:"from"`
	Direction           string `json:"direction"`
	DateCreated         string `json:"date_created"`
	MessagingServiceSID string `json:"messaging_service_sid"`
}

// Find looks through the messages sent to the same number since the first try (api.v2010, ListMessage) for one with
// the same words that belongs to no other message of the ledger.
func (t *Twilio) Find(ctx context.Context, m provider.Message, claimed func(id string) bool) (string, bool, error) {
	query := url.Values{"To": {m.To}, "PageSize": {pageSize}}
	if t.opts.From != "" {
		query.Set("From", t.opts.From)
	}
	if !m.FirstTried.IsZero() {
		query.Set("DateSent>", m.FirstTried.Add(-skew).UTC().Format(time.DateOnly)) // whole days only, in GMT; means "or later"
	}
	next := t.messages + "?" + query.Encode()
	for range maxPages {
		page, following, err := t.page(ctx, next)
		if err != nil {
			return "", false, err
		}
		for _, candidate := range page {
			if t.same(candidate, m) && !claimed(candidate.SID) {
				return candidate.SID, true, nil
			}
		}
		if following == "" {
			return "", false, nil
		}
		next = t.opts.URL + following
	}
	return "", false, fmt.Errorf("look for a text message at Twilio: more than %d pages of messages to one number", maxPages)
}

// same reports whether a listed message is m: its words, our sender, and not older than the first try.
func (t *Twilio) same(l listed, m provider.Message) bool {
	if strings.TrimSpace(l.Body) != strings.TrimSpace(m.Text) || strings.HasPrefix(l.Direction, "inbound") {
		return false
	}
	if t.opts.MessagingService != "" && l.MessagingServiceSID != t.opts.MessagingService {
		return false
	}
	created, err := time.Parse(time.RFC1123Z, l.DateCreated)
	return err != nil || m.FirstTried.IsZero() || !created.Before(m.FirstTried.Add(-skew))
}

func (t *Twilio) page(ctx context.Context, address string) (messages []listed, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", errors.New("twilio.url: it cannot be called; correct it")
	}
	res, body, err := t.call(req)
	switch {
	case err != nil:
		return nil, "", errors.New("look for a text message at Twilio: no answer")
	case res.StatusCode == http.StatusTooManyRequests:
		return nil, "", provider.RateLimited{After: provider.Wait(res.Header, time.Now(), 2*time.Second)}
	case res.StatusCode != http.StatusOK:
		return nil, "", fmt.Errorf("look for a text message at Twilio: status %d", res.StatusCode)
	}
	var page struct {
		Messages    []listed `json:"messages"`
		NextPageURI string   `json:"next_page_uri"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", errors.New("look for a text message at Twilio: the answer is not its JSON")
	}
	if page.NextPageURI != "" && !strings.HasPrefix(page.NextPageURI, "/") {
		return nil, "", errors.New("look for a text message at Twilio: the next page is elsewhere")
	}
	return page.Messages, page.NextPageURI, nil
}
