package main

import (
	"context"
	"fmt"
	"net/http"
)

// office plays the representatives: they look at every lead that they are given, accept it and leave it to marketing,
// and answer who wrote back. Without them the leads' hand-overs would escalate all month, twelve hours a second.
func (t *town) office(ctx context.Context) error {
	tasks, err := list[struct {
		ID string `json:"id"`
	}](ctx, t, "/v1/tasks", map[string]string{"state": "open"})
	if err != nil {
		return err
	}
	for _, task := range tasks {
		answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/tasks/"+task.ID+"/complete", map[string]string{"outcome": "accepted"})
		if err != nil {
			return err
		}
		// A task that was taken back in between is nobody's any more.
		if answer.Status >= 300 && answer.Status != http.StatusConflict {
			return fmt.Errorf("complete a task: %d %s", answer.Status, answer.Body)
		}
		t.played["task"]++
	}
	return nil
}
