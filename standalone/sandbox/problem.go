package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
)

// problem is an RFC 9457 answer, in the shape of Perdura's own API.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []fieldError `json:"errors,omitempty"`
}

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// writeProblem answers with a status and what to do about it.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	writeProblemFields(w, status, detail, nil)
}

func writeProblemFields(w http.ResponseWriter, status int, detail string, fields map[string]string) {
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p.Errors = append(p.Errors, fieldError{name, fields[name]})
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(p) // a client that is gone cannot be told
}

// writeError answers for an error of the outbox.
func (s *Sandbox) writeError(w http.ResponseWriter, err error) {
	if errors.Is(err, errNoMessage) {
		writeProblem(w, http.StatusNotFound, "The outbox has no such message; it may have been cleared.")
		return
	}
	s.log.Error("the outbox could not be used", "error", err)
	writeProblem(w, http.StatusInternalServerError, "The outbox could not be used; the log says why.")
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // a client that is gone cannot be told
}
