package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultListed = 500
	maxListed     = 5_000
	maxJSON       = 1 << 20 // bytes of a request body
)

// listMessages answers whole messages, oldest first: the latest that match,
// or with after= the first that came after that message. An empty after= begins
// with the oldest, so that a reader who passes on the last ID it got sees every
// message. Outbox-Total says how many match in all.
func (s *Sandbox) listMessages(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f := filter{to: query.Get("to"), channel: query.Get("channel"), after: query.Get("after"), oldest: query.Has("after"), limit: defaultListed}
	wrong := map[string]string{}
	if text := query.Get("since"); text != "" {
		since, err := time.Parse(time.RFC3339, text)
		if err != nil {
			wrong["since"] = "give a moment like 2026-01-31T09:00:00Z (RFC 3339)"
		}
		f.since = since
	}
	if text := query.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxListed {
			wrong["limit"] = "give a number from 1 to " + strconv.Itoa(maxListed)
		}
		f.limit = limit
	}
	if len(wrong) > 0 {
		writeProblemFields(w, http.StatusBadRequest, "The messages cannot be selected this way.", wrong)
		return
	}
	messages, err := s.outbox.list(f)
	if err != nil {
		s.writeError(w, err)
		return
	}
	w.Header().Set("Outbox-Total", strconv.Itoa(s.outbox.count(f)))
	writeJSON(w, http.StatusOK, messages)
}

func (s *Sandbox) getMessage(w http.ResponseWriter, r *http.Request) {
	m, _, err := s.outbox.get(r.PathValue("id"))
	if err != nil {
		s.writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, m)
}

// getRaw answers the source: a mail as the client sent it after DATA, the form
// of a text message, the body of a notification.
func (s *Sandbox) getRaw(w http.ResponseWriter, r *http.Request) {
	raw, err := s.outbox.raw(r.PathValue("id"))
	if err != nil {
		s.writeError(w, err)
		return
	}
	// Always plain text: the browser must never run what a message contains.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.Write(raw) // a client that is gone cannot be told
}

func (s *Sandbox) clearMessages(w http.ResponseWriter, _ *http.Request) {
	if err := s.outbox.clear(); err != nil {
		s.writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// postAction plays the customer. It takes a customerInput as JSON or as a form,
// and answers 200 when the product took the call and 502 when it did not; the
// body says what the product answered.
func (s *Sandbox) postAction(w http.ResponseWriter, r *http.Request) {
	input, err := readInput(w, r)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "The body cannot be read; send JSON such as {\"text\": \"…\"}.")
		return
	}
	outcome, err := s.play(r.Context(), r.PathValue("id"), r.PathValue("action"), input)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		writeProblemFields(w, refused.status, refused.detail, refused.fields)
	case err != nil:
		s.writeError(w, err)
	case strings.Contains(r.Header.Get("Accept"), "text/html"):
		http.Redirect(w, r, "/messages/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
	case outcome.taken():
		writeJSON(w, http.StatusOK, outcome)
	default:
		writeJSON(w, http.StatusBadGateway, outcome)
	}
}

// readInput reads what the customer says; an absent body says nothing.
func readInput(w http.ResponseWriter, r *http.Request) (input customerInput, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		if err := r.ParseForm(); err != nil {
			return input, err
		}
		form := r.PostForm
		input.URL, input.Text, input.Type, input.Via = form.Get("url"), form.Get("text"), form.Get("type"), form.Get("via")
		if text := form.Get("link"); text != "" {
			input.Link, err = strconv.Atoi(text)
		}
		return input, err
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil && !errors.Is(err, io.EOF) {
		return input, err
	}
	return input, nil
}

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.faults.list())
}

// addFault queues a Fault and answers 201 with it; count is 1 when absent.
func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) {
	fault := Fault{Count: 1}
	if err := readStrictly(w, r, &fault); err != nil {
		writeProblem(w, http.StatusBadRequest, `The fault cannot be read; send JSON such as {"channel": "email", "mode": "fail", "count": 3}.`)
		return
	}
	if wrong := fault.validate(); len(wrong) > 0 {
		writeProblemFields(w, http.StatusUnprocessableEntity, "The fault cannot be set.", wrong)
		return
	}
	if !s.faults.add(fault) {
		writeProblem(w, http.StatusConflict, "Too many faults are waiting; DELETE /outbox/faults removes them.")
		return
	}
	writeJSON(w, http.StatusCreated, fault)
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.faults.clear()
	w.WriteHeader(http.StatusNoContent)
}

// setReports says whether mail that comes by SMTP is reported as a relay with webhooks would; a bare server reports nothing.
func (s *Sandbox) setReports(w http.ResponseWriter, r *http.Request) {
	var reports struct {
		SMTP *bool `json:"smtp"`
	}
	if err := readStrictly(w, r, &reports); err != nil || reports.SMTP == nil {
		writeProblem(w, http.StatusBadRequest, `The setting cannot be read; send JSON such as {"smtp": false}.`)
		return
	}
	s.mute.Store(!*reports.SMTP)
	writeJSON(w, http.StatusOK, reports)
}
