// Package standin stands in, in tests, for a vendor's API over HTTP: it remembers what it was asked and answers as the
// test says.
package standin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// API is the vendor's, as far as a test needs it. Requests and Bodies are in the order in which they came; read them when
// nobody asks any more.
type API struct {
	*httptest.Server
	mu       sync.Mutex
	Requests []*http.Request
	Bodies   [][]byte
}

// Serve answers every request by answer until the test ends.
func Serve(t testing.TB, answer http.HandlerFunc) *API {
	t.Helper()
	a := &API{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.Requests, a.Bodies = append(a.Requests, r), append(a.Bodies, body)
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// Asked counts the requests so far.
func (a *API) Asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.Requests)
}

// Says answers with a status, a body and pairs of header and value.
func Says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Drops hangs up after the request was read.
func Drops(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
