package main

import (
	"context"
	"fmt"
	"net/http"
)

// office plays the people of the house: they call, settle objections, hand debts over, and the manager decides what is
// written off.
func (t *town) office(ctx context.Context) error {
	open, err := list[struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Contact string `json:"contact"`
	}](ctx, t, "/v1/tasks", "state", "open")
	if err != nil {
		return err
	}
	for _, task := range open {
		c := t.byID[task.Contact]
		if c == nil {
			continue
		}
		outcome := t.does(c, task.Kind)
		answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/tasks/"+task.ID+"/complete", map[string]string{"outcome": outcome})
		// A task that was taken back in between is nobody's any more.
		if err == nil && answer.Status >= 300 && answer.Status != http.StatusConflict {
			err = fmt.Errorf("complete a task (%s): %d %s", task.Kind, answer.Status, answer.Body)
		}
		if err != nil {
			return err
		}
		if answer.Status < 300 {
			if err := t.follows(ctx, c, task.Kind); err != nil {
				return err
			}
		}
	}
	return t.decide(ctx)
}

// does is what comes of a task.
func (t *town) does(c *customer, kind string) string {
	switch kind {
	case "collection-call":
		c.calls++
		if c.habit == afterCall {
			return "paid"
		}
		return "refuses"
	case "collection-dispute":
		if c.habit == isRight {
			return "upheld"
		}
		return "stands"
	}
	return "done"
}

// follows is what happens outside of the house after a task.
func (t *town) follows(ctx context.Context, c *customer, kind string) error {
	switch {
	case kind == "collection-call" && c.habit == afterCall, kind == "collection-dispute" && c.habit == objects:
		return t.payOnce(ctx, c, true, debt)
	case kind == "collection-credit":
		_, err := t.event(ctx, c, "invoice.voided", map[string]any{"invoice_id": c.bills[0]})
		return err
	}
	return nil
}

// decide has the manager approve write-offs, or not.
func (t *town) decide(ctx context.Context) error {
	open, err := list[struct {
		ID          string `json:"id"`
		SubjectID   string `json:"subject_id"`
		ContentHash string `json:"content_hash"`
	}](ctx, t, "/v1/approvals", "state", "open")
	if err != nil {
		return err
	}
	for _, a := range open {
		c := t.byID[a.SubjectID]
		if c == nil {
			continue
		}
		verb := "approve"
		if c.habit == neverKept {
			verb = "reject"
		}
		answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/approvals/"+a.ID+"/"+verb,
			map[string]string{"content_hash": a.ContentHash, "reason": "demonstration"}, "Authorization", "Bearer "+t.manager)
		if err == nil && answer.Status >= 300 && answer.Status != http.StatusConflict {
			err = fmt.Errorf("decide on a write-off: %d %s", answer.Status, answer.Body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
