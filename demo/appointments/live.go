package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/perdura/perdura/process/calendar"
)

// at is an hour of a day of October, by UTC.
func at(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 0, 0, 0, time.UTC) }

// live lets a week pass.
func (p *play) live(ctx context.Context) error {
	for _, act := range []struct {
		at   time.Time
		what string
		who  []role
		do   func(context.Context, *person) error
	}{
		{at(22, 12), "book for Monday and Tuesday", []role{keeps, kept, moves, movesTwice, cancels, cancelsLate, misses, missesTwice, rebooks, travelsEast, travelsWest},
			func(ctx context.Context, w *person) error {
				if w.role == keeps || w.role == cancels || w.role == cancelsLate {
					return p.book(ctx, w, at(26, 9))
				}
				return p.book(ctx, w, at(27, 9))
			}},
		{at(23, 8), "move or cancel it", []role{moves, movesTwice, cancels}, func(ctx context.Context, w *person) error {
			if w.role == cancels {
				return p.cancel(ctx, w.visits[0])
			}
			return p.move(ctx, w.visits[0], at(26, 12))
		}},
		{at(24, 6), "fly away", []role{travelsEast, travelsWest}, p.travel},
		{at(24, 12), "move it once more", []role{movesTwice}, func(ctx context.Context, w *person) error { return p.move(ctx, w.visits[0], at(28, 9)) }},
		// On Sunday at 17:00 UTC it is six in the evening in Berlin, where the clocks went back that night.
		{at(26, 5), "cancel it after the reminder", []role{cancelsLate}, func(ctx context.Context, w *person) error { return p.cancel(ctx, w.visits[0]) }},
		{at(26, 8), "book for the same day", []role{atTheLastDay}, func(ctx context.Context, w *person) error { return p.book(ctx, w, at(26, 14)) }},
		{at(27, 20), "have not come", []role{misses, missesTwice, rebooks}, p.miss},
		{at(27, 20), "have come, their givers say", []role{kept}, func(ctx context.Context, w *person) error { return p.note(ctx, w.visits[0], "complete") }},
		{at(28, 4), "book again by the link", []role{rebooks, missesTwice}, p.again},
		{at(28, 20), "have not come again", []role{missesTwice}, p.miss},
		{at(29, 12), "", nil, nil},
	} {
		if err := p.house.until(ctx, act.at); err != nil {
			return err
		}
		if act.do == nil {
			continue
		}
		n, err := p.each(act.who, func(w *person) error { return act.do(ctx, w) })
		if err != nil {
			return err
		}
		p.say("%d %s", n, act.what)
	}
	return nil
}

// each does something for everybody with one of the roles, a few at a time.
func (p *play) each(roles []role, do func(*person) error) (int, error) {
	has := map[role]bool{}
	for _, r := range roles {
		has[r] = true
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	n, few := 0, make(chan struct{}, 8)
	for _, w := range p.people {
		if !has[w.role] {
			continue
		}
		n++
		few <- struct{}{}
		all.Go(func() {
			defer func() { <-few }()
			if err := do(w); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, fmt.Errorf("customer %d, who %s: %w", w.number, w.role, err))
			}
		})
	}
	all.Wait()
	return n, failed
}

// find wants a free time from one on, and takes the next that is named when somebody was faster.
func (p *play) find(ctx context.Context, path string, body map[string]any, from time.Time) (*visit, error) {
	slots, err := send[struct{ Items []struct{ Start time.Time } }](ctx, p.house, http.MethodGet,
		"/v1/appointment-types/"+visiting+"/slots?limit=1&from="+url.QueryEscape(from.Format(time.RFC3339)), nil)
	if err != nil || len(slots.Items) == 0 {
		return nil, errors.Join(errors.New("there is no free time"), err)
	}
	start := slots.Items[0].Start
	for {
		body["start"] = start
		answer, err := p.house.call(ctx, http.MethodPost, path, body)
		if err != nil {
			return nil, err
		}
		var got struct {
			visit
			Slots []time.Time `json:"slots"`
		}
		if err := answer.Decode(&got); err != nil {
			return nil, err
		}
		if answer.Status == http.StatusConflict && len(got.Slots) > 0 {
			start = got.Slots[0]
			continue
		}
		if answer.Status >= http.StatusMultipleChoices {
			return nil, fmt.Errorf("%s: %d %s", path, answer.Status, answer.Body)
		}
		return &got.visit, nil
	}
}

