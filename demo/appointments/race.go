package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	racers = 500
	prizes = 50
)

// raceDay is a Friday far ahead, on which five desks are given out ten times each.
var raceDay = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// race lets five hundred clients want fifty times at once. Each wants one of ten starts, which five desks give.
func (p *play) race(ctx context.Context) error {
	p.say("%d clients race for %d times", racers, prizes)
	began := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	for i := range racers {
		all.Go(func() {
			who := p.people[i%len(p.people)]
			answer, err := p.house.call(ctx, http.MethodPost, "/v1/appointments", map[string]any{
				"type": desk, "contact_id": who.contact, "start": raceDay.Add(time.Duration(i%10) * 30 * time.Minute),
			})
			var problem struct {
				Type  string
				Slots []time.Time
			}
			if err == nil && answer.Status == http.StatusConflict && (json.Unmarshal(answer.Body, &problem) != nil || problem.Type != "/problems/slot-taken" || len(problem.Slots) == 0) {
				err = fmt.Errorf("a conflict that does not say what is free: %s", answer.Body)
			}
			mu.Lock()
			defer mu.Unlock()
			p.raced[answer.Status]++
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	p.say("the race took %s of real time: %d × 201, %d × 409", time.Since(began).Round(time.Millisecond), p.raced[201], p.raced[409])
	return failed
}
