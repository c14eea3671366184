package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/bench/instance"
)

// exchange is one request to the API and its answer.
type exchange struct {
	method, url string
	header      http.Header
	body        []byte
	took        time.Duration
	instance.Answer
}

func (e exchange) String() string { return fmt.Sprintf("%s %s (%d)", e.method, e.url, e.Status) }

// send makes a request with the house's key. body is JSON unless it is []byte; header holds name, value, name, value,
// where an empty value leaves the header out. The answer is not held against the document yet.
func (h *house) send(method, path string, body any, header ...string) (exchange, error) {
	e := exchange{method: method, url: h.at.API + path, header: http.Header{}}
	switch b := body.(type) {
	case nil:
	case []byte:
		e.body = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return e, err
		}
		e.body, body = raw, raw
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	e.header.Set("Authorization", "Bearer "+h.at.APIKey)
	for n := 0; n+1 < len(header); n += 2 {
		e.header.Set(header[n], header[n+1])
		if header[n+1] == "" {
			e.header.Del(header[n])
		}
	}
	started := time.Now()
	var err error
	e.Answer, err = h.at.Call(context.Background(), method, e.url, body, header...)
	e.took = time.Since(started)
	return e, err
}

// call makes a request and requires that request and answer are as the document says.
func (h *house) call(t require.TestingT, method, path string, body any, header ...string) exchange {
	helper(t)
	e, err := h.send(method, path, body, header...)
	require.NoError(t, err)
	h.check(t, e)
	return e
}

// check requires that an exchange is as the document says.
func (h *house) check(t require.TestingT, e exchange) {
	helper(t)
	d, err := h.document()
	require.NoError(t, err)
	require.NoError(t, d.holds(e))
}

// get reads what is at the path, which must be there.
func get[T any](t require.TestingT, h *house, path string) T {
	helper(t)
	return decode[T](t, h.call(t, http.MethodGet, path, nil), http.StatusOK)
}

// post requires the status and returns the answer.
func post[T any](t require.TestingT, h *house, status int, path string, body any, header ...string) T {
	helper(t)
	return decode[T](t, h.call(t, http.MethodPost, path, body, header...), status)
}

// decode requires the status and reads the body.
func decode[T any](t require.TestingT, e exchange, status int) T {
	helper(t)
	require.Equalf(t, status, e.Status, "%s answered %s", e, cut(e.Body))
	var v T
	require.NoError(t, e.Decode(&v))
	return v
}

// page is one page of a list.
type page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// all reads a list to its end.
func all[T any](t require.TestingT, h *house, path string) []T {
	helper(t)
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	var items []T
	for cursor := ""; ; {
		at := path + separator + "limit=200"
		if cursor != "" {
			at += "&cursor=" + url.QueryEscape(cursor)
		}
		p := get[page[T]](t, h, at)
		items = append(items, p.Items...)
		if cursor = p.NextCursor; cursor == "" {
			return items
		}
	}
}

// problem is an error answer (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
	Links map[string]string `json:"links"`
}

// fields are the names of the refused fields.
func (p problem) fields() []string {
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return names
}

// refused requires an error answer of the status, told the way that problems are.
func refused(t require.TestingT, e exchange, status int) problem {
	helper(t)
	p := decode[problem](t, e, status)
	require.Equalf(t, "application/problem+json", e.Header.Get("Content-Type"), "content type of %s", e)
	require.Equalf(t, status, p.Status, "status within the body of %s", e)
	require.NotEmptyf(t, p.Detail, "%s does not say what to do next", e)
	return p
}

// refusedUnlisted requires a problem at a path that the document does not have.
func (h *house) refusedUnlisted(t require.TestingT, path string, body any, status int) problem {
	helper(t)
	e, err := h.send(http.MethodPost, path, body)
	require.NoError(t, err)
	return refused(t, e, status)
}

// together does n things, width at a time, and returns what came of each.
func together[T any](n, width int, do func(i int) T) []T {
	results := make([]T, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range width {
		workers.Go(func() {
			for i := range next {
				results[i] = do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

func helper(t require.TestingT) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
}
