package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// mail is one that arrived at the sandbox. ID is its place in the outbox, ProviderID what it says of itself.
type mail struct {
	ID         string `json:"id"`
	Channel    string `json:"channel"`
	Subject    string `json:"subject"`
	HTML       string `json:"html"`
	ProviderID string `json:"provider_id"`
}

// mails are those that the customer got, the newest last.
func (d *deal) mails(ctx context.Context) ([]mail, error) {
	answer, err := d.house.Call(ctx, http.MethodGet, d.house.Outbox+"/outbox/messages?limit=5000&to="+url.QueryEscape(d.email), nil)
	if err != nil {
		return nil, err
	}
	var all []mail
	return all, answer.Decode(&all)
}

var (
	contractLink = regexp.MustCompile(`https?://[^"\s<>]+/k/[A-Za-z0-9_-]+`)
	codeSubject  = regexp.MustCompile(`^Your code to sign: (\d{6})$`)
)

// invitation waits for the mail with the contract, and returns the link in the last one.
func (d *deal) invitation(ctx context.Context) (link string, err error) {
	return link, wait(ctx, "the invitation to sign", func() (bool, error) {
		all, err := d.mails(ctx)
		for _, m := range all {
			if found := contractLink.FindString(m.HTML); found != "" {
				link = found
			}
		}
		return link != "", err
	})
}

// open calls a page as a browser does, again while the house does not answer. It returns what the page says.
func (d *deal) open(ctx context.Context, link string, form url.Values) (page string, err error) {
	return page, wait(ctx, "the page of the contract", func() (bool, error) {
		method, body := http.MethodGet, []byte(nil)
		if form != nil {
			method, body = http.MethodPost, []byte(form.Encode())
		}
		answer, err := d.house.Call(ctx, method, link, body, "Authorization", "", "Content-Type", "application/x-www-form-urlencoded")
		page = string(answer.Body)
		return err == nil && answer.Status < http.StatusInternalServerError, nil
	})
}

// sign lets the customer read the contract, ask for a code, and sign with it.
func (d *deal) sign(ctx context.Context) error {
	link, err := d.invitation(ctx)
	if err != nil {
		return err
	}
	d.rest(decision)
	if pdf, err := d.open(ctx, link+"?as=pdf", nil); err != nil || !strings.HasPrefix(pdf, "%PDF-") {
		return errors.Join(errors.New("the customer cannot read the contract"), err)
	}
	for range 5 {
		code, err := d.code(ctx, link)
		if err != nil {
			return err
		}
		if code == "" {
			continue
		}
		page, err := d.open(ctx, link, url.Values{"do": {"sign"}, "code": {code}, "name": {d.first + " " + d.company}, "agree": {"yes"}})
		if err != nil {
			return err
		}
		if strings.Contains(page, "You have signed the contract") || strings.Contains(page, "The contract is in force") {
			d.say("%s: the customer signs", d.company)
			return nil
		}
	}
	return errors.New("the customer could not sign: no code counted")
}

// code asks for a one-time code and returns it once it has come; "" when it did not come for so long that the customer
// asks again.
func (d *deal) code(ctx context.Context, link string) (string, error) {
	before, err := d.codes(ctx)
	if err != nil {
		return "", err
	}
	page, err := d.open(ctx, link, url.Values{"do": {"code"}})
	if err != nil {
		return "", err
	}
	if !strings.Contains(page, "A code is on its way") {
		return "", fmt.Errorf("asking for a code, the customer reads: %.2000s", page)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(pause) {
		now, err := d.codes(ctx)
		if err != nil {
			return "", err
		}
		if len(now) > len(before) {
			return now[len(now)-1], nil
		}
	}
	return "", nil
}

func (d *deal) codes(ctx context.Context) (codes []string, err error) {
	all, err := d.mails(ctx)
	for _, m := range all {
		if found := codeSubject.FindStringSubmatch(m.Subject); found != nil {
			codes = append(codes, found[1])
		}
	}
	return codes, err
}

// decline lets the customer say no, and why.
func (d *deal) decline(ctx context.Context, reason string) error {
	link, err := d.invitation(ctx)
	if err != nil {
		return err
	}
	d.rest(decision)
	page, err := d.open(ctx, link, url.Values{"do": {"decline"}, "reason": {reason}})
	if err == nil && !strings.Contains(page, "The contract was declined") {
		err = fmt.Errorf("declining, the customer reads: %.2000s", page)
	}
	if err == nil {
		d.say("%s: the customer declines: %s", d.company, reason)
	}
	return err
}
