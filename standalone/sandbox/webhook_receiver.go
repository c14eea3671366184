package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
)

const maxHook = 1 << 20 // bytes of a notification

// receiveWebhook keeps a notification as it came. It verifies and
// de-duplicates nothing: it shows what really arrived, with the Standard
// Webhooks headers (webhook-id, webhook-timestamp, webhook-signature) among
// the others. It answers 202 {"id"}.
func (s *Sandbox) receiveWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		writeProblem(w, http.StatusRequestEntityTooLarge, "A notification may have 1 MiB at most.")
		return
	case err != nil:
		return // the sender is gone
	}
	fault := s.faults.take(ChannelWebhook)
	if fault != nil && fault.Mode != FaultTimeoutAfterAccept {
		fault.wait(r.Context())
		failWebhook(w, fault)
		return
	}
	now := s.now().UTC()
	m := &Message{
		ID: newID(now), Channel: ChannelWebhook, To: r.PathValue("name"), From: r.UserAgent(),
		Subject: hookSubject(body), Text: validText(body), Headers: recordedHeaders(r.Header), SentAt: now,
		Attachments: []Attachment{}, ProviderID: r.Header.Get("Webhook-Id"), Status: "received", Size: len(body),
	}
	if err := s.outbox.add(body, nil, m); err != nil {
		s.writeError(w, err)
		return
	}
	if fault != nil {
		fault.wait(r.Context())
		failWebhook(w, fault)
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"id": m.ID})
}

// hookSubject is the event type that the Standard Webhooks scheme puts in the
// body.
func hookSubject(body []byte) string {
	var event struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(body, &event) != nil {
		return ""
	}
	return event.Type
}

// recordedHeaders are a request's headers but for the caller's secret.
func recordedHeaders(from http.Header) map[string][]string {
	headers := from.Clone()
	if headers.Get("Authorization") != "" {
		headers.Set("Authorization", "(not recorded)")
	}
	return headers
}

// failWebhook answers a fault. Aborting the handler closes the connection
// without an answer.
func failWebhook(w http.ResponseWriter, fault *Fault) {
	switch fault.Mode {
	case FaultRateLimit:
		w.Header().Set("Retry-After", strconv.Itoa(fault.retryAfter()))
		writeProblem(w, http.StatusTooManyRequests, "Too many requests (sandbox fault).")
	case FaultReject:
		writeProblem(w, http.StatusBadRequest, "The notification is refused (sandbox fault).")
	case FaultTimeout, FaultTimeoutAfterAccept:
		panic(http.ErrAbortHandler)
	default:
		writeProblem(w, http.StatusInternalServerError, "The receiver failed (sandbox fault).")
	}
}