func (p *play) book(ctx context.Context, w *person, from time.Time) error {
	v, err := p.find(ctx, "/v1/appointments", map[string]any{"type": visiting, "contact_id": w.contact}, from)
	if err != nil {
		return err
	}
	v.person, v.booked = w, p.house.clock.Now()
	w.visits = append(w.visits, v)
	return p.plan(v)
}

// plan works out when the reminder is due where the person is now.
func (p *play) plan(v *visit) error {
	zone, err := calendar.LoadZone(v.person.zone)
	if err != nil {
		return err
	}
	if v.reminds = p.type_.RemindAt(v.Start, zone); v.reminds.Before(p.house.clock.Now()) {
		v.reminds = time.Time{}
	}
	return nil
}

func (p *play) move(ctx context.Context, v *visit, from time.Time) error {
	before := v.Start
	moved, err := p.find(ctx, "/v1/appointments/"+v.ID.String()+"/reschedule", map[string]any{}, from)
	if err != nil {
		return err
	}
	if !moved.Start.Equal(before) {
		v.changes = append(v.changes, change{before, p.house.clock.Now()})
	}
	v.Start, v.End, v.Giver = moved.Start, moved.End, moved.Giver
	return p.plan(v)
}

func (p *play) cancel(ctx context.Context, v *visit) error {
	if err := p.note(ctx, v, "cancel"); err != nil {
		return err
	}
	v.changes = append(v.changes, change{v.Start, p.house.clock.Now()})
	return nil
}

func (p *play) note(ctx context.Context, v *visit, verb string) error {
	_, err := send[any](ctx, p.house, http.MethodPost, "/v1/appointments/"+v.ID.String()+"/"+verb, nil)
	return err
}

// miss has the giver say that somebody did not come, unless silence was taken for the contrary meanwhile.
func (p *play) miss(ctx context.Context, w *person) error {
	return p.note(ctx, w.visits[len(w.visits)-1], "no-show")
}

func (p *play) travel(ctx context.Context, w *person) error {
	w.zone = map[role]string{travelsEast: "Asia/Tokyo", travelsWest: "America/New_York"}[w.role]
	if _, err := send[any](ctx, p.house, http.MethodPut, "/v1/contacts/"+w.contact.String()+"/time-zone", map[string]string{"time_zone": w.zone}); err != nil {
		return err
	}
	return p.plan(w.visits[0])
}

var (
	appointmentLink = regexp.MustCompile(`https?://[^"\s<>]+/a/[A-Za-z0-9_-]+`)
	radio           = regexp.MustCompile(`name="start" value="([^"]+)"`)
)

// again books another appointment on the page behind the link in the message to who did not come.
func (p *play) again(ctx context.Context, w *person) error {
	link := ""
	for deadline := time.Now().Add(20 * time.Second); link == "" && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		mails, err := p.mails(ctx, w.email)
		if err != nil {
			return err
		}
		for _, m := range mails {
			if strings.HasPrefix(m.Subject, "We missed you") {
				link = appointmentLink.FindString(m.HTML)
			}
		}
	}
	if link == "" {
		return errors.New("no message with a link has come to who did not come")
	}
	page, err := p.house.Call(ctx, http.MethodGet, link, nil, "Authorization", "")
	if err != nil {
		return err
	}
	for _, free := range radio.FindAllStringSubmatch(string(page.Body), -1) {
		form := url.Values{"do": {"book"}, "start": {free[1]}}
		if _, err := p.house.Call(ctx, http.MethodPost, link, []byte(form.Encode()), "Authorization", "", "Content-Type", "application/x-www-form-urlencoded"); err != nil {
			return err
		}
		all, err := list[visit](ctx, p.house, "/v1/appointments")
		if err != nil {
			return err
		}
		for _, v := range all {
			if start, _ := time.Parse(time.RFC3339, free[1]); v.State == "booked" && v.Start.Equal(start) && v.Owner == w.contact {
				v.person, v.booked = w, p.house.clock.Now()
				w.visits = append(w.visits, &v)
				return p.plan(&v)
			}
		}
	}
	return errors.New("nothing could be booked by the link")
}
