package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/bench/instance"
)

// patience is how long something that must come is waited for.
const patience = 3 * time.Minute

// pause is how long to wait between two looks.
const pause = 150 * time.Millisecond

// call makes one call with somebody's key. While the house does not answer, it is made again under the same
// Idempotency-Key: however often it arrives, it is carried out once.
func (h *house) call(ctx context.Context, key, method, path string, body any, header ...string) (instance.Answer, error) {
	header = append([]string{"Authorization", "Bearer " + key}, header...)
	if method != http.MethodGet {
		header = append(header, "Idempotency-Key", uuid.NewString())
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		answer, err := h.Call(ctx, method, h.API+path, body, header...)
		if err == nil && !again(answer) {
			return answer, nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return answer, fmt.Errorf("%s %s: no answer within %s: %d %s: %w", method, path, patience, answer.Status, answer.Body, errors.Join(err, ctx.Err()))
		}
	}
}

// again says that an answer is none: a server that dies or comes up, or one at work on the same call.
func again(a instance.Answer) bool {
	var problem struct{ Type string }
	return a.Status >= http.StatusInternalServerError || a.Status == http.StatusConflict && a.Decode(&problem) == nil && problem.Type == "/problems/in-progress"
}

// send makes a call that must succeed.
func send[T any](ctx context.Context, h *house, key, method, path string, body any, header ...string) (T, error) {
	var out T
	answer, err := h.call(ctx, key, method, path, body, header...)
	if err != nil {
		return out, err
	}
	if answer.Status >= http.StatusMultipleChoices {
		return out, fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return out, answer.Decode(&out)
}

func get[T any](ctx context.Context, h *house, path string) (T, error) {
	return send[T](ctx, h, h.APIKey, http.MethodGet, path, nil)
}

// list reads a list that fits on a page.
func list[T any](ctx context.Context, h *house, path string, filter ...string) ([]T, error) {
	query := url.Values{"limit": {"200"}}
	for i := 0; i+1 < len(filter); i += 2 {
		query.Set(filter[i], filter[i+1])
	}
	page, err := get[struct {
		Items      []T    `json:"items"`
		NextCursor string `json:"next_cursor"`
	}](ctx, h, path+"?"+query.Encode())
	if err == nil && page.NextCursor != "" {
		err = fmt.Errorf("read %s: there are more than a page of them", path)
	}
	return page.Items, err
}

// wait looks until something has come.
func wait(ctx context.Context, what string, come func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		done, err := come()
		if done || err != nil {
			return err
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("%s has not come within %s", what, patience), ctx.Err())
		}
	}
}
