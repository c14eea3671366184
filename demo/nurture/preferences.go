package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var preferenceLink = regexp.MustCompile(`https?://[^"\s<>]+/p/[A-Za-z0-9_-]+`)

// switchOff opens the preference page that a mail links to and takes the tips off, as a browser would.
func (t *town) switchOff(ctx context.Context, m mail) error {
	link := preferenceLink.FindString(m.HTML)
	if link == "" {
		return errors.New("a mail has no link to the preference page")
	}
	page, err := t.house.Call(ctx, http.MethodGet, link, nil, "Authorization", "")
	if err != nil {
		return err
	}
	form := url.Values{"do": {"save"}, "language": {"en"}}
	for _, box := range checkedBox.FindAllStringSubmatch(string(page.Body), -1) {
		if box[2] != "tips" {
			form.Add(box[1], box[2])
		}
	}
	answer, err := t.house.Call(ctx, http.MethodPost, link, []byte(form.Encode()),
		"Authorization", "", "Content-Type", "application/x-www-form-urlencoded")
	if err != nil {
		return err
	}
	if answer.Status >= 400 || !strings.Contains(answer.Header.Get("Content-Type"), "html") {
		return fmt.Errorf("save the preferences: %d %.200s", answer.Status, answer.Body)
	}
	t.played["choose"]++
	return nil
}

// checkedBox is a box of the form that is on.
var checkedBox = regexp.MustCompile(`type="checkbox" name="([a-z]+)" value="([a-z_]+)" checked`)
